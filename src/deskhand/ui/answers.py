"""Requests of programs that carry an idempotency key: the same request sent again gets the first answer and does nothing.

Key, work and answer are one transaction: whoever is killed in the middle has done nothing, and no answer is ever lost. What
fails on our side keeps no key, so that it can be tried again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from deskhand.accounts.models import ApiToken
from deskhand.ui.models import Answered

KEPT_FOR: Final = timedelta(hours=24)
LONGEST_KEY: Final = 100


class InProgressError(Exception):
    """The same request is being worked on at this moment."""


class AnotherRequestError(Exception):
    """The key belongs to a request that was different."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program was told."""

    status: int
    body: str
    is_replay: bool = False


def digest_of(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode("utf-8", "replace"), body])).hexdigest()


def answer_once(*, token: ApiToken, key: str, digest: str, at: datetime, work: Callable[[], Answer]) -> Answer:
    """The answer of `work`, or the one that the first request with this key got. Raises InProgressError, AnotherRequestError.

    `work` refuses by an answer, and leaves nothing half-done then; what it raises undoes everything.
    """
    with transaction.atomic():
        if not _is_alone(token, key):
            raise InProgressError
        if not _take(token, key, digest, at):
            first = Answered.objects.get(token=token, key=key)
            if first.digest != digest:
                raise AnotherRequestError
            if first.status is None:
                raise InProgressError
            return Answer(first.status, first.body, is_replay=True)
        answer = work()
        Answered.objects.filter(token=token, key=key).update(status=answer.status, body=answer.body)
    return answer


def forget_old_answers(*, at: datetime) -> None:
    """Delete what is over a day old; a repeat after that is a new request."""
    Answered.objects.filter(at__lt=at - KEPT_FOR).delete()


def _is_alone(token: ApiToken, key: str) -> bool:
    """False while another request with this key is under way. On SQLite there is one writer at a time, and it is waited for."""
    if connection.vendor != "postgresql":
        return True
    lock = int.from_bytes(hashlib.sha256(f"answer:{token.pk}:{key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])


_TAKE: Final = (
    "INSERT INTO ui_answered (token_id, key, digest, body, at) VALUES (%s, %s, %s, '', %s) "
    "ON CONFLICT (token_id, key) DO NOTHING"
)


def _take(token: ApiToken, key: str, digest: str, at: datetime) -> bool:
    """Write the key; False when it is there already. One that has run out and is not swept yet makes room."""
    with connection.cursor() as cursor:
        given: list[int | str | None] = [token.pk, key, digest, connection.ops.adapt_datetimefield_value(at)]
        cursor.execute(_TAKE, given)
        if cursor.rowcount:
            return True
        if Answered.objects.filter(token=token, key=key, at__lt=at - KEPT_FOR).delete()[0]:
            cursor.execute(_TAKE, given)
            return bool(cursor.rowcount)
        return False
