"""What all write forms share: a one-time key, and a text that survives.

The key is signed and names its person and its page. So a second press shows the first result; and a form that arrives after the
session has ended, or with an outdated token, is kept for its author and shown again, filled, never run by itself (F08, F09).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from deskhand.ui.models import Submission

KEY: Final = "form_key"
KEPT: Final = "kept_form"
LONGEST_KEPT: Final = 200_000  # characters; a session row is no place for more
KEPT_FOR: Final = timedelta(days=14)
_SALT: Final = "deskhand.form"


@dataclass(frozen=True, slots=True)
class FormKey:
    """What a form's key says: which sending, whose, and on which page it stands."""

    id: uuid.UUID
    user_id: int | None
    page: str


class AlreadySentError(Exception):
    """This form has been received before; `leads_to` shows what came of it."""

    def __init__(self, leads_to: str) -> None:
        super().__init__(leads_to)
        self.leads_to = leads_to


@dataclass(slots=True)
class Sending:
    """A form that is being received for the first time."""

    key: FormKey
    leads_to: str


def new_key(request: HttpRequest) -> str:
    """A fresh key for one form on the page that is being shown (also when it is shown again with errors)."""
    sent = read_key(request)
    page = sent.page if sent else request.get_full_path()
    return signing.dumps([uuid.uuid4().hex, request.user.pk, page], salt=_SALT)


def read_key(request: HttpRequest) -> FormKey | None:
    """The key a form carries, or None when it is missing, foreign or older than a session lives."""
    try:
        key, user_id, page = signing.loads(request.POST.get(KEY, ""), salt=_SALT, max_age=KEPT_FOR)
        return FormKey(uuid.UUID(key), user_id, str(page))
    except (signing.BadSignature, ValueError, TypeError):
        return None


@contextmanager
def once(request: HttpRequest, *, leads_to: str = "") -> Iterator[Sending]:
    """Run the block for the first sending of this form, in one transaction with the key; a repeat raises AlreadySentError.

    Two sendings at the same moment wait for each other in the database. A block that raises frees the key again.
    """
    key = read_key(request)
    if key is None or key.user_id != request.user.pk:
        raise BadRequest("the form has no valid key")
    sending = Sending(key=key, leads_to=leads_to)
    repeated = False
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = Submission.objects.create(key=key.id, user_id=key.user_id, leads_to=leads_to, at=timezone.now())
        except IntegrityError:
            repeated = True
        else:
            yield sending
            if sending.leads_to != leads_to:
                row.leads_to = sending.leads_to
                row.save(update_fields=["leads_to"])
    if repeated:
        first = Submission.objects.get(key=key.id)  # the key is signed for this person: nobody else can have sent it
        raise AlreadySentError(first.leads_to)


def forget_old_keys(*, at: datetime) -> None:
    """Delete the keys that `read_key` would refuse by now."""
    Submission.objects.filter(at__lt=at - KEPT_FOR).delete()


def keep(request: HttpRequest) -> str | None:
    """Keep a form that could not be received for its author; returns the page that shows it again, or None."""
    key = read_key(request)
    if key is None or (request.user.is_authenticated and request.user.pk != key.user_id):
        return None
    values = {name: request.POST.getlist(name) for name in request.POST if name not in {KEY, "csrfmiddlewaretoken"}}
    if sum(len(value) for rows in values.values() for value in rows) > LONGEST_KEPT:
        return None
    request.session[KEPT] = {"user": key.user_id, "path": request.path, "values": values}
    return key.page


def put_back(request: HttpRequest, path: str, values: dict[str, list[str]]) -> None:
    """Show these values to this person when the form that posts to `path` is shown next."""
    request.session[KEPT] = {"user": request.user.pk, "path": path, "values": values}


def kept(request: HttpRequest, path: str) -> dict[str, Any] | None:
    """What this person had typed into the form that posts to `path`, once; None when there is nothing."""
    held = request.session.get(KEPT)
    if not held or not request.user.is_authenticated or held["path"] != path:
        return None
    del request.session[KEPT]
    if held["user"] != request.user.pk:
        return None
    messages.info(request, _("Your text is here again. It has not been sent yet."))
    return {name: rows[0] if len(rows) == 1 else rows for name, rows in held["values"].items()}
