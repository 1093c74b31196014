"""Signed messages between programs, as Standard Webhooks says: HMAC-SHA256 over id, time and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE: Final = timedelta(minutes=5)  # both ways: clocks differ, and an older message may be a replay
_PREFIX: Final = "whsec_"
_SCHEME: Final = "v1,"
_SHORTEST, _LONGEST = 24, 64  # bytes of a secret
_MOST: Final = 16  # signatures that are looked at: more than a sender that changes its secret has


class SignatureError(Exception):
    """The message is not from whom it says, or too old; or the secret is none."""


def new_secret() -> str:
    """A secret of 256 bits, as a person copies it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, id: str, at: datetime, body: bytes) -> str:  # noqa: A002 - the standard's word
    """The value of `webhook-signature` for these bytes. `id` and `at` (to the second) go along in the other two headers.

    Raises SignatureError when the secret is none, or when the id holds a dot: what is signed must have one reading.
    """
    if not id or "." in id:
        raise SignatureError("an id is not empty and holds no dot")
    return _SCHEME + _code(secret, id, int(at.timestamp()), body)


def signed_headers(secret: str, *, id: str, at: datetime, body: bytes) -> dict[str, str]:  # noqa: A002 - the standard's word
    """The three headers of a message. Raises SignatureError as `sign` does."""
    return {ID: id, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: sign(secret, id=id, at=at, body=body)}


def verify(secret: str, *, headers: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The id of a message that its sender signed at most five minutes ago; the receiver takes each id once.

    One right signature among several is enough (a sender that changes its secret sends two). Raises SignatureError.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id_, moment, signatures = given.get(ID, ""), given.get(TIMESTAMP, ""), given.get(SIGNATURE, "")
    if not id_ or "." in id_ or not signatures:
        raise SignatureError("not signed")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise SignatureError("no time")
    if abs(at.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise SignatureError("too old, or from a clock that is wrong")
    right = (_SCHEME + _code(secret, id_, int(moment), body)).encode()
    matches = [hmac.compare_digest(right, each.encode()) for each in signatures.split(" ")[:_MOST]]
    if not any(matches):
        raise SignatureError("signed by somebody else")
    return id_


def _code(secret: str, id_: str, seconds: int, body: bytes) -> str:
    signed = f"{id_}.{seconds}.".encode() + body
    return base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("that is no secret") from error
    if not secret.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise SignatureError("that is no secret")
    return key
