"""How far each customer has been told about a ticket, and the desk's own words for mails."""

from django.db import models

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
