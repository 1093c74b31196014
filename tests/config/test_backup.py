"""Backups are whole or not there, and become the same desk again (F-39 to F-41)."""

import json
import re
import shutil
import signal
import sqlite3
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from deskhand.config import archive
from deskhand.config.archive import BackupError
from deskhand.config.backup import PATTERN, thin_out
from tests.processes import COMMAND, PATIENCE_S, Installation, database_url, postgres, read_rows
from tests.upgrades.recorded import KEY, put_back, recordings

pytestmark = pytest.mark.faults

WRITER = (sys.executable, "-m", "tests.config.writer_process")
SOUND = re.compile(r"(\d+) tickets, (\d+) messages, (\d+) events, (\d+) attachments: all fit together\.")


@pytest.fixture
def elsewhere(installation: Installation, tmp_path: Path) -> Iterator[Installation]:
    """An empty place with the same key: no database, or one without tables."""
    name = f"deskhand_process_{uuid4().hex[:12]}"
    place = Installation(tmp_path / "elsewhere", database_url(name))
    place.data.mkdir()
    shutil.copy(installation.data / "secret.key", place.data)
    if place.database_url:
        postgres(f"CREATE DATABASE {name}")
    yield place
    for process in place.processes:
        process.kill()
        process.communicate()
    if place.database_url:
        postgres(f"DROP DATABASE {name} WITH (FORCE)")


def sound(place: Installation) -> tuple[int, ...]:
    """(tickets, messages, events, attachments) of a desk in which all fits together."""
    said = place.run(*COMMAND, "invariants")
    found = SOUND.fullmatch(said.strip())
    assert found, said
    return tuple(map(int, found.groups()))


def refused(place: Installation, *command: str, **more: str) -> str:
    """What a command says that must not work."""
    process = place.start(*COMMAND, *command, **more)
    said = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 1, said
    return said


def written(place: Installation, count: int) -> None:
    """A desk with `count` tickets, each with a file."""
    place.run(*WRITER, "seed", str(count))


def acknowledged(lines: Path) -> set[str]:
    """What the writer was told is saved."""
    return set(lines.read_text().split()) if lines.exists() else set()


def subjects(place: Installation) -> set[str]:
    return {str(subject) for (subject,) in read_rows(place, "SELECT subject FROM tickets_ticket")}


def test_f40_a_backup_under_load_holds_every_commit_acknowledged_before_it(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    installation.run(*WRITER, "seed", "0")
    log, backup = tmp_path / "acknowledged", tmp_path / "desk.tar"
    writers = [installation.start(*WRITER, "write", "1000000", str(log), name) for name in ("a", "b")]
    wait_for(lambda: len(acknowledged(log)) >= 20)
    before = acknowledged(log)
    installation.run(*COMMAND, "backup", str(backup))
    assert len(acknowledged(log)) > len(before), "nobody wrote during the backup"
    for writer in writers:
        writer.kill()
        writer.wait()
    elsewhere.run(*COMMAND, "restore", str(backup))
    assert before <= subjects(elsewhere)
    tickets, _, _, files = sound(elsewhere)
    assert tickets - files in {0, 1, 2}  # each writer commits a ticket, then its file
    assert sound(installation)[0] >= tickets


@pytest.mark.parametrize("point", ["backup.after_snapshot:kill", "backup.before_rename:kill"])
def test_f40_a_killed_backup_leaves_nothing_that_looks_like_one(
    installation: Installation, tmp_path: Path, point: str
) -> None:
    written(installation, 2)
    folder = tmp_path / "backups"
    folder.mkdir()
    killed = installation.start(*COMMAND, "backup", str(folder / "desk.tar"), FAULTS=point)
    assert killed.wait(timeout=PATIENCE_S) == -signal.SIGKILL
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["desk.tar.snapshot.unfinished", "desk.tar.unfinished"]
    installation.run(*COMMAND, "backup", str(folder / "desk.tar"))  # the next one takes the remains away
    assert [path.name for path in folder.iterdir()] == ["desk.tar"]


def test_a_backup_is_one_private_file_without_the_key(installation: Installation, tmp_path: Path) -> None:
    written(installation, 2)
    backup = tmp_path / "desk.tar"
    said = installation.run(*COMMAND, "backup", str(backup))
    assert f"keep a copy of {installation.data / 'secret.key'} elsewhere" in said
    assert (installation.data / "secret.key").read_bytes().strip() not in backup.read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        source = tar.extractfile("manifest.json")
        assert source
        manifest = json.load(source)
    assert names[0] == manifest["database"]["name"]
    assert names[-1] == "manifest.json"
    assert [len(name) for name in names[1:-1]] == [len("files/") + 64] * 2
    assert manifest["files"] | {"sha256": "", "bytes": 0} == {
        "store": "folder", "count": 2, "bytes": 0, "sha256": "", "missing": [],
    }  # fmt: skip
    assert installation.run(*COMMAND, "backup", "--verify", str(backup)).startswith(f"{backup}: Deskhand ")
    assert "exists already" in refused(installation, "backup", str(backup))


def test_any_changed_or_missing_byte_is_found(installation: Installation, tmp_path: Path) -> None:
    written(installation, 2)
    backup, broken = tmp_path / "desk.tar", tmp_path / "broken.tar"
    installation.run(*COMMAND, "backup", str(backup))
    whole = backup.read_bytes()
    with tarfile.open(backup) as tar:
        members = tar.getmembers()
    middles = {member.name: member.offset_data + member.size // 2 for member in members if member.size}
    manifest = range(members[-1].offset_data, members[-1].offset_data + members[-1].size - 1, 17)
    for offset in (*middles.values(), *manifest):
        broken.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        with pytest.raises(BackupError, match=r"changed since|manifest cannot be read|is no backup"):
            archive.read(broken, archive.Nobody())
    for length in (0, 100, len(whole) // 2, max(middles.values())):
        broken.write_bytes(whole[:length])
        with pytest.raises(BackupError, match="cut off"):
            archive.read(broken, archive.Nobody())
    with tarfile.open(backup) as tar, tarfile.open(broken, "w") as less:
        for member in tar.getmembers()[:1] + tar.getmembers()[2:]:
            less.addfile(member, tar.extractfile(member))
    with pytest.raises(BackupError, match="Not all attachments"):
        archive.read(broken, archive.Nobody())
    assert "Not all attachments" in refused(installation, "backup", "--verify", str(broken))


def test_a_restored_desk_is_the_same_and_asks_everybody_to_sign_in(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    written(installation, 3)
    backup = tmp_path / "desk.tar"
    installation.run(*COMMAND, "backup", str(backup))
    tables = ("tickets_ticket", "tickets_message", "tickets_attachment", "mail_mail", "core_job", "accounts_user")
    elsewhere.run(*COMMAND, "restore", str(backup))
    for table in tables:
        query = f"SELECT * FROM {table} ORDER BY 1"
        assert read_rows(elsewhere, query) == read_rows(installation, query)
    assert read_rows(installation, "SELECT count(*) FROM accounts_session") == [(1,)]
    assert read_rows(elsewhere, "SELECT count(*) FROM accounts_session") == [(0,)]
    assert read_rows(elsewhere, 'SELECT DISTINCT "transaction" FROM tickets_event') == [(0,)]
    if installation.database_url:  # then there was something to forget: another server counts from elsewhere
        assert read_rows(installation, 'SELECT count(*) FROM tickets_event WHERE "transaction" = 0') == [(0,)]
    assert "There is a database already" in refused(elsewhere, "restore", str(backup))


def test_a_restore_that_died_half_way_is_not_served(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    """The database is in its place, with the sessions of that day: people who have signed out since would be in again."""
    written(installation, 1)
    backup = tmp_path / "desk.tar"
    installation.run(*COMMAND, "backup", str(backup))
    killed = elsewhere.start(*COMMAND, "restore", str(backup), FAULTS="restore.after_database:kill")
    assert killed.wait(timeout=PATIENCE_S) == -signal.SIGKILL
    mark = elsewhere.data / "restore.interrupted"
    assert "was interrupted. Empty this folder" in refused(elsewhere, "serve")
    assert "There is a database already" in refused(elsewhere, "restore", str(backup))

    if elsewhere.database_url:
        name = urlsplit(elsewhere.database_url).path[1:]
        postgres(f"DROP DATABASE {name} WITH (FORCE)")
        postgres(f"CREATE DATABASE {name}")
    for path in elsewhere.data.glob("deskhand.sqlite3*"):
        path.unlink()
    elsewhere.run(*COMMAND, "restore", str(backup))
    assert not mark.exists()
    assert sound(elsewhere)[0] == 1


def test_a_restore_refuses_what_it_could_not_make_good(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    written(installation, 1)
    backup = tmp_path / "desk.tar"
    installation.run(*COMMAND, "backup", str(backup))
    assert "The key of the desk" in refused(elsewhere, "restore", str(backup), SECRET_KEY="another one")
    (elsewhere.data / "secret.key").unlink()
    assert "The key of the desk" in refused(elsewhere, "restore", str(backup))
    assert not [path for path in elsewhere.data.iterdir() if path.name != "files"]
    elsewhere.run(*COMMAND, "restore", "--new-key", str(backup))
    assert sound(elsewhere)[0] == 1


def test_a_backup_of_a_newer_version_is_refused(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    backup, newer = tmp_path / "desk.tar", tmp_path / "newer.tar"
    installation.run(*COMMAND, "backup", str(backup))
    with tarfile.open(backup) as tar, tarfile.open(newer, "w") as changed:
        for member in tar:
            source = tar.extractfile(member)
            assert source
            if member.name == "manifest.json":
                manifest = json.load(source)
                manifest["migrations"]["tickets"], manifest["version"] = "9999_later", "9.9"
                del manifest["sha256"]
                path = tmp_path / "manifest"
                path.write_text(json.dumps(manifest))
                changed.add(path, "manifest.json")
            else:
                changed.addfile(member, source)
    said = refused(elsewhere, "restore", str(newer))
    assert "Deskhand 9.9 made this backup, which is newer than this one (tickets.9999_later)" in said


@pytest.mark.parametrize("recorded", recordings(), ids=lambda path: path.name)
def test_f41_a_backup_of_every_older_release_comes_back(
    installation: Installation, elsewhere: Installation, tmp_path: Path, recorded: Path
) -> None:
    """What is in it is the older release's database, not yet brought up to date."""
    put_back(recorded, installation)
    installation.run(*COMMAND, "backup", str(tmp_path / "desk.tar"), SECRET_KEY=KEY)
    elsewhere.run(*COMMAND, "restore", str(tmp_path / "desk.tar"), SECRET_KEY=KEY)
    said = elsewhere.run(*COMMAND, "invariants", SECRET_KEY=KEY)
    assert SOUND.fullmatch(said.strip()), said
    query = "SELECT id, text FROM tickets_message ORDER BY id"
    assert read_rows(elsewhere, query) == read_rows(installation, query)


def test_a_file_that_was_removed_while_the_backup_ran_stays_removed(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    written(installation, 3)
    backup = tmp_path / "desk.tar"
    process = installation.start(*COMMAND, "backup", str(backup), FAULTS="backup.after_snapshot:sleep")
    wait_for(
        lambda: any(path.name.endswith("snapshot.unfinished") and path.stat().st_size for path in tmp_path.iterdir())
    )
    time.sleep(1)  # the snapshot is complete a moment later; the fault holds for five seconds
    installation.run(*WRITER, "remove")
    assert process.wait(timeout=PATIENCE_S) == 0
    elsewhere.run(*COMMAND, "restore", str(backup))
    query = "SELECT count(*) FROM tickets_attachment WHERE removed_at IS NULL"
    assert read_rows(elsewhere, query) == [(2,)]
    assert sound(elsewhere) == sound(installation)


def test_a_lost_file_is_told_and_everything_else_is_saved(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    written(installation, 2)
    victim = next(path for path in (installation.data / "files").rglob("*") if len(path.name) == 64)
    victim.unlink()
    said = refused(installation, "backup", str(tmp_path / "desk.tar"))
    assert f"The desk names a file that was not there: {victim.name}" in said
    said = refused(elsewhere, "restore", str(tmp_path / "desk.tar"))
    assert "every file is there: attachment" in said
    assert "2 attachments: 1 things do not fit together" in said


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    names = [f"deskhand-2026030{day}T020000Z.tar" for day in range(1, 6)]
    for name in [*names, "deskhand-by-hand.tar", "other.txt"]:
        (tmp_path / name).touch()
    assert [path.name for path in thin_out(tmp_path, keep=2)] == names[:3]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names[3:], "deskhand-by-hand.tar", "other.txt"]
    assert len(list(tmp_path.glob(PATTERN))) == 2


def test_in_a_folder_a_backup_is_named_by_its_time(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "deskhand-20200101T000000Z.tar").touch()
    installation.run(*COMMAND, "backup", str(folder), "--keep", "1")
    (path,) = folder.iterdir()
    assert re.fullmatch(r"deskhand-20\d{6}T\d{6}Z\.tar", path.name)
    assert path.stat().st_size


@pytest.mark.skipif(bool(database_url("x")), reason="PostgreSQL's log does not wait for readers")
def test_f39_a_backup_lets_the_log_be_truncated_again(installation: Installation, tmp_path: Path) -> None:
    """A snapshot is a long read: SQLite's log grows meanwhile, and not for ever."""
    written(installation, 1)
    path = installation.data / "deskhand.sqlite3"
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets_event").fetchall()
        installation.run(*WRITER, "write", "40")
        grown = path.with_name("deskhand.sqlite3-wal").stat().st_size
        assert grown > 500_000
    installation.run(*COMMAND, "backup", str(tmp_path / "desk.tar"))
    assert not path.with_name("deskhand.sqlite3-wal").exists()  # whoever leaves last takes the log away


@pytest.mark.skipif(not database_url("x"), reason="SQLite needs no client programs")
def test_missing_client_programs_are_named(installation: Installation, tmp_path: Path) -> None:
    said = refused(installation, "backup", str(tmp_path / "desk.tar"), PATH=str(Path(sys.executable).parent))
    assert "pg_dump is not installed" in said
    assert list(tmp_path.glob("desk.tar*")) == []


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
