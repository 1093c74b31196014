"""One row per mail and recipient: what is sent, what became of it, and why."""

from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deskhand.accounts import invitations
from deskhand.accounts.models import User
from deskhand.core import crypto
from deskhand.tickets.models.ticket import Ticket, worked_by

MASK: Final = "⟪secret⟫"  # stands in a stored body where the recipient reads a link or a code that nobody else may
_PURPOSE: Final = "mail.secret"


class Kind(models.TextChoices):
    """What the mail is about; it decides what the Mailroom may show and do."""

    TICKET = "ticket", _("About a ticket")
    ACCOUNT = "account", _("About an account")
    INVITATION = "invitation", _("Invitation")
    TEST = "test", _("Test")


class State(models.TextChoices):
    """Where the mail is on its way."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    FAILED = "failed", _("Will be tried again")
    MAYBE_SENT = "maybe_sent", _("Maybe sent, will be repeated")
    HELD = "held", _("Held")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Not delivered")
    DISCARDED = "discarded", _("Discarded")


UNDER_WAY: Final = (State.WAITING, State.SENDING, State.FAILED, State.MAYBE_SENT)
TAKEABLE: Final = (State.WAITING, State.FAILED, State.MAYBE_SENT)


class Problem(models.TextChoices):
    """Why it did not go out; the Mailroom has plain words and advice for each."""

    NONE = "", _("None")
    UNREACHABLE = "unreachable"
    TLS = "tls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"
    BUSY = "busy"
    LOST = "lost"
    BROKEN = "broken"
    DEMO = "demo"
    LEFT = "left"


class MailQuerySet(models.QuerySet["Mail"]):
    """Mails somebody may read."""

    def visible_to(self, user: User) -> Self:
        """Staff with `mail.read`; the mails of a ticket only by those who work on it."""
        if not user.can("mail.read"):
            return self.none()
        if user.can("ticket.see_private"):
            return self
        worked = worked_by(user, ticket="ticket__")
        return self.filter(Q(ticket=None) | worked) if worked else self


class Mail(models.Model):
    """A mail to one person. `change` and `recipient` are unique together, so no change is told twice to anybody.

    `text` and `html` hold the whole body, except that MASK stands for `sealed` (see `secret`).
    """

    kind = models.CharField(max_length=10, choices=Kind)
    change = models.UUIDField(null=True)
    recipient = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="+")
    to_name = models.CharField(max_length=120, blank=True, default="")
    to_address = models.CharField(max_length=254)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField()
    sealed = models.TextField(blank=True, default="")
    message_id = models.CharField(max_length=200, blank=True, default="")
    thread_id = models.CharField(max_length=200, blank=True, default="")
    messages = models.JSONField(default=list)  # numbers of those whose text it holds: who redacts one means these, too
    is_automatic = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True, default="")
    leased_until = models.DateTimeField(null=True)
    problem = models.CharField(max_length=12, choices=Problem, blank=True, default=Problem.NONE)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Mail"]] = models.Manager.from_queryset(MailQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "recipient"], name="mail_once_a_change_and_recipient"),
            models.UniqueConstraint(fields=["message_id"], condition=~Q(message_id=""), name="mail_message_id_once"),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="mail_unsettled", condition=~Q(state="sent")),
            models.Index(fields=["ticket", "to_address", "id"], name="mail_line"),
            models.Index(fields=["to_address", "-id"], name="mail_address"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.to_address} ({self.state})"

    @property
    def secret(self) -> str:
        """The link or code that stands for MASK; empty when there is none or the mail has gone.

        An invitation's link is not even kept sealed: it is made anew, so that the newest one leaves.
        """
        if self.kind == Kind.INVITATION:
            invited = self.recipient is not None and self.recipient.invited_at is not None
            return invitations.address(self.recipient) if self.recipient and invited else ""
        return crypto.unseal(_PURPOSE, self.sealed) if self.sealed else ""

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_personal(self) -> bool:
        """About an account: it must reach that person and nobody else, so its address cannot be changed."""
        return self.kind in {Kind.ACCOUNT, Kind.INVITATION}


def sealed(secret: str) -> str:
    """What the column `sealed` keeps."""
    return crypto.seal(_PURPOSE, secret) if secret else ""
