"""An address decides whose something is, so it counts from the moment at which somebody has shown that it is theirs."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from deskhand.accounts.models import User
from deskhand.core import audit, bus, text


def invite_registered(person: User, *, name: str, at: datetime) -> bool:
    """Whoever registered an address that nobody has confirmed may only have typed it: their password opens nothing from now on,
    and who reads the address is invited, by `name` if there is one. False, and nothing, for every other account.
    """
    with transaction.atomic():
        person.refresh_from_db(from_queryset=User.objects.get_queryset().select_for_update())
        is_confirmed = EmailAddress.objects.filter(user=person, verified=True).exists()
        if is_confirmed or person.is_invited or person.is_staff or not person.is_active:
            return False
        person.name, person.password = text.one_line(name) or person.email, make_password(None)
        person.activated_at, person.invited_at, person.session_epoch = None, at, person.session_epoch + 1
        person.save(update_fields=["name", "password", "activated_at", "invited_at", "session_epoch"])
        after = {"email": person.email, "role": str(person.role)}
        audit.record("user.invited", by=None, at=at, subject=f"user:{person.pk}", after=after)
        bus.publish("user.invited", at=at, user=person.pk, by=None)
    return True


def tell_confirmed(address: EmailAddress, *, at: datetime) -> None:
    """Tell the upper rooms that its owner has confirmed an address."""
    bus.publish("user.address_confirmed", at=at, address=address.pk)
