"""Files on their way out: to whom, with which headers, and never as anything but a download."""

import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from deskhand.accounts.models import User
from deskhand.core import blobs, jobs
from deskhand.core.html import compose
from deskhand.mail.models import Mail
from deskhand.tickets import attachments
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Attachment
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.files import Incoming, upload
from tests.security.asking import addresses as places
from tests.security.asking import body, signed_in


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


def attach(
    ticket: Ticket, by: User, content: bytes, *, at: datetime, name: str = "a.pdf", note: bool = False
) -> Attachment:
    """A file in a message of this person; its thumbnail is drawn."""
    kind = name.rpartition(".")[2]
    (row,) = attachments.stage(owner=by, files=[Incoming(name, kind, files.written(content))], at=at)
    with change_ticket(ticket, by=by, via=Via.STAFF if by.is_staff else Via.PORTAL, at=at) as change:
        (change.note if note else change.reply)(compose("See the file."), [row])
    jobs.run_due(at=at)
    row.refresh_from_db()
    return row


def ask(user: User | None, path: str) -> int:
    client = Client()
    if user:
        client.force_login(user)
    answer = client.get(path)
    files.received(answer)
    return answer.status_code


def addresses(row: Attachment) -> list[str]:
    return [f"/files/{row.key}/{row.name}", f"/files/{row.key}/thumbnail"]


def test_a03_a_file_is_for_those_who_read_its_message(cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.picture(), at=at, name="a.png")

    for address in addresses(row):
        got = {person.name: ask(person, address) for person in cast.everybody}
        assert got == {
            "Ada": 200, "Bea": 200, "Lena": 200, "Otto": 200, "Carl": 200, "Cora": 404, "Mona": 200, "Eve": 404,
        }  # fmt: skip
        assert ask(None, address) == 303


def test_h01_a_file_of_a_note_is_not_there_for_customers(cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.ada, files.picture(), at=at, name="a.png", note=True)

    for address in addresses(row):
        assert [ask(person, address) for person in (cast.ada, cast.carl, cast.mona, cast.eve)] == [200, 404, 404, 404]


def test_h01_a_notes_file_is_nowhere_a_customer_looks(cast: Cast, at: datetime) -> None:
    """Its name, its key and its hash: on no page or part of the portal, in no mail to a customer; staff's pages have it."""
    ticket = make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    row = attach(ticket, cast.ada, files.picture(), at=make.later(at), name="zugzwang.png", note=True)
    make.reply(ticket, cast.ada, at=make.later(at, 2), text="A public word.")
    jobs.run_due(at=make.later(at, 3))
    jobs.run_due(at=jobs.database_now())
    signs = ("zugzwang", str(row.key), row.sha256)
    for person in (cast.carl, cast.cora, cast.mona, cast.eve):
        client = signed_in(person)
        for path in (*places(cast, at), f"/tickets/{ticket.number}/"):
            for headers in ({}, {"HX-Request": "true", "HX-Target": "ticket"}):
                text = body(client.get(path, headers=headers))
                assert [sign for sign in signs if sign in text] == [], f"{person} {path}"
    page = signed_in(cast.ada).get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert [sign in page for sign in signs] == [True, True, False]
    mails = Mail.objects.filter(to_address__endswith="@customer.example")
    assert [mail.to_address for mail in mails if "public word" in mail.text] == [cast.carl.email]
    assert [mail.pk for mail in mails for sign in signs if sign in mail.text + mail.html + mail.subject] == []


def test_files_of_a_private_teams_ticket_are_not_there_for_others(cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at, team=cast.private), cast.bea, files.pdf(), at=at)

    assert [ask(person, addresses(row)[0]) for person in (cast.bea, cast.otto, cast.carl, cast.ada)] == [
        200,
        200,
        200,
        404,
    ]


def test_a_staged_file_is_its_owners_alone(cast: Cast, at: datetime) -> None:
    (row,) = files.stage(cast.carl, files.pdf(), at=at)
    address = addresses(row)[0]

    assert [person.name for person in cast.everybody if ask(person, address) == 200] == ["Carl"]


def test_a04_a_foreign_file_looks_like_none(cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(), at=at)
    eve = Client()
    eve.force_login(cast.eve)

    foreign, missing = (eve.get(f"/files/{key}/a.pdf") for key in (row.key, uuid4()))

    def without_tokens(answer: HttpResponse) -> str:
        return re.sub(r'"X-CSRFToken": "\w+"|value="[^"]{40,}"', "", answer.content.decode())

    assert (foreign.status_code, without_tokens(foreign)) == (404, without_tokens(missing))
    del foreign["X-Request-ID"], missing["X-Request-ID"]
    assert dict(foreign.headers) == dict(missing.headers)


def test_nobody_drops_a_file_of_somebody_else(cast: Cast, at: datetime) -> None:
    (row,) = files.stage(cast.carl, files.pdf(), at=at)
    eve, carl = Client(), Client()
    eve.force_login(cast.eve)
    carl.force_login(cast.carl)

    assert eve.post(f"/files/{row.key}/drop/").status_code == 404
    assert carl.post(f"/files/{row.key}/drop/").status_code == 204
    assert carl.post(f"/files/{row.key}/drop/").status_code == 404


@pytest.fixture
def carl(client: Client, cast: Cast) -> Client:
    client.force_login(cast.carl)
    return client


def test_d04_headers_of_a_download(carl: Client, cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.picture(), at=at, name="a.png")

    answer = carl.get(addresses(row)[0])

    del answer["X-Request-ID"]
    assert {name: answer.headers[name] for name in answer.headers} == {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(row.size),
        "Content-Disposition": 'attachment; filename="a.png"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Vary": "Cookie",
    }
    assert b"".join(files.received(answer)) == files.picture()


def test_a_download_leaves_in_large_blocks(carl: Client, cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(600_000), at=at)

    assert [len(block) for block in files.received(carl.get(addresses(row)[0]))] == [262_144, 262_144, 75_712]


def test_head_says_how_large_it_is(carl: Client, cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(900), at=at)

    answer = carl.head(addresses(row)[0])

    assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, "900", b"")


def test_d05_what_is_shown_is_a_picture_of_our_own(carl: Client, cast: Cast, at: datetime) -> None:
    row = attach(
        make.ticket(cast.carl, at=at), cast.carl, files.picture() + b"<script>alert(1)</script>", at=at, name="a.png"
    )

    answer = carl.get(f"/files/{row.key}/thumbnail")

    shown = b"".join(files.received(answer))
    assert shown[:4] + shown[8:12] == b"RIFFWEBP"
    assert b"script" not in shown
    wanted = {
        "Content-Type": "image/webp",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }
    assert {name: answer.headers[name] for name in wanted} == wanted


def test_a_file_that_is_no_picture_has_none(carl: Client, cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(), at=at)

    assert carl.get(f"/files/{row.key}/thumbnail").status_code == 404


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("offer.pdf", 'attachment; filename="offer.pdf"'),
        ('say "hi".pdf', 'attachment; filename="say \\"hi\\".pdf"'),
        ("Grüße 🎉.pdf", f"attachment; filename*=utf-8''{quote('Grüße 🎉.pdf')}"),
        ("CON.pdf", 'attachment; filename="CON.pdf"'),
    ],
)
def test_d06_a_name_in_a_header_is_data(carl: Client, cast: Cast, at: datetime, name: str, header: str) -> None:
    """RFC 6266, RFC 8187."""
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(), at=at, name=name)

    answer = carl.get(f"/files/{row.key}/x")
    files.received(answer)

    assert answer.headers["Content-Disposition"] == header


@pytest.mark.parametrize("path", ["/media/x", "/files/", "/files/incoming/", "/static/../files/", "/files/ab/cd/"])
def test_d07_there_is_no_other_way_in(carl: Client, cast: Cast, at: datetime, path: str) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(), at=at)

    assert carl.get(path + row.sha256).status_code == 404


def test_d08_a_zip_is_never_unpacked(carl: Client, cast: Cast) -> None:
    """Ten thousand entries, a way out of the folder, and two million zeros in two kilobytes: bytes like any other."""
    content = files.archive(**{"../../evil": b"x", "zeros": bytes(2_000_000)}, **{f"{n}": b"" for n in range(10_000)})

    assert carl.post("/files/", {"files": upload("a.zip", content)}).status_code == 200

    with blobs.read(Attachment.objects.get().sha256) as kept:
        assert kept.read() == content


def test_d10_the_address_of_a_redacted_file_is_dead_at_once(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    row = attach(ticket, cast.ada, files.picture(), at=at, name="a.png")
    assert [ask(cast.carl, address) for address in addresses(row)] == [200, 200]

    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.redact(ticket.messages.latest("id"))

    assert [ask(cast.carl, address) for address in addresses(row)] == [404, 404]


def test_d13_what_somebody_else_has_does_not_show(cast: Cast, at: datetime, data: Path) -> None:
    """The same bytes are written again, and the answer differs in its key alone."""
    attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(text="secret"), at=at)
    (path,) = files.kept_below(data)
    before = path.stat().st_ino
    eve = Client()
    eve.force_login(cast.eve)

    known, unknown = (
        eve.post("/files/", {"files": upload("a.pdf", files.pdf(text=word))}) for word in ("secret", "guess!")
    )

    def without_key(answer: bytes) -> str:
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "KEY", answer.decode())

    assert (known.status_code, without_key(known.content)) == (unknown.status_code, without_key(unknown.content))
    assert path.stat().st_ino != before


def test_a_file_whose_bytes_are_gone_is_no_error_of_ours_to_show(carl: Client, cast: Cast, at: datetime) -> None:
    row = attach(make.ticket(cast.carl, at=at), cast.carl, files.pdf(), at=at)
    blobs.delete(row.sha256)

    assert carl.get(addresses(row)[0]).status_code == 404
