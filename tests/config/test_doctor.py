"""Each thing that can be wrong is said on one line, with what to do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from deskhand.config import doctor
from deskhand.config.doctor import State
from deskhand.core import crypto, jobs
from deskhand.core.models import Job
from deskhand.mail.models import Kind, Mail
from deskhand.mail.models import State as MailState
from tests.processes import COMMAND, Installation, free_port


@contextmanager
def mail_server(*answers: bytes) -> Iterator[int]:
    """A server that greets and then gives these answers, whatever it is asked."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def talk() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"220 here\r\n")
                for answer in answers:
                    connection.recv(1024)
                    connection.sendall(answer)
                connection.recv(1024)

        thread = threading.Thread(target=talk)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=10)


def mail_settings(settings: Settings, port: int) -> None:
    """Point the desk at a mail server on this machine."""
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = (
        "127.0.0.1",
        port,
        False,
        False,
    )


def test_a_line_is_state_subject_words() -> None:
    assert (
        str(doctor.Finding(State.WRONG, "Key", "others can read it.")) == "WRONG  Key             others can read it."
    )


def test_the_exit_code_tells_whether_something_is_wrong() -> None:
    lines: list[str] = []
    fine, note = doctor.Finding(State.FINE, "Key", "there."), doctor.Finding(State.NOTE, "Mail", "none.")
    assert doctor.show([fine, note], lines.append) == 0
    assert doctor.show([fine, doctor.Finding(State.WRONG, "Disk", "full.")], lines.append) == 1
    assert lines == [
        "fine   Key             there.\n",
        "note   Mail            none.\n",
        "fine   Key             there.\n",
        "WRONG  Disk            full.\n",
    ]


def test_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.key(tmp_path).words == "comes from the environment (SECRET_KEY)."
    monkeypatch.delenv("SECRET_KEY")
    path = tmp_path / "secret.key"
    assert doctor.key(tmp_path) == doctor.Finding(
        State.WRONG, "Key", f"{path} does not exist. `deskhand serve` makes one; or is DATA right?"
    )
    crypto.create_key(path)
    assert doctor.key(tmp_path).state is State.FINE
    path.chmod(0o640)
    assert doctor.key(tmp_path) == doctor.Finding(State.WRONG, "Key", f"others can read {path}. Run: chmod 600 {path}")


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_SHARE", 0.0)
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1)
    assert doctor.disk(tmp_path).state is State.FINE
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 2**70)
    found = doctor.disk(tmp_path)
    assert found.state is State.WRONG
    assert found.words.endswith("Make room: a full disk takes no mail and no ticket.")


def test_a_place_that_takes_files_is_fine_and_keeps_nothing_of_the_look(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    assert doctor.files() == doctor.Finding(
        State.FINE, "Files", f"{tmp_path / 'files'} takes files and gives them back."
    )
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_a_place_that_takes_no_file_is_wrong(settings: Settings, tmp_path: Path, where: str) -> None:
    settings.DATA = tmp_path
    if where == "folder":
        (tmp_path / "files").touch()
    else:
        settings.FILES_URL = f"s3://none/x?endpoint=http://127.0.0.1:{free_port()}&region=x"
    found = doctor.files()
    assert (found.state, found.subject) == (State.WRONG, "Files")
    assert "takes no file" in found.words


@pytest.mark.django_db
def test_database_and_migrations_are_fine_in_a_fresh_desk() -> None:
    assert doctor.database().state is State.FINE
    assert doctor.migrations() == doctor.Finding(State.FINE, "Migrations", "all applied.")


@pytest.mark.django_db
def test_a_trigger_that_a_migration_has_dropped_is_told() -> None:
    """SQLite drops a table's triggers when a migration writes the table anew."""
    assert doctor.triggers() == doctor.Finding(State.FINE, "Triggers", "all there.")
    with connection.cursor() as cursor:
        on = " ON tickets_follower" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER tickets_follower_copies{on}")
    found = doctor.triggers()
    assert (found.state, found.words.partition(" missing")[0]) == (State.WRONG, "tickets_follower_copies")


def test_clock(at: datetime) -> None:
    assert doctor.clock(here=at, there=at + timedelta(seconds=5)).state is State.FINE
    assert doctor.clock(here=at, there=at + timedelta(seconds=90)) == doctor.Finding(
        State.WRONG, "Clock", "this machine and the database differ by 90 s. Let NTP set both clocks."
    )


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("https://help.example.com", State.FINE),
        ("http://localhost:8000", State.NOTE),
        ("http://127.0.0.1", State.NOTE),
        ("http://help.example.com", State.WRONG),
        ("help.example.com", State.WRONG),
    ],
)
def test_public_address(address: str, state: State) -> None:
    assert doctor.public_address(address).state is state


def test_mail_without_a_server_is_a_note(settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    found = doctor.mail()
    assert (found.state, found.words.partition(".")[0]) == (
        State.NOTE,
        "no server is set, so mails wait in the Mailroom",
    )


def test_mail_that_answers(settings: Settings) -> None:
    with mail_server(b"250 hello\r\n", b"221 bye\r\n") as port:
        mail_settings(settings, port)
        assert doctor.mail() == doctor.Finding(State.FINE, "Mail", f"127.0.0.1:{port} answers.")


def test_mail_that_would_send_a_password_in_the_clear(settings: Settings) -> None:
    with mail_server(b"250 hello\r\n", b"221 bye\r\n") as port:
        mail_settings(settings, port)
        settings.EMAIL_USE_TLS = True
        assert doctor.mail().words.startswith(f"127.0.0.1:{port} offers no TLS")


def test_mail_that_does_not_answer(settings: Settings) -> None:
    port = free_port()
    mail_settings(settings, port)
    found = doctor.mail()
    assert found.state is State.WRONG
    assert found.words.startswith(f"127.0.0.1:{port} does not answer: ")


@pytest.mark.django_db
def test_worker(at: datetime) -> None:
    assert doctor.worker(at=at) == doctor.Finding(State.FINE, "Worker", "nothing waits.")
    jobs.enqueue("test.any", {}, at=at)
    assert doctor.worker(at=at + timedelta(minutes=2)).state is State.FINE
    assert doctor.worker(at=at + timedelta(minutes=7)) == doctor.Finding(
        State.WRONG, "Worker", "a job has been waiting for 7 minutes. Is `deskhand serve` running?"
    )
    Job.objects.update(state=Job.State.DEAD)
    assert doctor.worker(at=at + timedelta(minutes=7)) == doctor.Finding(
        State.NOTE, "Worker", "works; 1 job(s) were given up after many tries. See the log for why."
    )


@pytest.mark.django_db
def test_mails_that_were_given_up(at: datetime) -> None:
    assert doctor.mailroom().state is State.FINE
    Mail.objects.create(kind=Kind.TEST, to_address="x@x.test", state=MailState.DEAD, created_at=at)
    assert doctor.mailroom() == doctor.Finding(
        State.NOTE,
        "Mailroom",
        "1 mail(s) were not delivered. The Mailroom says why; correct the address, or discard them.",
    )


def test_the_command_on_a_healthy_desk(installation: Installation) -> None:
    """Everything fine but the two things that a trial on one's own machine lacks."""
    said = installation.run(*COMMAND, "doctor")
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["fine", "Key"],
        ["fine", "Disk"],
        ["fine", "Files"],
        ["fine", "Database"],
        ["fine", "Migrations"],
        ["fine", "Clock"],
        ["fine", "Triggers"],
        ["fine", "Worker"],
        ["fine", "Mailroom"],
        ["note", "Public"],
        ["note", "Mail"],
    ]


def test_the_command_without_a_database(installation: Installation) -> None:
    """It still says what it can, in words, and exits with 1."""
    url = "postgres://nobody@127.0.0.1:1/nothing"
    process = installation.start(*COMMAND, "doctor", DATABASE_URL=url)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert "WRONG  Database        PostgreSQL (nothing) does not answer: " in said
    assert "Traceback" not in said


def test_the_command_with_a_wrong_setting(installation: Installation) -> None:
    process = installation.start(*COMMAND, "doctor", DATABASE_URL="mysql://localhost/x")
    assert process.communicate(timeout=60)[0] == (
        "The configuration is not right: DATABASE_URL begins with mysql://; it must begin with postgres://\n"
    )
    assert process.returncode == 1
