"""The desk's one secret, and what is derived from it. The key lies outside the database."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings


def read_key(path: Path) -> str:
    """The key in `path`, or an empty string when there is none yet: Django then refuses to start."""
    return path.read_text().strip() if path.exists() else ""


def create_key(path: Path) -> None:
    """Write a new 512-bit key, readable by its owner only. A key that exists is never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64) + "\n")
        file.flush()
        os.fsync(file.fileno())


def mac(purpose: str, value: str) -> str:
    """A 128-bit code that only this desk can make for `value`; 26 lower-case letters and digits, safe in a header.

    `purpose` keeps a code made for one thing from being used for another.
    """
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), person=purpose.encode()[:16], digest_size=32).digest()
    code = hmac.digest(key, value.encode(), "sha256")[:16]
    return base64.b32encode(code).decode().rstrip("=").lower()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
