"""Whether those who stay connected are still who they were: asked for many sessions at once. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from deskhand.accounts.models import Session, TeamMember

CHUNK: Final = 500  # keys in one query


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose a session is. `rights` is equal as long as nothing has changed on which their rights hang."""

    person: int
    rights: bytes


def standings(keys: Sequence[str], *, at: datetime) -> dict[str, Standing]:
    """The sessions that live, of people who are active and chose their password. Two queries for each CHUNK of keys.

    A new password, an ended session (E07), another role, organization or team: all of it changes `rights`.
    """
    found: dict[str, Standing] = {}
    for start in range(0, len(keys), CHUNK):
        rows = Session.objects.filter(
            session_key__in=keys[start : start + CHUNK], expire_date__gt=at, user__is_active=True,
            user__is_password_temporary=False,
        ).values_list(
            "session_key", "user", "user__session_epoch", "user__password", "user__role", "user__organization",
            "user__is_manager",
        )  # fmt: skip
        known = list(rows)
        teams: dict[int, list[int]] = defaultdict(list)
        members = TeamMember.objects.filter(user__in={row[1] for row in known}).order_by("team")
        for person, team in members.values_list("user", "team"):
            teams[person].append(team)
        for key, person, *rights in known:
            digest = blake2b(repr((rights, teams[person])).encode(), digest_size=16).digest()
            found[key] = Standing(person, digest)
    return found
