"""`deskhand restore`: a backup becomes a desk again, in an empty data folder and, with PostgreSQL, an empty database.

It reads the whole backup before it writes anything, brings an older one up to date, and reads the desk once more at the end.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import django
from django.core.exceptions import ImproperlyConfigured

from deskhand.config import archive, environment
from deskhand.config.archive import BackupError, Manifest
from deskhand.config.prepare import NotReadyError, create_key, first_line, prepare, restore_mark
from deskhand.core.faults import fault

UNFINISHED: Final = "restore.unfinished"
_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_OTHER_KEY: Final = (
    "The key of the desk that was backed up is not here. Put its secret.key into the data folder "
    "(or its SECRET_KEY into the environment). If it is lost: --new-key."
)


class Unpacking:
    """Takes the parts of an archive: the database beside its place, the files under their hashes."""

    def __init__(self, database: Path) -> None:
        self.path = database
        self.names: set[str] = set()

    def database(self, name: str, blocks: Iterator[bytes]) -> None:
        """Written and synced under a name that nobody opens."""
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())

    def attachment(self, sha256: str, blocks: Iterator[bytes]) -> None:
        """Into the store, which hashes and syncs it."""
        from deskhand.core import blobs  # as in `restore`

        with blobs.writer() as writer:
            for block in blocks:
                writer.write(block)
            if writer.finish().sha256 == sha256:
                self.names.add(sha256)


def restore(path: Path, *, with_new_key: bool = False) -> Manifest:
    """Bring back what `path` holds. Raises BackupError, and then nothing was there before that is not there now.

    The sessions of the backup end: somebody may have signed out, or been deactivated, since it was made.
    """
    with archive.progress("Reading") as say:
        manifest = archive.read(path, archive.Nobody(), say=say)
    try:
        data = environment.data_folder()
        if with_new_key:
            create_key()
        elif not environment.text("SECRET_KEY") and not (data / "secret.key").exists():
            raise BackupError(_OTHER_KEY)
        data.mkdir(parents=True, exist_ok=True)
        django.setup()
        _check(manifest, with_new_key=with_new_key)
        unpacking = Unpacking(environment.data_folder() / UNFINISHED)
        with archive.progress("Restoring") as say:
            archive.read(path, unpacking, say=say)
        mark = restore_mark()
        mark.touch(mode=0o600)
        _sync(mark.parent)
        try:
            _place(unpacking.path, manifest)
        except BackupError:
            mark.unlink()  # there is no database either
            raise
        fault("restore.after_database")
        prepare(in_restore=True)
        _fit(unpacking.names, manifest)
        mark.unlink()
    except NotReadyError as error:
        raise BackupError(str(error)) from error
    except ImproperlyConfigured as error:
        raise BackupError(f"The configuration is not right: {error}") from error
    except OSError as error:
        raise BackupError(f"{environment.data_folder()} cannot be written: {error.strerror or error}.") from error
    return manifest


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check(manifest: Manifest, *, with_new_key: bool) -> None:
    from django.db import DatabaseError, connection  # can be used only after django.setup()
    from django.db.migrations.loader import MigrationLoader

    from deskhand.config.backup import key_mark
    from deskhand.config.prepare import without_pool

    without_pool()
    if manifest.vendor != connection.vendor:
        raise BackupError(
            f"This is a backup of a desk on {_NAMES[manifest.vendor]}, and DATABASE_URL asks for "
            f"{connection.display_name}. A backup goes back to the same kind of database."
        )
    if not with_new_key and key_mark() != manifest.key:
        raise BackupError(_OTHER_KEY)
    known = MigrationLoader(None).disk_migrations or {}
    if unknown := [f"{room}.{name}" for room, name in manifest.migrations.items() if (room, name) not in known]:
        raise BackupError(
            f"Deskhand {manifest.version} made this backup, which is newer than this one ({', '.join(unknown)}). "
            "Install that version first."
        )
    try:
        is_empty = _is_empty()
    except DatabaseError as error:
        raise BackupError(f"The database does not answer: {first_line(error)}") from error
    if not is_empty:
        place = connection.settings_dict["NAME"]
        raise BackupError(
            f"There is a database already: {place}. A restore overwrites nothing: name an empty folder with DATA=…, "
            "or an empty database with DATABASE_URL=…. If a restore was interrupted, drop its database and begin anew."
        )


def _is_empty() -> bool:
    from django.db import connection  # as above

    if connection.vendor == "sqlite":
        return not Path(connection.settings_dict["NAME"]).exists()
    return not connection.introspection.table_names()


def _place(database: Path, manifest: Manifest) -> None:
    """The database goes to its place as a whole or not at all."""
    import sqlite3
    from contextlib import closing

    from django.db import connection  # as above

    from deskhand.config.backup import run_client

    if manifest.vendor == "sqlite":
        with closing(sqlite3.connect(database)) as copy:
            found = [line for (line,) in copy.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise BackupError(f"The database in this backup is damaged: {'; '.join(found[:3])}")
        database.rename(connection.settings_dict["NAME"])
        return
    connection.close()
    run_client("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(database))
    database.unlink()


def _fit(names: set[str], manifest: Manifest) -> None:
    """Make the rows fit the place they are in now; statements of its own, because nothing of this happened on the desk."""
    from django.db import connection, transaction  # as above

    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Another server counts its transactions from elsewhere: what is past must stay before what comes.
            cursor.execute('UPDATE tickets_event SET "transaction" = 0 WHERE "transaction" <> 0')
        cursor.execute("DELETE FROM accounts_session")
        if manifest.files.store == "folder":
            _forget_removed(names | set(manifest.files.missing), manifest.made_at)


def _forget_removed(names: set[str], at: str) -> None:
    """A file that was removed while the backup ran is named by the snapshot and not among the files: removed it stays."""
    from datetime import datetime

    from django.db import connection  # as above

    moment = connection.ops.adapt_datetimefield_value(datetime.fromisoformat(at))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sha256 FROM tickets_attachment WHERE removed_at IS NULL")
        gone = [(moment, pk) for pk, sha256 in cursor.fetchall() if sha256 not in names]
        cursor.executemany("UPDATE tickets_attachment SET removed_at = %s WHERE id = %s", gone)


def main(arguments: Sequence[str]) -> int:
    """`deskhand restore FILE [--new-key]`; exit code 1 when the desk is not back, or not sound."""
    parser = argparse.ArgumentParser(
        prog="deskhand restore", description="Bring a backup back into an empty data folder ($DATA) or database."
    )
    parser.add_argument("path", type=Path, metavar="FILE")
    parser.add_argument(
        "--new-key", action="store_true", help="the old key is lost: make a new one; what was sealed stays unreadable"
    )
    given = parser.parse_args(arguments)
    try:
        manifest = restore(given.path, with_new_key=given.new_key)
    except BackupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from deskhand.config import invariants  # as above

    sys.stdout.write(f"The desk of {manifest.made_at} (Deskhand {manifest.version}) is back.\n")
    is_sound = invariants.report()
    sys.stdout.write("Everybody signs in anew. Start it with: deskhand serve\n")
    return int(not is_sound)
