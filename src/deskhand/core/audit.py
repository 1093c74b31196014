"""Who changed what about the desk and its people: one row per change, before → after, never edited, never deleted."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from deskhand.core.models import AuditEntry


def record(
    action: str,
    *,
    by: AbstractBaseUser | None,
    at: datetime,
    subject: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write the entry inside the caller's transaction.

    `action` is a past-tense name (`user.invited`), `subject` says about whom or what (`user:12`); by=None is the system.
    """
    return AuditEntry.objects.create(
        action=action, by_id=by.pk if by else None, at=at, subject=subject, before=before or {}, after=after or {}
    )


def entries(*, before: int | None, limit: int, kinds: Sequence[str] = ()) -> list[AuditEntry]:
    """The newest entries, or those older than the entry `before`; with the person who did it, one query.

    `kinds` are what their actions begin with: `topic` stands for `topic.created`, `topic.changed`.
    """
    rows = AuditEntry.objects.select_related("by").order_by("-id")
    if kinds:
        rows = rows.filter(reduce(or_, (Q(action__startswith=f"{kind}.") for kind in kinds)))
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])
