"""Where a shop's order or a signed link says that somebody belongs."""

from datetime import datetime

from deskhand.accounts.changes import NameTakenError, save_organization
from deskhand.accounts.models import Organization


def organization_named(name: str, *, at: datetime) -> Organization:
    """The one of that name, whatever its capitals, or a new one. Nobody is moved there by it."""
    found = Organization.objects.filter(name__iexact=name).first()
    if found is not None:
        return found
    try:
        return save_organization(name=name, by=None, at=at)
    except NameTakenError:  # somebody was faster
        return Organization.objects.get(name__iexact=name)
