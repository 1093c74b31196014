"""Which teams keep their tickets to themselves, and who is in them: asked by every list of every agent."""

from collections import defaultdict
from dataclasses import dataclass

from deskhand.accounts.models import Team, TeamMember, User
from deskhand.desk.queries import Kept


@dataclass(frozen=True, slots=True)
class _Teams:
    everything: tuple[int, ...]
    private: dict[int, frozenset[int]]  # with their members


def _read() -> _Teams:
    teams = list(Team.objects.order_by("pk").values_list("pk", "is_private"))
    private = [pk for pk, is_private in teams if is_private]
    members = defaultdict(set)
    if private:
        for team, user in TeamMember.objects.filter(team__in=private).values_list("team", "user"):
            members[team].add(user)
    return _Teams(tuple(pk for pk, _ in teams), {team: frozenset(members[team]) for team in private})


_teams = Kept(_read)


def teams_hidden_from(user: User) -> list[int]:
    """The keys of the private teams this person is not in, whatever their role."""
    return [team for team, members in _teams().private.items() if user.pk not in members]


def teams_open_to(user: User) -> list[int]:
    """The keys of all other teams."""
    teams = _teams()
    return [team for team in teams.everything if team not in teams.private or user.pk in teams.private[team]]
