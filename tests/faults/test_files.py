"""Files when something breaks: full disks, lost connections, killed processes, a sweep at the wrong moment."""

import json
import re
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, forms, make
from tests.cast import Cast
from tests.files import MB, upload
from tests.processes import PATIENCE_S, Installation, Served

pytestmark = pytest.mark.faults

PROCESS = str(Path(__file__).with_name("file_process.py"))
ROOT = str(Path(__file__).parents[2])
TOKEN = "a" * 32
LARGEST_MEMORY_KB = 250 * 1024


@dataclass
class Desk:
    """A desk that serves, and carl's session."""

    installation: Installation
    served: Served
    session: str

    def count(self) -> dict[str, int]:
        """Rows, blobs, and what lies in `incoming`."""
        found: dict[str, int] = json.loads(self.installation.run(sys.executable, PROCESS, "count", PYTHONPATH=ROOT))
        return found

    def begin(self, *parts: bytes, promised: int | None = None) -> socket.socket:
        """Post these bytes as the files of a form; the connection."""
        length = sum(map(len, parts)) if promised is None else promised
        connection = self.served.connect()
        connection.sendall(
            (
                "POST /files/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                f"Cookie: session={self.session}; csrf={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\n"
                f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
            ).encode()
        )
        for part in parts:
            connection.sendall(part)
        return connection

    def post(self, *contents: bytes) -> str:
        """Upload these PDFs; the whole answer."""
        parts = [piece for content in contents for piece in (HEAD, content, b"\r\n")]
        with closing(self.begin(*parts, b"--x--\r\n")) as connection:
            answer = b""
            while block := connection.recv(65536):
                answer += block
        return answer.decode()


HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'


@pytest.fixture
def desk(installation: Installation) -> Desk:
    session = installation.run(sys.executable, PROCESS, "seed", PYTHONPATH=ROOT)
    return Desk(installation, installation.serve(), session)


def largest_memory_kb(process: int) -> int:
    """The most that this process ever had in memory."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1])


def test_f31_30_mb_and_one_byte_over(desk: Desk) -> None:
    """Exactly the limit passes, one byte over does not, and no file was ever in memory."""
    fits = desk.post(files.pdf(20 * MB), files.pdf(10 * MB, text="2"))
    over = desk.post(files.pdf(20 * MB), files.pdf(10 * MB + 1, text="2"))

    assert fits.startswith("HTTP/1.1 200 ")
    assert "was left out" not in fits
    assert over.startswith("HTTP/1.1 200 ")
    assert "30.1 MB of 30 MB" in over
    assert desk.count() == {"rows": 3, "blobs": 2, "incoming": 0}
    assert largest_memory_kb(desk.served.child("web")) < LARGEST_MEMORY_KB


def test_f32_a_client_that_leaves_at_29_mb_leaves_nothing(desk: Desk) -> None:
    """More of them than there are threads; afterwards the next upload is served."""
    content = files.pdf(29 * MB)
    for _ in range(12):
        connection = desk.begin(HEAD, content, promised=30 * MB)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no goodbye
        connection.close()

    incoming = desk.installation.data / "files" / "incoming"
    begun = time.monotonic()
    while not incoming.exists() and time.monotonic() < begun + 5:  # a reset may come before the first block is read
        time.sleep(0.05)
    while incoming.exists() and list(incoming.iterdir()):
        assert time.monotonic() < begun + PATIENCE_S, list(incoming.iterdir())
        time.sleep(0.05)
    assert desk.count() == {"rows": 0, "blobs": 0, "incoming": 0}
    assert desk.post(files.pdf()).startswith("HTTP/1.1 200 ")


def test_a_process_killed_between_file_and_row_leaves_an_orphan_at_most(installation: Installation) -> None:
    installation.run(sys.executable, PROCESS, "seed", PYTHONPATH=ROOT)
    killed = installation.start(
        sys.executable, PROCESS, "stage", PYTHONPATH=ROOT, FAULTS="attach.after_file_before_row:kill"
    )

    assert killed.wait(timeout=PATIENCE_S) == -signal.SIGKILL

    count = installation.run(sys.executable, PROCESS, "count", PYTHONPATH=ROOT)
    assert json.loads(count) == {"rows": 0, "blobs": 1, "incoming": 1}
    installation.run(sys.executable, PROCESS, "stage", PYTHONPATH=ROOT)
    count = installation.run(sys.executable, PROCESS, "count", PYTHONPATH=ROOT)
    assert json.loads(count) == {"rows": 1, "blobs": 1, "incoming": 1}


def test_a_sweep_never_takes_what_is_being_attached(installation: Installation) -> None:
    """One process stages bytes that are an old orphan, two sweep without a pause: the row's bytes are always there."""
    installation.run(sys.executable, PROCESS, "seed", PYTHONPATH=ROOT)
    sweepers = [installation.start(sys.executable, PROCESS, "sweep-until-told", PYTHONPATH=ROOT) for _ in range(2)]

    lost = installation.run(sys.executable, PROCESS, "stage-again", "150", PYTHONPATH=ROOT)

    (installation.data / "enough").touch()
    taken = [sweeper.communicate(timeout=PATIENCE_S)[0] for sweeper in sweepers]
    assert lost == "0"
    assert sum(map(int, taken)) > 0


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes: the kernel refuses the write, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def carl(client: Client, cast: Cast, settings: Settings, tmp_path: Path) -> Client:
    settings.DATA = tmp_path
    client.force_login(cast.carl)
    return client


def test_f30_a_full_disk_costs_the_file_and_says_so(carl: Client, cast: Cast, tmp_path: Path) -> None:
    large, small = files.pdf(3 * MB), files.pdf(100_000, text="small")

    with room_for(2 * MB):
        answer = carl.post("/files/", {"files": [upload("a.pdf", large)]})
        mixed = carl.post("/files/", {"files": [upload("a.pdf", large), upload("b.pdf", small)]})

    assert answer.status_code == 507
    assert "no room for “a.pdf”" in answer.content.decode()
    assert (mixed.status_code, [row.name for row in Attachment.objects.all()]) == (200, ["b.pdf"])
    assert len(files.kept_below(tmp_path)) == 1
    assert carl.post("/files/", {"files": [upload("a.pdf", large)]}).status_code == 200


def test_f30_a_reply_keeps_its_text_when_its_file_finds_no_room(carl: Client, cast: Cast, at: object) -> None:
    ticket = make.ticket(cast.carl, at=at)  # type: ignore[arg-type]
    page = f"/tickets/{ticket.number}/"
    values = forms.fill(carl.get(page).content.decode(), f"{page}replies/", text="My long story")

    with room_for(2 * MB):
        answer = carl.post(f"{page}replies/", {**values, "files": [upload("a.pdf", files.pdf(3 * MB))]})

    assert answer.status_code == 507
    assert "My long story" in answer.content.decode()
    assert Message.objects.count() == 1


@contextmanager
def full_database() -> Iterator[None]:
    """It says what it says on a full disk: SQLite may not take one more page, PostgreSQL raises its error 53100."""
    if connection.vendor == "sqlite":
        begin = ["PRAGMA max_page_count = 1"]  # it takes what it has as the least
        end = ["PRAGMA max_page_count = 1073741823"]
    else:
        begin = [
            """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$""",
            "CREATE TRIGGER no_room BEFORE INSERT ON tickets_message EXECUTE FUNCTION no_room()",
        ]
        end = ["DROP TRIGGER no_room ON tickets_message", "DROP FUNCTION no_room()"]
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in end:
                cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("first_words")
def test_f29_a_full_database_gives_the_text_back(client: Client, at: object) -> None:
    from tests.cast import assemble

    cast = assemble(at=at)  # type: ignore[arg-type]
    client.force_login(cast.carl)
    ticket = make.ticket(cast.carl, at=at)  # type: ignore[arg-type]
    page = f"/tickets/{ticket.number}/"
    story = "A long story. " * 5000
    values = forms.fill(client.get(page).content.decode(), f"{page}replies/", text=story)

    with full_database():
        answer = client.post(f"{page}replies/", values)

    assert answer.status_code == 507
    assert story.strip() in answer.content.decode()
    assert Message.objects.count() == 1
    assert client.post(f"{page}replies/", values).status_code == 303
    assert (Message.objects.count(), Ticket.objects.count()) == (2, 1)
