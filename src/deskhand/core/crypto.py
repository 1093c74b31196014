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


def seal(purpose: str, value: str) -> str:
    """Encrypt a text for the database. Only `unseal` with the same purpose and this desk's key reads it.

    Encrypt-then-MAC: a keystream of HMAC-SHA256 over nonce and counter, then an HMAC over nonce and ciphertext.
    """
    nonce, plain = secrets.token_bytes(16), value.encode()
    hidden = bytes(left ^ right for left, right in zip(plain, _keystream(purpose, nonce, len(plain)), strict=True))
    return base64.urlsafe_b64encode(nonce + hidden + _tag(purpose, nonce + hidden)).decode()


def unseal(purpose: str, sealed: str) -> str:
    """The text that was sealed. Raises ValueError when it was changed, or sealed with another key or purpose."""
    raw = base64.urlsafe_b64decode(sealed.encode())
    nonce, hidden, tag = raw[:16], raw[16:-32], raw[-32:]
    if not hmac.compare_digest(tag, _tag(purpose, nonce + hidden)):
        raise ValueError("not sealed by this desk")
    stream = _keystream(purpose, nonce, len(hidden))
    return bytes(left ^ right for left, right in zip(hidden, stream, strict=True)).decode()


def _key(purpose: str, use: bytes) -> bytes:
    return hashlib.blake2b(
        purpose.encode(), key=hashlib.sha512(settings.SECRET_KEY.encode()).digest(), person=use
    ).digest()


def _keystream(purpose: str, nonce: bytes, length: int) -> bytes:
    key = _key(purpose, b"seal-encrypt")
    blocks = (hmac.digest(key, nonce + count.to_bytes(4, "big"), "sha256") for count in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def _tag(purpose: str, content: bytes) -> bytes:
    return hmac.digest(_key(purpose, b"seal-tag"), content, "sha256")
