"""How far each customer has been told about a ticket."""

from django.db import models

from deskhand.accounts.models import User
from deskhand.tickets.models import Ticket


class Cursor(models.Model):
    """The last event of a ticket that this person has had a mail about; what came later is still to be told."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    event = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="cursor_once")]

    def __str__(self) -> str:
        return f"{self.user_id} was told of {self.ticket_id} up to {self.event}"
