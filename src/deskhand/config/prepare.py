"""What must be there before a process serves: a key, a database of this version, and what the desk says of itself.

It runs as a process of its own, so that `deskhand serve` stays small and its settings are read afresh each time.
"""

import fcntl
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory

from deskhand.config import environment
from deskhand.core import crypto

MIGRATION_LOCK = 0x6465736B  # "desk"; PostgreSQL's advisory locks are numbers
LOCK_WAIT_S = 300.0


class NotReadyError(Exception):
    """The desk cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What `deskhand serve` needs to know of the desk. `public_url` is empty when nobody has said it yet."""

    is_set_up: bool
    public_url: str
    setup_path: str


def prepare(*, in_restore: bool = False) -> Facts:
    """Create what is missing, migrate under a lock, read the desk. Raises NotReadyError in plain words.

    A desk whose restore died half-way is not served: sessions that had ended would live again, and so would removed files.
    """
    create_key()
    if restore_mark().exists() and not in_restore:
        raise NotReadyError(
            f"A restore into {environment.data_folder()} was interrupted. Empty this folder, all but secret.key, and with "
            "PostgreSQL the database, and restore again."
        )
    try:
        django.setup()
        without_pool()
        with migration_lock():
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
        return _facts()
    except ImproperlyConfigured as error:
        raise NotReadyError(f"The configuration is not right: {error}") from error
    except InconsistentMigrationHistory as error:
        raise NotReadyError(f"The database does not fit this version of Deskhand: {error}") from error
    except DatabaseError as error:
        raise NotReadyError(f"The database does not answer: {first_line(error)}") from error


def restore_mark() -> Path:
    """Lies in the data folder from the moment a restored database is in its place until it is fit to be served."""
    return environment.data_folder() / "restore.interrupted"


def create_key() -> None:
    """Make the data folder and the secret key, unless the key comes from the environment."""
    data = environment.data_folder()
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not environment.text("SECRET_KEY"):
            crypto.create_key(data / "secret.key")
    except OSError as error:
        raise NotReadyError(
            f"The data folder {data} cannot be written: {error.strerror}. Name another one with DATA=…"
        ) from error


@contextmanager
def migration_lock() -> Iterator[None]:
    """Only one process migrates a database at a time; the others wait up to five minutes."""
    if connection.vendor == "sqlite":
        with _file_lock(environment.data_folder() / "migrate.lock"):
            yield
    else:
        with _advisory_lock():
            yield


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _advisory_lock() -> Iterator[None]:
    """Held by the connection that migrates: it ends with it, so a killed migration locks nobody out."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        deadline = time.monotonic() + LOCK_WAIT_S
        while not _try_lock():
            if time.monotonic() > deadline:
                raise NotReadyError(
                    "Another process has been migrating this database for five minutes; look there first."
                )
            time.sleep(0.2)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK])
        return bool(cursor.fetchone()[0])


def _facts() -> Facts:
    from deskhand.desk import queries  # models can be imported only after django.setup()

    desk = queries.current_desk()
    is_set_up = desk.set_up_at is not None
    return Facts(
        is_set_up=is_set_up,
        public_url=desk.public_url,
        setup_path="" if is_set_up else f"/set-up/{queries.setup_token()}/",
    )


def without_pool() -> None:
    """One process, one connection: a pool would wait ten seconds and then hide why the server refuses."""
    connection.settings_dict["OPTIONS"].pop("pool", None)


def first_line(error: Exception) -> str:
    """What a database error says, without the statement and the hints that follow."""
    return str(error).strip().partition("\n")[0]


def main(_arguments: Sequence[str]) -> int:
    """The facts as JSON on standard output, or why there are none on standard error."""
    try:
        facts = prepare()
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(asdict(facts)))
    return 0
