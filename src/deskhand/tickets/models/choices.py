"""What a ticket can be: statuses, priorities, topics, tags."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import Team, User


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
    is_archived = models.BooleanField(default=False)  # kept for the tickets that have it, chosen no more

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
    first_response_minutes = models.PositiveIntegerField(
        null=True, blank=True
    )  # clock minutes (S3.14, S3.15); None: no promise
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["rank"]
        constraints = [models.UniqueConstraint("is_default", condition=Q(is_default=True), name="one_default_priority")]

    def __str__(self) -> str:
        return self.name


class Need(models.TextChoices):
    """Whether a ticket of a topic belongs to a purchase (S2.9)."""

    NONE = "none", _("Not asked")
    ASKED = "asked", _("May be chosen")
    REQUIRED = "required", _("Needs active support")


class Topic(models.Model):
    """What a ticket is about, a node of a tree; it routes to a team (S4.4). A customer may choose any node.

    `priority` is what a ticket gets when nobody chooses one; `assignee` looks after it from the beginning.
    """

    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    priority = models.ForeignKey(Priority, models.SET_NULL, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    asks_priority = models.BooleanField(default=True)
    purchase = models.CharField(max_length=8, choices=Need, default=Need.NONE)  # does it take one, must it have one?
    is_bug_report = models.BooleanField(default=False)  # open without support where the product takes bug reports
    longest_message = models.PositiveIntegerField(null=True, blank=True)  # characters; None: the desk's (S1.c2)
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint("is_default", condition=Q(is_default=True), name="one_default_topic"),
            models.UniqueConstraint(
                fields=["parent", "name"], condition=Q(parent__isnull=False), name="topic_once_under_its_parent"
            ),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="topic_once_at_the_top"),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that agents put on tickets."""

    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name
