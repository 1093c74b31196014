"""`deskhand serve` as a person runs it: real processes, one port."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from deskhand.config import serve
from tests.processes import COMMAND, PATIENCE_S, Installation, Served, free_port, read_all

pytestmark = pytest.mark.faults


def is_whole(answer: str) -> bool:
    """A complete answer: a status, and as many bytes as it promised."""
    head, _, body = answer.partition("\r\n\r\n")
    promised = re.search(r"(?im)^content-length: (\d+)", head)
    return head.startswith("HTTP/1.1 ") and promised is not None and len(body.encode()) == int(promised[1])


def test_it_says_where_it_is_and_goodbye(installation: Installation) -> None:
    """Three lines at the start, one at the end, and nothing else on the terminal."""
    served = installation.serve()
    assert is_whole(served.ask())
    rest = served.stop(signal.SIGINT)
    assert re.fullmatch(
        rf"Set it up here \(this link works once\): http://localhost:{served.port}/set-up/[a-z0-9]{{26}}/\n"
        rf"Everything it keeps lies in {re.escape(str(installation.data))}\. Ctrl-C stops it\.\n"
        r"Goodbye\.\n",
        rest,
    ), rest
    assert served.process.returncode == 0


def test_no_header_tells_what_serves(installation: Installation) -> None:
    """A03: neither the server's name nor its version."""
    head = installation.serve().ask().partition("\r\n\r\n")[0].lower()
    assert "\r\nserver:" not in head
    assert "uvicorn" not in head


def test_a_second_copy_on_one_sqlite_folder_is_refused(installation: Installation) -> None:
    """It names the process that is already there, and that one goes on."""
    if installation.database_url:
        pytest.skip("on PostgreSQL several copies may share a database")
    served = installation.serve()
    second = installation.start(*COMMAND, "serve", "--port", str(free_port()))
    said = second.communicate(timeout=PATIENCE_S)[0]
    assert said == (
        f"Deskhand already runs on {installation.data} (process {served.process.pid}). "
        "Stop that one first, or name another data folder with DATA=…\n"
    )
    assert second.returncode == 1
    assert is_whole(served.ask())


def test_a_taken_port_is_said_plainly(installation: Installation) -> None:
    """No traceback; a way out."""
    port = free_port()
    with closing(serve.listen(serve.Options("127.0.0.1", port, 1))):
        refused = installation.start(*COMMAND, "serve", "--port", str(port))
        said = refused.communicate(timeout=PATIENCE_S)[0]
    assert said == (
        f"Cannot listen on 127.0.0.1, port {port}: Address already in use. "
        f"Try another port: deskhand serve --port {port + 1}\n"
    )
    assert refused.returncode == 1


def test_more_web_processes_need_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Greedy writers starve each other on one SQLite file."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(serve.CannotServeError, match="needs PostgreSQL"):
        serve.options_from(["--workers", "2"])
    monkeypatch.setenv("DATABASE_URL", "postgres://127.0.0.1/desk")
    assert serve.options_from(["--workers", "2", "--port", "81"]) == serve.Options("127.0.0.1", 81, 2)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_dead_child_is_replaced_and_no_visitor_notices(installation: Installation, name: str) -> None:
    """The port belongs to the parent: who comes in between waits a moment."""
    served = installation.serve()
    before = served.child(name)
    os.kill(before, signal.SIGKILL)
    assert is_whole(served.ask())
    wait_until_changed(served, name, before)
    assert f"The {name} process ended (SIGKILL); starting another.\n" in served.stop()


def test_hanging_up_renews_every_child_without_losing_a_request(installation: Installation) -> None:
    """SIGHUP, as the set-up page sends it when the public address has changed."""
    served = installation.serve()
    before = served.children()
    served.process.send_signal(signal.SIGHUP)
    answers = []
    while served.children() & before:
        answers.append(served.ask())
    assert answers
    assert [answer for answer in answers if not is_whole(answer)] == []
    assert len(served.children()) == len(before)


def test_what_is_under_way_is_finished_before_the_end(installation: Installation) -> None:
    """F-43: 20 requests have sent half of their body when SIGTERM comes; each gets its whole answer."""
    served = installation.serve()
    body = "name=" + "x" * 400
    head = f"POST /nowhere/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    connections = [served.connect() for _ in range(20)]
    for connection in connections:
        connection.sendall((head + body[:200]).encode())
    assert is_whole(served.ask())  # whoever came before has been accepted by now
    started = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    for connection in connections:
        connection.sendall(body[200:].encode())
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(read_all, connections))
    for connection in connections:
        connection.close()
    assert [is_whole(answer) for answer in answers] == [True] * 20
    assert served.process.wait(timeout=PATIENCE_S) == 0
    assert time.monotonic() - started < 20  # after which a child gives up by itself


def test_a_second_signal_does_not_wait(installation: Installation) -> None:
    """A request that never ends holds the first SIGTERM, not the second."""
    served = installation.serve()
    with closing(served.connect()) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n1")
        assert is_whole(served.ask())
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert served.process.poll() is None
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=15) == 0  # after 20 s the first signal has its way, too


def test_children_do_not_outlive_a_killed_parent(installation: Installation) -> None:
    """Not even SIGKILL leaves a process behind that holds the port."""
    served = installation.serve()
    children = served.children()
    served.process.kill()
    deadline = time.monotonic() + PATIENCE_S
    while any(is_alive(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_unreachable_database_is_said_plainly(installation: Installation) -> None:
    """One line with the server's own reason; no traceback."""
    url = "postgres://nobody@127.0.0.1:1/nothing"
    refused = installation.start(*COMMAND, "serve", "--port", str(free_port()), DATABASE_URL=url)
    said = refused.communicate(timeout=PATIENCE_S)[0]
    assert re.fullmatch(r"The database does not answer: .*Connection refused.*\n", said), said
    assert refused.returncode == 1


def is_alive(pid: int) -> bool:
    """Runs, and is not just waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_changed(served: Served, name: str, before: int) -> None:
    """Until another process than `before` runs as `name`."""
    deadline = time.monotonic() + PATIENCE_S
    while served.child(name) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
