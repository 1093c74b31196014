"""Signed links as a product makes them, and as somebody forges them."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from deskhand.accounts.models import SignOnSource
from deskhand.accounts.sign_on import add_source
from deskhand.accounts.sign_on_token import secret_of

DESK = "http://desk.example"


def product(*, at: datetime, name: str = "Shop") -> SignOnSource:
    """A product that may sign links."""
    return add_source(name=name, by=None, at=at)[0]


def claims(source: SignOnSource, *, at: datetime, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a token may say
    """What a product says of nora; `other` replaces, and None leaves out."""
    now = int(at.timestamp())
    said = {
        "iss": source.slug, "aud": DESK, "sub": "4711", "email": "nora@x.example", "name": "Nora Berg", "iat": now,
        "exp": now + 60, "jti": "a-1",
    }  # fmt: skip
    return {name: value for name, value in (said | other).items() if value is not None}


def signed(said: object, secret: str, *, header: object = None, digest: str = "sha256") -> str:
    """Any token at all, without the library that reads it: header and claims may be what no library writes."""
    parts = [header if header is not None else {"alg": "HS256", "typ": "JWT"}, said]
    text = ".".join(part if isinstance(part, str) else coded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{coded(hmac.digest(secret.encode(), text.encode(), getattr(hashlib, digest)))}"


def token(source: SignOnSource, *, at: datetime, **other: Any) -> str:  # noqa: ANN401 - whatever a token may say
    """A good one, but for `other`."""
    return signed(claims(source, at=at, **other), secret_of(source))


def coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
