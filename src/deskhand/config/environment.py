"""What an operator sets from outside: a few environment variables, each read in one place."""

import ipaddress
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PACKAGE = Path(__file__).resolve().parents[1]


def text(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that `NAME_FILE` points to (for mounted secrets)."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(name, default)


def one_of(name: str, default: str, *others: str) -> str:
    """The variable's value, which must be one of these words. Raises ImproperlyConfigured."""
    value = text(name, default)
    if value not in {default, *others}:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of: {', '.join((default, *others))}")
    return value


def data_folder() -> Path:
    """Where everything that must survive lies: database, key, files. Default: `./var`."""
    return Path(text("DATA", "var")).resolve()


def database(url: str, data: Path) -> dict[str, Any]:
    """Django's DATABASES entry for a `postgres://user:password@host:port/name` URL, or SQLite below `data`.

    The figures behind each option are in docs/architecture.md, "Two databases".
    """
    if not url:
        # Not trusted_schema=OFF: SQLite 3.40 (Debian 12) then refuses json_valid() in the checks of Django's JSONField.
        pragmas = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA journal_size_limit=67108864"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data / "deskhand.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL begins with {parts.scheme}://; it must begin with postgres://")
    timeouts = "-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # a pooled connection that died with a restart of PostgreSQL is replaced unseen
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}, "options": timeouts, **query},
    }


def smtp(url: str) -> dict[str, Any]:
    """Django's EMAIL_ settings for `smtp://user:password@host:port`.

    `smtp` upgrades to TLS when a user is given, `smtps` speaks TLS from the first byte, `smtp+plain` never does.
    """
    if not url:
        return {"EMAIL_HOST": ""}
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+plain"} or not parts.hostname:
        raise ImproperlyConfigured("SMTP_URL must look like smtp://user:password@mail.example.com:587")
    implicit = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if implicit else 587 if parts.username else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
    }


def files(url: str) -> str:
    """Where attached files lie: empty for `DATA/files`, or `s3://bucket/prefix?endpoint=https://…&region=…`."""
    if url and not (url.startswith("s3://") and urlsplit(url).netloc):
        raise ImproperlyConfigured(
            "FILES_URL must look like s3://bucket/folder?endpoint=https://s3.example.com&region=eu"
        )
    return url


def outbound(value: str) -> list[tuple[str, int | None]]:
    """Hosts, addresses and networks of one's own that webhooks may reach: `shop.lan, 10.0.0.0/8, 127.0.0.1:9000, [::1]:9000`.

    One without a port may be reached on the ports of web servers. Raises ImproperlyConfigured.
    """
    return [_place(each.strip().lower()) for each in value.split(",") if each.strip()]


def _place(written: str) -> tuple[str, int | None]:
    host, _, port = written.rpartition(":")
    if not host or (":" in host and not host.endswith("]")):  # no port: an IPv6 address is full of colons
        host, port = written, ""
    with suppress(ValueError):
        return str(ipaddress.ip_network(host.strip("[]"), strict=False)), int(port) if port else None
    if re.fullmatch(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]*[a-z][a-z0-9_-]*", host) and re.fullmatch(r"[0-9]*", port):
        return host, int(port) if port else None
    raise ImproperlyConfigured(
        f"OUTBOUND_ALLOW holds {written!r}; it must be a host, an address or a network like 10.0.0.0/8, "
        "perhaps with a port behind it"
    )
