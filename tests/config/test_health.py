"""What machines are told: each fault alone turns its own word red (F-48), and nothing of the desk gets out (J06)."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from deskhand.config import doctor, health
from deskhand.core import jobs
from deskhand.core.models import Job
from deskhand.mail.models import Kind, Mail, State
from tests import make
from tests.cast import Cast
from tests.processes import Installation, Served, postgres, read_all
from tests.visitor import Visitor


def asked(desk: Served, path: str, *headers: str) -> tuple[int, str]:
    """(status, body) for a probe that comes by the machine's own address."""
    lines = [f"GET {path} HTTP/1.1", "Host: 10.1.2.3:8000", "Connection: close", *headers, "", ""]
    with closing(desk.connect()) as connection:
        connection.sendall("\r\n".join(lines).encode())
        head, _, body = read_all(connection).partition("\r\n\r\n")
    return int(head.split()[1]), body


def test_j06_probes_are_answered_before_the_desk_is_set_up_and_tell_nothing_of_it(installation: Installation) -> None:
    desk = installation.serve()
    assert asked(desk, "/livez") == (200, "ok\n")
    assert asked(desk, "/readyz") == (200, "ok\n")
    assert asked(desk, "/metrics") == (404, "")


def run_sql(installation: Installation, statement: str) -> None:
    """As somebody who looks after the database would."""
    if not installation.database_url:
        with closing(sqlite3.connect(installation.data / "deskhand.sqlite3")) as connection:
            connection.execute(statement)
            connection.commit()
        return
    import psycopg

    with psycopg.connect(installation.database_url, autocommit=True) as server:
        server.execute(statement)  # type: ignore[arg-type]  # the statement is ours


@contextmanager
def no_database(installation: Installation) -> Iterator[None]:
    """The file is not a database any more; the server lets nobody in."""
    path = installation.data / "deskhand.sqlite3"
    if not installation.database_url:
        moved = path.with_name("moved")
        path.rename(moved)
        path.write_bytes(b"not a database, whatever its name says" * 100)
        yield
        moved.rename(path)
        return
    name = installation.database_url.partition("?")[0].rpartition("/")[2]
    postgres(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgres(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    yield
    postgres(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def pending_migration(installation: Installation) -> Iterator[None]:
    """The newest one of tickets is not applied."""
    where = "app = 'desk' AND name = '0002_files'"
    run_sql(installation, f"UPDATE django_migrations SET name = 'gone' WHERE {where}")
    yield
    run_sql(installation, "UPDATE django_migrations SET name = '0002_files' WHERE name = 'gone'")


@contextmanager
def no_worker(installation: Installation) -> Iterator[None]:
    """A job has been due for an hour."""
    run_sql(
        installation,
        "INSERT INTO core_job (name, payload, state, run_at, created_at, attempts, lease, done, error) "
        "VALUES ('test.nobody', '{}', 'ready', '2020-01-01 00:00:00', '2020-01-01 00:00:00', 0, '', '[]', '')",
    )
    yield
    run_sql(installation, "DELETE FROM core_job")


@contextmanager
def no_files(installation: Installation) -> Iterator[None]:
    """A file stands where the folder should."""
    folder = installation.data / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.touch()
    yield
    folder.unlink()


FAULTS: dict[str, Callable[[Installation], object]] = {
    "database": no_database,
    "migrations": pending_migration,
    "worker": no_worker,
    "files": no_files,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_f48_each_fault_alone_is_told_and_goes_again(installation: Installation, fault: str) -> None:
    desk = installation.serve()
    os.kill(desk.child("worker"), signal.SIGSTOP)  # or it would do the job that nobody is to do
    assert asked(desk, "/readyz") == (200, "ok\n")
    with FAULTS[fault](installation):  # type: ignore[attr-defined]  # a context manager
        assert asked(desk, "/readyz") == (503, f"not ready: {fault}\n")
        assert asked(desk, "/livez") == (200, "ok\n")
    assert asked(desk, "/readyz") == (200, "ok\n")
    os.kill(desk.child("worker"), signal.SIGCONT)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_f48_a_full_disk_is_told(installation: Installation, tmp_path: Path) -> None:
    """A disk of 4 MB under the data folder, filled until less than a twentieth is free."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=True)
    try:
        shutil.copytree(installation.data, disk / "data")
        moved = Installation(disk / "data", installation.database_url, installation.processes)
        desk = moved.serve()
        usage = shutil.disk_usage(disk)
        (disk / "filler").write_bytes(b"x" * (usage.free - usage.total // 25))
        assert asked(desk, "/readyz") == (503, "not ready: disk\n")
        (disk / "filler").unlink()
        assert asked(desk, "/readyz") == (200, "ok\n")
        desk.stop()
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_f48_the_doctor_and_readyz_share_one_limit() -> None:
    assert health.LEAST_FREE_SHARE is doctor.LEAST_FREE_SHARE
    assert health.LONGEST_WAIT is doctor.LONGEST_WAIT


def test_j06_metrics_are_for_those_with_the_token(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    assert client.get("/metrics").status_code == 404
    monkeypatch.setenv("METRICS_TOKEN", "a token of the operator")
    refused = client.get("/metrics")
    assert (refused.status_code, refused.headers["WWW-Authenticate"], refused.content) == (401, "Bearer", b"")
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401
    assert client.post("/metrics").status_code == 405


def scraped(client: Client) -> dict[tuple[str, ...], float]:
    """All samples, as a Prometheus would read them: (name, label values…) without the process, and the value."""
    answer = client.get("/metrics", headers={"Authorization": "Bearer t"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for name, value in sample.labels.items() if name != "process")): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_f48_figures_of_the_desk(
    client: Client,
    cast: Cast,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "t")
    now = jobs.database_now()
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=now)
    Job.objects.all().delete()
    Mail.objects.all().delete()
    for state in (State.WAITING, State.DEAD, State.DEAD, State.SENT):
        Mail.objects.create(
            kind=Kind.TICKET, to_address="a@b.example", subject="s", text="t", html="h", state=state,
            created_at=now - timedelta(hours=2),
        )  # fmt: skip
    Job.objects.create(name="a", run_at=now - timedelta(minutes=5), created_at=now)
    Job.objects.create(name="b", run_at=now + timedelta(minutes=5), created_at=now)
    Job.objects.create(name="c", run_at=now, created_at=now, state=Job.State.DEAD)
    monkeypatch.setattr(health, "_kept", (-health.FRESH_S, {}))
    client.get("/livez")
    with django_assert_num_queries(QUERIES):  # type: ignore[attr-defined]  # pytest-django's own type
        found = scraped(client)
    assert found["deskhand_jobs", "ready"] == 2
    assert found["deskhand_jobs", "overdue"] == 1
    assert found["deskhand_jobs", "dead"] == 1
    assert found["deskhand_job_wait_seconds",] == pytest.approx(300, abs=30)
    assert found["deskhand_mails", "waiting"] == 1
    assert found["deskhand_mails", "dead"] == 2
    assert found["deskhand_mails", "held"] == 0
    assert ("deskhand_mails", "sent") not in found
    assert found["deskhand_mail_wait_seconds",] == pytest.approx(7200, abs=30)
    assert (found["deskhand_tickets", "unsolved"], found["deskhand_tickets", "unassigned"]) == (1, 1)
    assert found["deskhand_database_up",] == 1
    assert found["deskhand_requests_total", "2xx"] >= 1
    assert found["deskhand_request_seconds_count",] == sum(
        value for (name, *_), value in found.items() if name == "deskhand_requests_total"
    )
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # as above
        scraped(client)  # within ten seconds nobody is asked again


# database clock; jobs; mails by state; oldest mail; longest wait; unsolved; unassigned; PostgreSQL: its size
QUERIES = 8 if os.environ.get("DATABASE_URL") else 7


def test_metrics_of_a_real_server_know_its_streams_and_its_size(installation: Installation) -> None:
    desk = installation.serve(METRICS_TOKEN="t")
    status, body = asked(desk, "/metrics", "Authorization: Bearer t")
    assert status == 200
    values = {
        sample.name: sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
        if set(sample.labels) <= {"process"}
    }
    assert values["deskhand_live_streams"] == 0
    assert values["deskhand_database_bytes"] > 100_000
    assert f'process="{desk.child("web")}"' in body


def test_every_answer_carries_a_number_that_the_log_knows(installation: Installation) -> None:
    desk = installation.serve(LOG_FORMAT="json", LOG_REQUESTS="1")
    secret = desk.setup_path()
    visitor = Visitor(desk.port)
    number = visitor.get(secret).headers["x-request-id"]
    visitor.get("/nowhere/?token=hush")
    lines = [json.loads(line) for line in desk.stop().splitlines() if line.startswith("{")]
    assert (lines[0]["request"], lines[0]["path"], lines[0]["status"]) == (number, "/set-up/…/", 200)
    assert (lines[1]["path"], lines[1]["user"]) == ("/nowhere/", None)
    assert secret.split("/")[2] not in json.dumps(lines)
    assert "hush" not in json.dumps(lines)
    assert {"time", "level", "logger", "message", "request", "method", "path", "status", "ms", "user"} == set(lines[0])


def test_the_proxys_number_is_taken_when_it_is_plain(client: Client, cast: Cast) -> None:
    assert client.get("/sign-in/", headers={"X-Request-ID": "abc-1.2_Z"}).headers["X-Request-ID"] == "abc-1.2_Z"
    made = client.get("/sign-in/", headers={"X-Request-ID": "a b\x1b"}).headers["X-Request-ID"]
    assert len(made) == 16
