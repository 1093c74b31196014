"""F-35: PostgreSQL dies under load and comes back. A cluster of the test's own, so that nobody else's is touched."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cast import PASSWORD
from tests.processes import COMMAND, Installation, database_url, free_port, read_rows
from tests.visitor import Answer, Visitor

pytestmark = [pytest.mark.faults, pytest.mark.skipif(not database_url("x"), reason="SQLite does not restart")]
PATIENCE_S = 120.0
PAGE = "/desk/tickets/1001/"


@dataclass
class Cluster:
    """One PostgreSQL of our own."""

    folder: Path
    port: int

    def control(self, *arguments: str) -> None:
        """pg_ctl, as somebody who may: PostgreSQL refuses to run as root."""
        (programs,) = list(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
        who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*who, str(programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="deskhand-cluster-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    made = Cluster(folder, free_port())
    made.control("-o", "--auth=trust --username=postgres --no-sync", "init")
    made.start()
    yield made
    made.control("-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Installation]:
    """A desk with one ticket on that cluster."""
    made = Installation(tmp_path / "data", f"postgres://postgres@127.0.0.1:{cluster.port}/postgres")
    made.run(*COMMAND, "prepare")
    made.run(sys.executable, "-m", "tests.config.writer_process", "seed", "1")
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


@dataclass
class Load:
    """People who read and write without a pause, and what they were answered."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[float, float, Answer]] = field(default_factory=list)  # from, until (seconds), what
    acknowledged: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def ask(self, action: Callable[[], Answer]) -> Answer:
        started = time.monotonic()
        answer = action()
        self.answers.append((started, time.monotonic(), answer))
        return answer

    def read(self, visitor: Visitor) -> None:
        while not self.stop.wait(0.05):
            self.ask(lambda: visitor.get("/desk/tickets/"))

    def write(self, visitor: Visitor, name: str) -> None:
        """Reply; whoever is told that the desk is away sends the same form again."""
        number = 0
        while not self.stop.wait(0.05):
            shown = self.ask(lambda: visitor.get(PAGE))
            if shown.status != 200:
                continue
            text = f"{name} {number} says something that is long enough to be worth keeping, over more than eighty letters."
            body = visitor.body(shown.text, f"{PAGE}messages/", text=text)
            answer = self.ask(lambda body=body: visitor.ask("POST", f"{PAGE}messages/", body))  # type: ignore[misc]  # the default binds it
            while answer.status == 503 and not self.stop.wait(0.5):
                if text not in answer.text:
                    self.lost.append(text)
                answer = self.ask(lambda body=body: visitor.ask("POST", f"{PAGE}messages/", body))  # type: ignore[misc]  # as above
            if answer.status == 303:
                self.acknowledged.append(text)
            number += 1


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_f35_a_restart_under_load_loses_nothing(cluster: Cluster, desk: Installation) -> None:
    served = desk.serve(MAIL_WINDOW_S="0")
    load = Load(served.port)
    people = [Visitor(served.port).sign_in(name, PASSWORD) for name in ("ada", "lena", "otto")]
    threads = [
        threading.Thread(target=load.write, args=(people[0], "ada")),
        threading.Thread(target=load.write, args=(people[1], "lena")),
        threading.Thread(target=load.read, args=(people[2],)),
    ]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: len(load.acknowledged) >= 10)
        away = time.monotonic()
        cluster.control("-m", "immediate", "stop")
        wait_for(lambda: sum(answer.status == 503 for *_, answer in load.answers) >= 3)
        cluster.start()
        back = time.monotonic()
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) >= before + 10)
        again = time.monotonic()
    finally:
        load.stop.set()
        for thread in threads:
            thread.join()
    wait_for(lambda: read_rows(desk, "SELECT count(*) FROM core_job WHERE run_at <= now()") == [(0,)])
    worked_off = time.monotonic()
    failed = [(begun, ended, answer) for begun, ended, answer in load.answers if answer.status >= 500]
    sys.stdout.write(
        f"away {back - away:.1f} s, {len(failed)} answers of 503, the last one asked for {failed[-1][0] - back:.1f} s after; "
        f"ten replies {again - back:.1f} s, no job left {worked_off - back:.1f} s after it was back\n"
    )
    assert {answer.status for *_, answer in load.answers} <= {200, 303, 422, 503}
    assert all(ended >= away for _, ended, _ in failed)
    assert all(answer.headers["retry-after"] == "10" for *_, answer in failed)
    assert load.lost == []
    texts = [text for (text,) in read_rows(desk, "SELECT text FROM tickets_message")]
    assert {text: texts.count(text) for text in load.acknowledged} == dict.fromkeys(load.acknowledged, 1)
    assert "all fit together" in desk.run(*COMMAND, "invariants")
