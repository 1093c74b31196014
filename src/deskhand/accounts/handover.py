"""Accounts whose password an administrator hands over (S4.2). Their owner replaces it before anything else (`ui.gates`)."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from deskhand.accounts import changes, policy
from deskhand.accounts.models import Organization, User
from deskhand.accounts.passwords import Hash
from deskhand.core import audit, text


def create_account(
    *,
    email: str,
    username: str,
    name: str,
    role: str,
    organization: Organization | None,
    password: Hash,
    by: User | None,
    at: datetime,
) -> User:
    """An account whose password an administrator hands over (S4.2): the address is believed, nobody is told.

    The owner chooses another password at the first sign-in. Raises NotAllowedError, AddressTakenError, NameTakenError.
    """
    if not policy.can_create_account(by, role):
        raise changes.NotAllowedError
    person = User(
        email=email.strip().lower(), username=text.one_line(username) or None, name=text.one_line(name), role=role,
        organization=organization, created_at=at, activated_at=at, password=password, is_password_temporary=True,
    )  # fmt: skip
    return changes.write_account(person, by=by, at=at)


def hand_over_password(person: User, *, password: Hash, by: User | None, at: datetime) -> None:
    """A new password that an administrator hands over; the owner chooses another at the next sign-in. Sessions are over.

    Somebody who was only invited is set up by it. Raises NotAllowedError; AddressTakenError when somebody else has
    confirmed an invited person's address.
    """
    if not policy.can_hand_over_password(by, person):
        raise changes.NotAllowedError
    try:
        with transaction.atomic():
            person.refresh_from_db(from_queryset=User.objects.get_queryset().select_for_update())
            person.password, person.is_password_temporary = password, True
            person.activated_at = person.activated_at or at
            person.session_epoch += 1
            person.save(update_fields=["password", "is_password_temporary", "activated_at", "session_epoch"])
            EmailAddress.objects.update_or_create(
                user=person, email=person.email, defaults={"verified": True, "primary": True}
            )
            audit.record("user.password_handed_over", by=by, at=at, subject=f"user:{person.pk}")
    except IntegrityError as error:
        raise changes.AddressTakenError from error
