"""The shops that tell us of purchases: their names and secrets. The only writer of `Sender`."""

from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from deskhand.accounts.models import User
from deskhand.core import audit, crypto, signatures, text
from deskhand.entitlements import policy
from deskhand.entitlements.errors import NotAllowedError
from deskhand.entitlements.models import Sender

HEARD_AGAIN: Final = timedelta(minutes=1)  # oftener than that nobody needs to know when a shop spoke last
_PURPOSE: Final = "entitlements.sender"


def add_sender(*, name: str, by: User | None, at: datetime) -> tuple[Sender, str]:
    """A shop that may tell us of purchases, and its secret as Standard Webhooks writes one, which is shown this once.

    Raises NotAllowedError, ValidationError.
    """
    if not policy.can_change_senders(by):
        raise NotAllowedError
    secret = signatures.new_secret()
    sender = Sender(name=text.one_line(name), secret=crypto.seal(_PURPOSE, secret), created_at=at, created_by=by)
    try:
        sender.clean_fields(exclude=["created_by"])
    except ValidationError as error:
        raise ValidationError({"name": error.message_dict.get("name", [])}) from error
    with transaction.atomic():
        sender.save(force_insert=True)
        audit.record("sender.created", by=by, at=at, subject=f"sender:{sender.pk}", after={"name": sender.name})
    return sender, secret


def revoke_sender(sender: Sender, *, by: User | None, at: datetime) -> bool:
    """From now on nothing is taken from it. False, and nothing, when it is so already. Raises NotAllowedError."""
    if not policy.can_change_senders(by):
        raise NotAllowedError
    with transaction.atomic():
        sender.refresh_from_db(from_queryset=Sender.objects.select_for_update())
        if sender.revoked_at is not None:
            return False
        sender.revoked_at = at
        sender.save(update_fields=["revoked_at"])
        audit.record("sender.revoked", by=by, at=at, subject=f"sender:{sender.pk}", before={"name": sender.name})
    return True


def note_heard(sender: Sender, *, at: datetime) -> None:
    """It said something that was signed well. Written once a minute at most, and nowhere else."""
    if sender.heard_at is None or at - sender.heard_at >= HEARD_AGAIN:
        Sender.objects.filter(pk=sender.pk).update(heard_at=at)
        sender.heard_at = at


def senders() -> list[Sender]:
    """All of them, the revoked last, each sort in the order in which they came."""
    return sorted(Sender.objects.order_by("pk"), key=lambda sender: sender.revoked_at is not None)


def sender(pk: int) -> Sender | None:
    """The one of this number, also a revoked one: whether it may speak says `revoked_at`."""
    return Sender.objects.filter(pk=pk).first()


def secret_of(sender: Sender) -> str:
    """What its messages are signed with, "whsec_…"."""
    return crypto.unseal(_PURPOSE, sender.secret)
