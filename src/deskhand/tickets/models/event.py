"""What happened to a ticket, and what is about to."""

import uuid

from django.db import models
from django.db.models import Q

from deskhand.accounts.models import User
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket


class Event(models.Model):
    """One thing that happened: timeline, audit trail, outbox and live cursor in one row.

    `transaction` is the database transaction that wrote it (PostgreSQL; 0 on SQLite, where ids are given in the order of
    commits): whoever tails the table reads by (transaction, id), because PostgreSQL commits ids out of order.
    `before` and `after` hold `{"id", "name", "customer"}` as they read then, so that a renamed status keeps its history.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events", db_index=False)
    change = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=32)  # a Kind; not as choices, or each new one were a migration
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    via = models.CharField(max_length=8, choices=[(via, via) for via in Via])
    is_public = models.BooleanField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    cause = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    depth = models.PositiveSmallIntegerField(default=0)
    transaction = models.PositiveBigIntegerField(db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "id"], name="event_ticket"),
            models.Index(fields=["change"], name="event_change"),
            models.Index(fields=["transaction", "id"], name="event_cursor"),
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
