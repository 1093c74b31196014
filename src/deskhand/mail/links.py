"""Addresses in mails. They begin with PUBLIC_URL, whatever a request said its host was (E05)."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.urls import reverse

from deskhand.tickets.models.ticket import Ticket


def to_ticket(ticket: Ticket, *, as_staff: bool) -> str:
    """The ticket's page in the workspace or in the portal."""
    name = "staff:ticket" if as_staff else "ticket"
    return settings.PUBLIC_URL + reverse(name, kwargs={"number": ticket.number})


def to_own_mails() -> str:
    """Where somebody chooses which mails they get; it changes nothing until a form is sent."""
    return f"{settings.PUBLIC_URL}{reverse('account')}#mails"


def public(url: str) -> str:
    """The same page at the desk's public address."""
    parts = urlsplit(url)
    return settings.PUBLIC_URL + urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def domain() -> str:
    """What stands behind the @ of the desk's address."""
    return str(settings.MAIL_FROM).rpartition("@")[2].strip("> ").lower()
