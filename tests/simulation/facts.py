"""The rows as they are, read afresh after every step, and who may see what of them, told without the desk's own rules."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from deskhand.accounts.models import Team, TeamMember, User
from deskhand.desk.models import Desk
from deskhand.tickets.models.message import Attachment
from deskhand.tickets.models.ticket import Follower, Seen, Ticket

COLUMNS = (
    "number", "pk", "subject", "requester__username", "organization_id", "status_id", "category", "is_unsolved",
    "priority_id", "assignee__username", "assignee_id", "team_id", "updated_at", "public_updated_at", "last_event",
    "last_public_event", "last_replier__username", "last_reply_by_staff", "preview",
    "topic_id", "fields", "attempts", "closed_at", "first_response_due_at", "overdue_since",
)  # fmt: skip


FILE_COLUMNS = (
    "key", "name", "owner__username", "at", "removed_at", "sha256", "thumbnail", "message", "message__ticket__number",
    "message__is_public",
)  # fmt: skip


@dataclass(frozen=True)
class FileRow:
    """An attachment; without a message it is staged, or was."""

    key: UUID
    name: str
    owner: str
    at: datetime
    is_removed: bool
    sha256: str
    thumbnail: str
    message: int | None
    number: int
    is_public: bool

    @property
    def is_free(self) -> bool:
        """Its owner may still put it into a message."""
        return self.message is None and not self.is_removed


@dataclass
class Facts:
    """Tickets by number, people by name."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    followers: dict[int, set[str]] = field(default_factory=dict)
    private: set[int] = field(default_factory=set)
    members: set[tuple[int, str]] = field(default_factory=set)
    seen: dict[tuple[str, int], int] = field(default_factory=dict)
    files: list[FileRow] = field(default_factory=list)
    desk: Desk = field(default_factory=Desk)

    def read(self) -> None:
        """Read them all."""
        rows = Ticket.objects.order_by("pk").values(*COLUMNS)
        self.tickets = {row["number"]: row for row in rows}
        self.people = {user.username or "": user for user in User.objects.get_queryset()}
        self.followers = {number: set() for number in self.tickets}
        for number, name in Follower.objects.values_list("ticket__number", "user__username"):
            self.followers[number].add(name)
        self.private = set(Team.objects.filter(is_private=True).values_list("pk", flat=True))
        self.members = set(TeamMember.objects.values_list("team_id", "user__username"))
        self.seen = {
            (name, number): event
            for name, number, event in Seen.objects.values_list("user__username", "ticket__number", "event")
        }
        self.files = [
            FileRow(key, name, owner or "", at, removed is not None, sha256, small, message, number or 0, bool(public))
            for key, name, owner, at, removed, sha256, small, message, number, public in (
                Attachment.objects.order_by("pk").values_list(*FILE_COLUMNS)
            )
        ]
        self.desk = Desk.objects.get(pk=1)

    def works_on(self, name: str, number: int) -> bool:
        """Sees it as support staff, notes included."""
        user, row = self.people[name], self.tickets[number]
        if not user.is_active or user.role == "customer":
            return False
        if user.role in {"lead", "admin"} or row["team_id"] not in self.private:
            return True
        return (
            (row["team_id"], name) in self.members
            or row["assignee__username"] == name
            or name in self.followers[number]
        )

    def takes_part(self, name: str, number: int) -> bool:
        """Sees it in the portal."""
        user, row = self.people[name], self.tickets[number]
        if not user.is_active:
            return False
        manages = user.is_manager and user.organization_id and user.organization_id == row["organization_id"]
        return row["requester__username"] == name or name in self.followers[number] or bool(manages)

    def may_write(self, name: str, number: int) -> bool:
        """A customer's further message is accepted."""
        row = self.tickets[number]
        if not self.takes_part(name, number) or self._stays_closed(row):
            return False
        is_named = row["requester__username"] == name or name in self.followers[number]
        return is_named or self.desk.managers_may_reply

    def _stays_closed(self, row: dict[str, Any]) -> bool:
        if row["category"] != "closed":
            return False
        days = self.desk.reopen_days
        is_late = days is not None and timezone.now() - row["closed_at"] > timedelta(days=days)
        return is_late or not self.desk.customers_may_reopen

    def may_close(self, name: str, number: int) -> bool:
        """A customer may say that nothing is left to do."""
        row = self.tickets[number]
        manages = self.takes_part(name, number) and self.people[name].is_manager and (
            self.people[name].organization_id == row["organization_id"] and row["organization_id"]
        )  # fmt: skip
        own = self.people[name].is_active and row["requester__username"] == name
        return bool(self.desk.customers_may_close and (own or (manages and self.desk.managers_may_close)))

    def hearers(self, number: int) -> set[str]:
        """Customers who get the ticket's mails."""
        row = self.tickets[number]
        named = {row["requester__username"], *(n for n in self.followers[number] if self.people[n].role == "customer")}
        return {name for name in named if self.people[name].is_active}
