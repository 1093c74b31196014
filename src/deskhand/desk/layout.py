"""Closed lists from which an administrator puts the portal together: what a home page, a list and its tabs can hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Block(models.TextChoices):
    """What the portal's home is built from (S4.3, S5.6)."""

    ANNOUNCEMENT = "announcement", _("Announcement")
    TILES = "tiles", _("Two tiles: open a ticket, my tickets")
    SEARCH = "search", _("Search in my tickets")
    RECENT = "recent", _("The tickets that moved last")
    GUIDE = "guide", _("When to open a ticket")


class Column(models.TextChoices):
    """What a row of "My tickets" can show (S3.7, S4.13). The subject is always there: it opens the ticket."""

    SUBJECT = "subject", _("Subject")
    NUMBER = "number", _("Ticket ID")
    PRIORITY = "priority", _("Priority")
    TOPIC = "topic", _("Topic")
    LAST_REPLIER = "last_replier", _("Last replier")
    LAST_ACTIVITY = "last_activity", _("Last activity")
    STATUS = "status", _("Status")
    REQUESTER = "requester", _("From")
    CREATED = "created", _("Opened on")
    REPLY = "reply", _("Reply")  # a button in each row (S1.12)


class Tab(models.TextChoices):
    """Which tickets a tab of "My tickets" holds (S4.12). "Open" holds all that is unsolved, "solved" resolved and closed."""

    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting for you")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    SOLVED = "solved", _("Solved")
    ALL = "all", _("All")


class Navigation(models.TextChoices):
    """Where the portal's navigation stands; on a phone it is at the top in any case (S1.5)."""

    TOP = "top", _("At the top")
    SIDE = "side", _("At the side")


class AfterOpening(models.TextChoices):
    """Where the customer is after sending a new ticket (S5.8)."""

    TICKET = "ticket", _("At the new ticket")
    LIST = "list", _("At the list, with the new ticket marked")


def usual_home() -> list[str]:
    """Every block; an empty one shows nothing."""
    return [Block.ANNOUNCEMENT, Block.TILES, Block.SEARCH, Block.RECENT, Block.GUIDE]


def usual_columns() -> list[str]:
    """All eight of S4.13."""
    return [
        Column.SUBJECT, Column.NUMBER, Column.PRIORITY, Column.STATUS, Column.TOPIC, Column.LAST_REPLIER,
        Column.LAST_ACTIVITY, Column.REQUESTER,
    ]  # fmt: skip


def usual_tabs() -> list[dict[str, str]]:
    """A tab for each place a ticket can be, with its usual name."""
    return [{"tab": tab, "name": ""} for tab in (Tab.OPEN, Tab.WAITING, Tab.RESOLVED, Tab.CLOSED, Tab.ALL)]
