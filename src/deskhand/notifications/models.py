"""How far each customer has been told about a ticket, the desk's own words for mails, and programs that listen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import User
from deskhand.tickets.models.ticket import Ticket


class Cursor(models.Model):
    """The last event of a ticket that this person has had a mail about; what came later is still to be told."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    event = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="cursor_once")]

    def __str__(self) -> str:
        return f"{self.user_id} was told of {self.ticket_id} up to {self.event}"


class Template(models.Model):
    """The desk's own words in one kind of mail to one audience; what is empty reads as usual.

    Both are text with placeholders of a closed list (`notifications.templates`), never a program.
    """

    key = models.SlugField(max_length=40, unique=True)  # kind and audience, as in `notifications.matrix`
    headline = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.key


class Hook(models.Model):
    """An address of another program that hears what happens to tickets (Standard Webhooks). `secret` is sealed."""

    name = models.CharField(_("Name"), max_length=80)
    url = models.CharField(_("Address"), max_length=500)
    secret = models.TextField()
    kinds = models.JSONField(default=list)  # of `tickets.events.Kind`; empty: all that customers may see
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    is_active = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True, blank=True)  # None: the last delivery arrived

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one hook: the exact bytes that are signed and sent, and what became of them."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ARRIVED = "arrived", _("Arrived")
        FAILED = "failed", _("Given up")

    hook = models.ForeignKey(Hook, models.CASCADE, related_name="deliveries", db_index=False)
    key = models.UUIDField(unique=True)  # webhook-id: the same for every try, so that a receiver can tell a repeat
    change = models.UUIDField()  # the change of a ticket it tells of
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)  # HTTP, of the last answer
    problem = models.CharField(max_length=200, blank=True, default="")  # why the last try failed, for administrators
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["hook", "-id"], name="delivery_hook")]
        constraints = [models.UniqueConstraint(fields=["hook", "change"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.key} to {self.hook_id}"
