"""What all write forms share: a one-time key, and a text that survives.

The key is signed and names its person and its page. So a second press shows the first result; and a form that arrives after the
session has ended, or with an outdated token, is kept for its author and shown again, filled, never run by itself (F08, F09).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from deskhand.ui.models import Submission

KEY: Final = "form_key"
KEPT: Final = "kept_form"
NOT_KEPT: Final = {KEY, "csrfmiddlewaretoken", "password", "token"}
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


def new_keys(request: HttpRequest) -> Iterator[str]:
    """Fresh keys for the forms of the page that is being shown (also when it is shown again with errors).

    What is signed is said once for the page, because a page has fifteen forms and to sign takes 50 µs; each form adds
    its number. Who changes that has a key that was not on the page, as if the page had been asked for twice.
    """
    sent = read_key(request)
    page = sent.page if sent else request.get_full_path()
    signed = signing.dumps([uuid.uuid4().hex, request.user.pk, page], salt=_SALT)
    return (f"{number}.{signed}" for number in count())


def read_key(request: HttpRequest) -> FormKey | None:
    """The key a form carries, or None when it is missing, foreign or older than a session lives."""
    try:
        number, _dot, signed = request.POST.get(KEY, "").partition(".")
        key, user_id, page = signing.loads(signed, salt=_SALT, max_age=KEPT_FOR)
        return FormKey(uuid.uuid5(uuid.UUID(key), str(int(number))), user_id, str(page))
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
    with transaction.atomic():
        is_first = _take(key, leads_to)
        if is_first:
            yield sending
            if sending.leads_to != leads_to:
                Submission.objects.filter(key=key.id).update(leads_to=sending.leads_to)
    if not is_first:
        first = Submission.objects.get(key=key.id)  # the key is signed for this person: nobody else can have sent it
        raise AlreadySentError(first.leads_to)


_TAKE: Final = (
    "INSERT INTO ui_submission (key, user_id, leads_to, at) VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO NOTHING"
)


def _take(key: FormKey, leads_to: str) -> bool:
    """Write the key; False when it is there already. A key that somebody is just writing is waited for.

    In one statement: to insert it and catch the error takes a savepoint around it.
    """
    moment = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [key.id.hex, key.user_id, leads_to, moment])
        return bool(cursor.rowcount)


def forget_old_keys(*, at: datetime) -> None:
    """Delete the keys that `read_key` would refuse by now."""
    Submission.objects.filter(at__lt=at - KEPT_FOR).delete()


def keep(request: HttpRequest) -> str | None:
    """Keep a form that could not be received for its author; returns the page that shows it again, or None."""
    key = read_key(request)
    if key is None or (request.user.is_authenticated and request.user.pk != key.user_id):
        return None
    values = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_KEPT}
    if sum(len(value) for rows in values.values() for value in rows) > LONGEST_KEPT:
        return None
    request.session[KEPT] = {"user": key.user_id, "path": request.path, "values": values}
    return key.page


def put_back(request: HttpRequest, path: str, values: dict[str, list[str]]) -> None:
    """Show these values to this person when the form that posts to `path` is shown next.

    Saved in the caller's transaction, which takes them away where they were: from here on the session alone has them.
    """
    request.session[KEPT] = {"user": request.user.pk, "path": path, "values": values}
    request.session.save()


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
