"""The ticket, and who has to do with it. Nothing here writes; `tickets.changes` does."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from deskhand.accounts.models import Organization, Team, User
from deskhand.accounts.privacy import teams_hidden_from
from deskhand.entitlements.models import Installation, Purchase
from deskhand.tickets.indexes import FOLLOWER, TICKET
from deskhand.tickets.models.choices import SOLVED, UNSOLVED, Category, Priority, Status, Tag, Topic


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Named selections of tickets."""

    def unsolved(self) -> Self:
        """Open, in progress or waiting."""
        return self.filter(is_unsolved=True)

    def unassigned(self) -> Self:
        return self.filter(assignee=None)

    def visible_to(self, user: User) -> Self:
        """All that this person may see; the only way a surface looks a ticket up.

        Agents: all but those of a private team they are not in. Leads and administrators: all.
        Customers: their own, those they follow, and, for a manager, those of the organization (S4.17, S4.19).
        Fast for a ticket that is named by its number or key; whoever wants a list asks `tickets.legs`.
        """
        return self.filter(seen_by(user))

    def worked_by(self, user: User) -> Self:
        """Those this person sees as support staff does, notes included."""
        return self.filter(worked_by(user))

    def concerning(self, user: User) -> Self:
        """Opened by this person, followed, or of the organization they manage: what "My tickets" means for anybody."""
        return self.filter(_concerning(user))


def seen_by(user: User, *, ticket: str = "") -> Q:
    """What `visible_to` says, for rows that belong to a ticket: `ticket` is the way there, such as `message__ticket__`.

    Written to be asked of one row: EXISTS and OR, where `pk IN (…)` would have all keys read first.
    """
    if not user.can("staff.enter"):
        return _concerning(user, ticket=ticket) if user.is_active else Q(pk__in=())
    worked = worked_by(user, ticket=ticket)
    return worked | Q(**{f"{ticket}requester": user}) if worked else worked


def worked_by(user: User, *, ticket: str = "") -> Q:
    """As `policy.works_on`; empty for who works on all. An agent's own ticket in a team hidden from them is not worked on."""
    if not user.can("staff.enter"):
        return Q(pk__in=())
    if user.can("ticket.see_private") or not (hidden := teams_hidden_from(user)):
        return Q()
    # `~` holds also for a ticket without a team.
    return ~Q(**{f"{ticket}team__in": hidden}) | Q(**{f"{ticket}assignee": user}) | _followed(user, ticket)


def _concerning(user: User, *, ticket: str = "") -> Q:
    mine = Q(**{f"{ticket}requester": user}) | _followed(user, ticket)
    if user.is_manager and user.organization_id:
        mine |= Q(**{f"{ticket}organization": user.organization_id})
    return mine


def _followed(user: User, ticket: str) -> Q:
    return Q(models.Exists(Follower.objects.filter(user=user, ticket=models.OuterRef(f"{ticket}pk"))))


class Ticket(models.Model):
    """One request, from its first message until it is closed. The row carries what lists and counts look at."""

    number = models.PositiveBigIntegerField(unique=True)
    subject = models.CharField(max_length=200)
    # db_index=False: an index costs each write, and tickets.indexes names what each list reads (decision 8).
    requester = models.ForeignKey(User, models.PROTECT, related_name="tickets", db_index=False)
    organization = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="tickets", db_index=False
    )
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", db_index=False)
    status = models.ForeignKey(Status, models.PROTECT, related_name="+", db_index=False)
    category = models.CharField(max_length=12, choices=Category)
    is_unsolved = models.BooleanField(default=True)
    priority = models.ForeignKey(Priority, models.PROTECT, related_name="+", db_index=False)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    fields = models.JSONField(default=dict)
    tags: "models.ManyToManyField[Tag, Any]" = models.ManyToManyField(Tag, related_name="+", through="TicketTag")

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()  # anything, notes too: staff sort by it
    public_updated_at = models.DateTimeField()  # only what the customer can see: notes must not move it (H02)
    last_event = models.PositiveBigIntegerField(default=0)
    last_public_event = models.PositiveBigIntegerField(default=0)
    last_replier = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    last_reply_by_staff = models.BooleanField(default=False)
    preview = models.CharField(max_length=160, blank=True, default="")
    # Nullable, or SQLite would write the whole table anew and lose the triggers that copy onto followers (migration 5).
    first_response_due_at = models.DateTimeField(null=True)  # the promise, also after it was kept or broken (S3.14)
    first_responded_at = models.DateTimeField(null=True)  # the first public message of the staff
    overdue_since = models.DateTimeField(null=True)  # the promise is broken and nobody has answered yet
    resolved_at = models.DateTimeField(null=True)  # since when it is resolved; None in any other category
    closed_at = models.DateTimeField(null=True)
    close_warned_at = models.DateTimeField(null=True)  # the customer knows that it will be closed (S3.16)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)  # solutions that were not accepted (S4.16)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, related_name="follow_ups", db_index=False)
    purchase = models.ForeignKey(Purchase, models.SET_NULL, null=True, related_name="tickets", db_index=False)
    installation = models.ForeignKey(Installation, models.SET_NULL, null=True, related_name="+", db_index=False)
    out_of_scope = models.CharField(max_length=200, null=True)  # noqa: DJ001 - the clause it was declined with (S2.14), else nothing to index
    asked_at = models.DateTimeField(null=True)  # since when a question of ours waits for the customer (S5.10)

    objects: ClassVar[models.Manager["Ticket"]] = models.Manager.from_queryset(TicketQuerySet)()

    class Meta:
        indexes = TICKET
        constraints = [
            models.CheckConstraint(
                condition=Q(is_unsolved=True, category__in=UNSOLVED) | Q(is_unsolved=False, category__in=SOLVED),
                name="ticket_unsolved_is_its_category",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"


class TicketTag(models.Model):
    """A tag on a ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="ticket_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag} on {self.ticket_id}"


class Follower(models.Model):
    """Somebody who hears of a ticket without being its requester or assignee.

    Triggers copy here what lists look at (migration 5), so that they need not read 5,000 tickets to show 50.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="followers", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="followed", db_index=False)
    category = models.CharField(max_length=12, editable=False, db_default="")
    is_unsolved = models.BooleanField(editable=False, db_default=False)
    is_unassigned = models.BooleanField(editable=False, db_default=False)  # and unsolved
    updated_at = models.DateTimeField(editable=False, null=True)
    public_updated_at = models.DateTimeField(editable=False, null=True)

    class Meta:
        indexes = FOLLOWER
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="follower_once")]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.ticket_id}"


class Seen(models.Model):
    """Up to which event a person has seen a ticket; what came after is unread."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="seen")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    event = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.ticket_id} up to {self.event}"
