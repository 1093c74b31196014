"""`deskhand backup`: the whole desk in one file, while people work on it.

The database comes first, as one consistent snapshot, then the attachments: they never change, so that the set holds everything
the snapshot names. It is written under another name, synced and then renamed, so a backup that was killed never looks like one.
"""

import argparse
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from deskhand.config import archive, environment
from deskhand.config.archive import BackupError, Files, Manifest, Part, megabytes
from deskhand.config.prepare import first_line, without_pool
from deskhand.core import blobs, crypto
from deskhand.core.faults import fault
from deskhand.tickets.models.message import Attachment

NAME: Final = "deskhand-%Y%m%dT%H%M%SZ.tar"
PATTERN: Final = "deskhand-????????T??????Z.tar"
UNFINISHED: Final = ".unfinished"


def back_up(path: Path, *, at: datetime) -> Manifest:
    """Write the archive to `path`, which must not exist. Raises BackupError; then nothing lies there.

    Needs twice the database's size beside it while it runs.
    """
    if path.exists():
        raise BackupError(f"{path} exists already; a backup never replaces another one.")
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        raise BackupError(f"There is no desk in {settings.DATA}. Name its folder: DATA=…")
    unfinished, snapshot = path.with_name(path.name + UNFINISHED), path.with_name(f"{path.name}.snapshot{UNFINISHED}")
    try:
        for left in (unfinished, snapshot):
            left.unlink(missing_ok=True)
            os.close(os.open(left, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with archive.progress("Backing up") as say:
            migrations = _migrations()
            name = _snapshot(snapshot)
            fault("backup.after_snapshot")
            part = Part(name, snapshot.stat().st_size, archive.hash_of(snapshot))
            say(f"database, {megabytes(part.size)}")
            with unfinished.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                tar.add(snapshot, arcname=name, filter=_plain)
                files = _add_files(tar, say)
                manifest = Manifest(
                    version=version("deskhand"), made_at=at.astimezone(UTC).isoformat(timespec="seconds"),
                    vendor=connection.vendor, migrations=migrations, key=key_mark(), database=part, files=files,
                )  # fmt: skip
                _add(tar, archive.MANIFEST, manifest.text().encode())
            _sync(unfinished)
            fault("backup.before_rename")
        unfinished.rename(path)
        _sync(path.parent)
        return manifest
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror or error}.") from error
    except DatabaseError as error:
        raise BackupError(f"The database does not answer: {first_line(error)}") from error
    finally:
        for left in (unfinished, snapshot):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def key_mark() -> str:
    """A code that only this desk's key makes: it tells a right key from a wrong one, and nothing of either."""
    return crypto.mac("backup", "which key")


def _migrations() -> dict[str, str]:
    """The newest migration of each room, before the snapshot: what is in it is this or later."""
    newest: dict[str, str] = {}
    for room, name in sorted(MigrationRecorder(connection).applied_migrations()):
        newest[room] = max(name, newest.get(room, ""))
    return newest


def _snapshot(path: Path) -> str:
    """Everything that was committed before this began, in one file; the name of its kind."""
    if connection.vendor == "sqlite":
        _snapshot_sqlite(path)
        return "database.sqlite3"
    _snapshot_postgresql(path)
    return "database.pgdump"


def _snapshot_sqlite(path: Path) -> None:
    """VACUUM INTO reads one snapshot and waits for nobody; the backup API begins anew whenever somebody writes."""
    try:
        with closing(sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True)) as source:
            source.execute("VACUUM INTO ?", [str(path)])
        with closing(sqlite3.connect(path)) as copy:
            found = [line for (line,) in copy.execute("PRAGMA integrity_check")]
    except sqlite3.Error as error:
        raise BackupError(f"The database cannot be copied: {error}.") from error
    if found != ["ok"]:
        raise BackupError(f"The database is damaged, there is no backup of it: {'; '.join(found[:3])}")
    _sync(path)


def _snapshot_postgresql(path: Path) -> None:
    run_client("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
    _sync(path)


def run_client(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's client programs on the desk's database. Raises BackupError with its own last words.

    The password goes through the environment: a command line can be read by everybody on the machine.
    """
    if shutil.which(program) is None:
        raise BackupError(
            f"{program} is not installed: it comes with PostgreSQL's client programs "
            "(Debian: apt install postgresql-client), at least as new as the server."
        )
    given = connection.settings_dict
    options = {name: value for name, value in given["OPTIONS"].items() if isinstance(value, str) and name != "options"}
    wanted = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "dbname": given["NAME"], **options}
    target = " ".join(f"{name}='{_quoted(str(value))}'" for name, value in wanted.items() if value)
    password = {"PGPASSWORD": given["PASSWORD"]} if given["PASSWORD"] else {}
    done = subprocess.run(  # noqa: S603 - a fixed program, its arguments are ours
        [program, *arguments, f"--dbname={target}"], env={**os.environ, **password}, capture_output=True, text=True
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip() or f'exit code {done.returncode}'}")


def _quoted(value: str) -> str:
    return value.replace("\\", r"\\").replace("'", r"\'")


def _add_files(tar: tarfile.TarFile, say: archive.Say) -> Files:
    """Every file that the desk names now. One whose row has gone since the snapshot was removed by somebody, rightly."""
    stays = bool(settings.FILES_URL)
    names, count, total, missing = sha256(), 0, 0, []
    for name in _named():
        if stays:
            if not blobs.exists(name):
                missing.append(name)
            say(f"{len(missing)} files missing in the bucket")
            continue
        try:
            with blobs.read(name) as source:
                size = os.fstat(source.fileno()).st_size
                member = tarfile.TarInfo(f"files/{name}")
                member.size, member.mode = size, 0o600
                tar.addfile(member, source)
        except blobs.BlobMissingError:
            missing.append(name)
            continue
        names.update(name.encode())
        count, total = count + 1, total + size
        say(f"{count} files, {megabytes(total)}")
    still_named = set(_named()) if missing else set()
    missing = [name for name in missing if name in still_named]  # the others were removed in the meantime
    return Files("bucket" if stays else "folder", count, total, names.hexdigest(), missing)


def _named() -> Iterator[str]:
    """The hashes of all files and thumbnails; a database that is still to be brought up to date may know of none."""
    if "tickets_attachment" not in connection.introspection.table_names():
        return
    rows = Attachment.objects.filter(removed_at=None).order_by()
    yield from sorted(set(rows.values_list("sha256", flat=True)) | set(rows.values_list("thumbnail", flat=True)) - {""})


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def thin_out(folder: Path, *, keep: int) -> list[Path]:
    """Delete all backups in `folder` but the newest `keep`; only those that carry the name we give."""
    old = sorted(folder.glob(PATTERN))[:-keep]
    for path in old:
        path.unlink()
    return old


def describe(path: Path, manifest: Manifest) -> str:
    """What is in it, in one line."""
    files = manifest.files
    where = f"{files.count} files ({megabytes(files.bytes)})" if files.store == "folder" else "files stay in the bucket"
    return (
        f"{path}: Deskhand {manifest.version}, {manifest.made_at}, "
        f"{manifest.vendor} {megabytes(manifest.database.size)}, {where}"
    )


def main(arguments: Sequence[str]) -> int:
    """`deskhand backup FILE|FOLDER [--keep N]` or `deskhand backup --verify FILE`; exit code 1 when there is no good backup."""
    parser = argparse.ArgumentParser(
        prog="deskhand backup",
        description="Write the whole desk into one file while it runs. The key is not in it: keep a copy of it elsewhere.",
    )
    parser.add_argument("path", type=Path, metavar="FILE|FOLDER", help="in a folder the file gets a name with the time")
    parser.add_argument("--keep", type=int, metavar="N", help="with a FOLDER: delete all but the newest N afterwards")
    parser.add_argument("--verify", action="store_true", help="read a FILE and compare every hash; write nothing")
    given = parser.parse_args(arguments)
    if given.keep is not None and (given.keep < 1 or not given.path.is_dir()):
        parser.error("--keep needs a FOLDER and a number above 0")
    try:
        if given.verify:
            with archive.progress("Verifying") as say:
                manifest = archive.read(given.path, archive.Nobody(), say=say)
            return _tell(given.path, manifest)
        without_pool()
        at = timezone.now()
        path = given.path / at.astimezone(UTC).strftime(NAME) if given.path.is_dir() else given.path
        manifest = back_up(path.resolve(), at=at)
        if given.keep is not None:
            thin_out(given.path, keep=given.keep)
        where = "SECRET_KEY" if environment.text("SECRET_KEY") else settings.DATA / "secret.key"
        sys.stdout.write(
            f"The key is not in it: keep a copy of {where} elsewhere. Without it nobody reads what is sealed.\n"
        )
        return _tell(path, manifest)
    except BackupError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _tell(path: Path, manifest: Manifest) -> int:
    sys.stdout.write(f"{describe(path, manifest)}\n")
    for name in manifest.files.missing:
        sys.stderr.write(f"The desk names a file that was not there: {name}\n")
    return int(bool(manifest.files.missing))
