"""The questions that a desk asks beside subject and message."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deskhand.tickets.models.choices import Topic


class Access(models.TextChoices):
    """What one audience may do with a field."""

    HIDDEN = "hidden", _("Does not see it")
    READ = "read", _("Reads it")
    WRITE = "write", _("May fill it in")
    REQUIRED = "required", _("Must fill it in")


class Field(models.Model):
    """A question beside subject and message, asked in all topics or in some (S4.6 to S4.8).

    A topic's fields are asked in the topics below it, too. `slug` is the key in `Ticket.fields` and never changes. With
    `shown_if` it is asked only where that field holds `shown_value`. How a value looks by kind: `tickets.fields`.
    """

    class Kind(models.TextChoices):
        LINE = "line", _("Line of text")
        TEXT = "text", _("Long text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        SEVERAL = "several", _("Several of a list")
        CHECKBOX = "checkbox", _("Checkbox")

    slug = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    hint = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.LINE)
    options = models.JSONField(default=list, blank=True)  # texts, in their order
    customers = models.CharField(max_length=8, choices=Access, default=Access.WRITE)
    staff = models.CharField(max_length=8, choices=Access, default=Access.WRITE)  # never HIDDEN
    is_global = models.BooleanField(default=False)
    topics: "models.ManyToManyField[Topic, Any]" = models.ManyToManyField(Topic, related_name="+", blank=True)
    shown_if = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    shown_value = models.CharField(max_length=200, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [models.CheckConstraint(condition=~Q(staff="hidden"), name="staff_sees_every_field")]

    def __str__(self) -> str:
        return self.label
