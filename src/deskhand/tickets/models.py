"""The ticket and what belongs to it. Nothing here writes; `tickets.changes` does."""

import uuid
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import Organization, Team, User
from deskhand.accounts.privacy import teams_hidden_from
from deskhand.tickets.events import Kind, Via


class Category(models.TextChoices):
    """The five fixed meanings of a status (S3.8). Statuses inside a category are free."""

    OPEN = "open", _("Open")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


UNSOLVED: Final = (Category.OPEN, Category.IN_PROGRESS, Category.WAITING)
SOLVED: Final = (Category.RESOLVED, Category.CLOSED)


class Status(models.Model):
    """A named state. Behavior hangs on its category; staff and customers may read different names."""

    category = models.CharField(max_length=12, choices=Category)
    name = models.CharField(max_length=40, unique=True)
    customer_name = models.CharField(max_length=40)
    explanation = models.CharField(max_length=200, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint("category", condition=Q(is_default=True), name="one_default_status_a_category")
        ]

    def __str__(self) -> str:
        return self.name


class Priority(models.Model):
    """How soon a ticket matters, with its meaning in one line (S3.4). A higher rank is more urgent."""

    slug = models.SlugField(max_length=12, unique=True)
    name = models.CharField(max_length=40, unique=True)
    meaning = models.CharField(max_length=200)
    rank = models.PositiveSmallIntegerField(unique=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["rank"]
        constraints = [models.UniqueConstraint("is_default", condition=Q(is_default=True), name="one_default_priority")]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """What a ticket is about; it routes to a team (S4.4)."""

    name = models.CharField(max_length=80, unique=True)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [models.UniqueConstraint("is_default", condition=Q(is_default=True), name="one_default_topic")]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that agents put on tickets."""

    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Named selections of tickets."""

    def unsolved(self) -> Self:
        """Open, in progress or waiting: written so that the partial index of the same condition serves it."""
        return self.filter(is_unsolved=True)

    def unassigned(self) -> Self:
        return self.filter(assignee=None)

    def assigned_to(self, agent: User) -> Self:
        return self.filter(assignee=agent)

    def visible_to(self, user: User) -> Self:
        """All that this person may see; the only way a surface looks a ticket up.

        Agents: all but those of a private team they are not in. Leads and administrators: all.
        Customers: their own, those they follow, and, for a manager, those of the organization (S4.17, S4.19).
        """
        if not user.is_active:
            return self.none()
        if user.can("ticket.see_private"):
            return self
        if user.can("staff.enter"):
            hidden = teams_hidden_from(user)
            if not hidden:
                return self
            followed = Follower.objects.filter(user=user).values("ticket_id")
            # `~` holds also for a ticket without a team.
            return self.filter(~Q(team__in=hidden) | Q(assignee=user) | Q(requester=user) | Q(pk__in=followed))
        return self.concerning(user)

    def concerning(self, user: User) -> Self:
        """Opened by this person, followed, or of the organization they manage: what "My tickets" means for anybody."""
        # A union of keys, each from its index; as conditions joined by OR, PostgreSQL reads all tickets.
        keys = Ticket.objects.filter(requester=user).values("pk")
        if user.is_manager and user.organization_id:
            keys = keys.union(Ticket.objects.filter(organization=user.organization_id).values("pk"), all=True)
        followed = Follower.objects.filter(user=user).values("ticket_id")
        return self.filter(pk__in=keys.union(followed, all=True))


class Ticket(models.Model):
    """One request, from its first message until it is closed. The row carries what lists and counts look at."""

    number = models.PositiveBigIntegerField(unique=True)
    subject = models.CharField(max_length=200)
    requester = models.ForeignKey(User, models.PROTECT, related_name="tickets")
    organization = models.ForeignKey(Organization, models.SET_NULL, null=True, blank=True, related_name="tickets")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+")
    status = models.ForeignKey(Status, models.PROTECT, related_name="+")
    category = models.CharField(max_length=12, choices=Category)
    is_unsolved = models.BooleanField(default=True)
    priority = models.ForeignKey(Priority, models.PROTECT, related_name="+")
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    fields = models.JSONField(default=dict)
    tags: "models.ManyToManyField[Tag, Any]" = models.ManyToManyField(Tag, related_name="+", through="TicketTag")

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()  # anything, notes too: staff sort by it
    public_updated_at = models.DateTimeField()  # only what the customer can see: notes must not move it (H02)
    last_event = models.PositiveBigIntegerField(default=0)
    last_public_event = models.PositiveBigIntegerField(default=0)
    last_replier = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    last_reply_by_staff = models.BooleanField(default=False)
    preview = models.CharField(max_length=160, blank=True, default="")

    objects: ClassVar[models.Manager["Ticket"]] = models.Manager.from_queryset(TicketQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="ticket_unsolved", condition=Q(is_unsolved=True)),
            models.Index(
                fields=["-updated_at", "-id"], name="ticket_unassigned", condition=Q(is_unsolved=True, assignee=None)
            ),
            models.Index(fields=["assignee", "-updated_at", "-id"], name="ticket_mine", condition=Q(is_unsolved=True)),
            models.Index(fields=["requester", "-public_updated_at", "-id"], name="ticket_requester"),
            models.Index(fields=["organization", "-public_updated_at", "-id"], name="ticket_organization"),
            models.Index(fields=["-updated_at", "-id"], name="ticket_all"),
            models.Index(fields=["team", "-updated_at"], name="ticket_team"),
        ]
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

    ticket = models.ForeignKey(Ticket, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="ticket_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag} on {self.ticket_id}"


class Follower(models.Model):
    """Somebody who hears of a ticket without being its requester or assignee."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="followers")
    user = models.ForeignKey(User, models.CASCADE, related_name="followed")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="follower_once")]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.ticket_id}"


class Seen(models.Model):
    """Up to which event a person has seen a ticket; what came after is unread."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="seen")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    event = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.ticket_id} up to {self.event}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages somebody may read."""

    def public(self) -> Self:
        """Without notes: what every line of code for customers starts from."""
        return self.filter(is_public=True)

    def visible_to(self, user: User) -> Self:
        """Messages of the tickets this person sees; notes for staff only."""
        tickets = Ticket.objects.visible_to(user).values("pk")
        rows = self.filter(ticket__in=tickets)
        return rows if user.can("ticket.note") else rows.public()


class Message(models.Model):
    """A public reply or an internal note. `text` is what was written, `html` the sanitized rendering of it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_staff = models.BooleanField()
    is_public = models.BooleanField()
    text = models.TextField()
    html = models.TextField()
    folded = models.TextField(blank=True, default="")
    source = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    via = models.CharField(max_length=8, choices=[(via, via) for via in Via])
    redacted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Message"]] = models.Manager.from_queryset(MessageQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["ticket", "id"], name="message_ticket")]

    def __str__(self) -> str:
        return f"message {self.pk} of {self.ticket_id}"


class Event(models.Model):
    """One thing that happened: timeline, audit trail, outbox and live cursor in one row.

    `before` and `after` hold `{"id", "name", "customer"}` as they read then, so that a renamed status keeps its history.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events")
    change = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in Kind])
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    via = models.CharField(max_length=8, choices=[(via, via) for via in Via])
    is_public = models.BooleanField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    cause = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    depth = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "id"], name="event_ticket"),
            models.Index(fields=["change"], name="event_change"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.ticket_id}"


class ScheduledChange(models.Model):
    """An agent's change that takes effect a little later; until then nobody else sees it and it can be taken back.

    `actions` is the list `tickets.actions` understands.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        CANCELED = "canceled"
        REFUSED = "refused"  # no longer allowed when its time came; the text is kept for its author

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="scheduled")
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    via = models.CharField(max_length=8, choices=[(via, via) for via in Via])
    actions = models.JSONField()
    created_at = models.DateTimeField()
    run_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    refusal = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["ticket"], name="scheduled_ticket", condition=~Q(state="done"))]

    def __str__(self) -> str:
        return f"scheduled change {self.pk} of {self.ticket_id} ({self.state})"
