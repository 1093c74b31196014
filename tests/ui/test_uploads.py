"""Files on their way in: which are taken, which are refused and with what words, and that nothing of a refused one is kept."""

import resource
from datetime import datetime
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from deskhand.accounts.models import User
from deskhand.core import blobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Attachment
from tests import files, make
from tests.cast import Cast
from tests.files import MB, upload

LIMIT = 30 * MB


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def carl(client: Client, cast: Cast) -> Client:
    client.force_login(cast.carl)
    return client


def send(client: Client, *sent: tuple[str, bytes], **more: object) -> HttpResponse:
    """Upload these files (name, content) as the form that is being written does."""
    return client.post("/files/", {"files": [upload(name, content) for name, content in sent], **more})


def staged(owner: User) -> list[tuple[str, str, int]]:
    return list(Attachment.objects.filter(owner=owner, message=None).order_by("id").values_list("name", "kind", "size"))


def test_what_is_good_is_staged_under_its_hash(carl: Client, cast: Cast, data: Path) -> None:
    content = files.pdf(700_000)

    answer = send(carl, ("offer.pdf", content))

    row = Attachment.objects.get()
    assert answer.status_code == 200
    assert (row.name, row.kind, row.size, row.owner, row.message) == ("offer.pdf", "pdf", 700_000, cast.carl, None)
    assert str(row.key) in answer.content.decode()
    with blobs.read(row.sha256) as kept:
        assert kept.read() == content
    (path,) = files.kept_below(data)
    assert path == data / "files" / row.sha256[:2] / row.sha256[2:4] / row.sha256
    assert [oct(found.stat().st_mode)[-3:] for found in (path, *list(path.parents)[:3])] == ["600", "700", "700", "700"]


def test_three_files_of_eleven_mb_are_too_much_and_the_total_is_said(carl: Client, cast: Cast, data: Path) -> None:
    """S4.10; the first two are kept."""
    answer = send(carl, *[(f"{name}.pdf", files.pdf(11 * MB, text=name)) for name in "abc"])

    assert staged(cast.carl) == [("a.pdf", "pdf", 11 * MB), ("b.pdf", "pdf", 11 * MB)]
    assert "“c.pdf” was left out: 33 MB of 30 MB." in answer.content.decode()
    assert len(files.kept_below(data)) == 2


@pytest.mark.parametrize(("last", "fits"), [(10 * MB, True), (10 * MB + 1, False)])
def test_d01_exactly_the_limit_fits_and_one_byte_over_does_not(
    carl: Client, cast: Cast, last: int, *, fits: bool
) -> None:
    answer = send(carl, ("a.pdf", files.pdf(20 * MB)), ("b.pdf", files.pdf(last, text="b")))

    assert len(staged(cast.carl)) == (2 if fits else 1)
    assert ("30.1 MB of 30 MB" in answer.content.decode()) is not fits


def test_what_the_form_has_already_counts(carl: Client, cast: Cast) -> None:
    send(carl, ("a.pdf", files.pdf(20 * MB)))
    there = Attachment.objects.get()

    answer = send(carl, ("b.pdf", files.pdf(11 * MB)), staged=[str(there.key)])

    assert answer.status_code == 422
    assert "31 MB of 30 MB" in answer.content.decode()
    assert staged(cast.carl) == [("a.pdf", "pdf", 20 * MB)]


def test_a_smaller_file_after_one_that_is_too_much_is_kept(carl: Client, cast: Cast) -> None:
    send(carl, ("a.pdf", files.pdf(31 * MB)), ("b.pdf", files.pdf(100)))

    assert staged(cast.carl) == [("b.pdf", "pdf", 100)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("program.png", b"MZ\x90\x00" + b"\0" * 600, "is not what its name says"),
        ("page.jpg", b"<!doctype html><script>alert(1)</script>", "is not what its name says"),
        ("picture.JPG.exe", files.picture(), "must be one of JPG, PNG, PDF, ZIP"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "must be one of JPG, PNG, PDF, ZIP"),
        ("page.html", b"<html>", "must be one of"),
        ("letter.eml", b"From: x@y", "must be one of"),
        ("script.php", b"<?php", "must be one of"),
        (".htaccess", b"AddType", "must be one of"),
        ("offer.pdf.", files.pdf(), "must be one of"),
        ("photo.gif", b"GIF89a", "must be one of"),
        ("archive.pdf", files.archive(a=b"x"), "is not what its name says"),
        ("empty.pdf", b"", "is empty"),
        ("short.png", b"\x89PN", "is not what its name says"),
    ],
)
def test_d02_content_and_extension_decide(
    carl: Client, cast: Cast, data: Path, name: str, content: bytes, words: str
) -> None:
    """The browser said image/png of each."""
    answer = send(carl, (name, content))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert staged(cast.carl) == []
    assert files.kept_below(data) == []


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("photo.jpeg", files.picture(form="JPEG"), "jpg"),
        ("photo.JPG", files.picture(form="JPEG"), "jpg"),
        ("really-a-png.jpg", files.picture(), "png"),
        ("picture.png", files.picture() + b"<?php system($_GET['x']); ?>", "png"),
        ("both.pdf", files.pdf(600) + files.archive(a=b"x"), "pdf"),
        ("archive.zip", files.archive(a=b"x"), "zip"),
        ("nothing.zip", files.archive(), "zip"),
    ],
)
def test_d02_what_may_come_in_is_known_by_its_content(
    carl: Client, cast: Cast, name: str, content: bytes, kind: str
) -> None:
    assert send(carl, (name, content)).status_code == 200
    assert staged(cast.carl) == [(name, kind, len(content))]


def test_d03_every_file_of_several_is_looked_at(carl: Client, cast: Cast, data: Path) -> None:
    answer = send(carl, ("good.pdf", files.pdf()), ("evil.pdf", b"<html>" * 200), ("fine.pdf", files.pdf(text="fine")))

    assert [name for name, _, _ in staged(cast.carl)] == ["good.pdf", "fine.pdf"]
    assert answer.content.decode().count("is not what its name says") == 1
    assert len(files.kept_below(data)) == 2


def test_what_an_administrator_allows_is_taken(carl: Client, cast: Cast, at: object) -> None:
    configure(by=cast.otto, at=at, file_kinds="gif txt", file_limit_mb=1)  # type: ignore[arg-type]

    send(carl, ("a.gif", b"GIF89a"), ("b.txt", b"words"), ("c.pdf", files.pdf()), ("d.gif", b"GIF89a".ljust(MB)))

    assert [name for name, _, _ in staged(cast.carl)] == ["a.gif", "b.txt"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\carl\\offer.pdf", "offer.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("a\x00b\r\nX: y.pdf", "abX: y.pdf"),
        ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
        ("CON.pdf", "CON.pdf"),
        ("héllo 🎉 “quoted”.pdf", "héllo 🎉 “quoted”.pdf"),
        ("zero\u200bwidth.pdf", "zerowidth.pdf"),
    ],
)
def test_d06_a_name_is_data(sent: str, kept: str) -> None:
    from deskhand.core.kinds import clean_name

    assert clean_name(sent) == kept


@pytest.mark.parametrize("name", ["", ".", "..", "\u202e", "///"])
def test_d06_a_name_is_never_empty_nor_a_path(name: str) -> None:
    from deskhand.core.kinds import clean_name

    assert clean_name(name) == "file"


def test_a_form_without_room_for_files_gets_none(carl: Client, cast: Cast, data: Path) -> None:
    answer = carl.post("/account/profile/", {"files": [upload("a.pdf", files.pdf(900))]})

    assert answer.status_code == 422
    assert not (data / "files").exists()


def test_nothing_is_stored_for_somebody_who_is_signed_out(client: Client, cast: Cast, data: Path) -> None:
    assert send(client, ("a.pdf", files.pdf(900))).status_code == 303
    assert not (data / "files").exists()


def test_nothing_stays_of_a_request_that_was_forged(cast: Cast, data: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.carl)

    assert send(client, ("a.pdf", files.pdf(900_000))).status_code == 403
    assert files.kept_below(data) == []


def test_a_body_far_over_the_limit_is_not_read(carl: Client, cast: Cast, data: Path) -> None:
    """Ten times the limit is no mistake of a person."""
    answer = carl.generic(
        "POST", "/files/", b"--x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(300 * MB + 1)
    )

    assert answer.status_code == 413
    assert "far too large" in answer.content.decode()
    assert not (data / "files").exists()


def test_d11_the_two_hundredth_file_of_an_hour_is_the_last(carl: Client, cast: Cast, data: Path) -> None:
    """Also those that were taken away again count."""
    for _ in range(20):
        assert send(carl, *[(f"{index}.pdf", files.pdf(text=str(index))) for index in range(10)]).status_code == 200
    last = Attachment.objects.order_by("-id")[0]
    assert carl.post(f"/files/{last.key}/drop/").status_code == 204

    answer = send(carl, ("one-more.pdf", files.pdf(text="one more")))

    assert answer.status_code == 429
    assert "one-more.pdf" in answer.content.decode()
    assert Attachment.objects.filter(owner=cast.carl).count() == 200
    assert len(files.kept_below(data)) == 10


def test_d11_who_sends_nothing_may_fill_ten_messages_and_no_more(carl: Client, cast: Cast, at: datetime) -> None:
    """Also what was taken away again counts, for its bytes lie there until the sweep; what is sent counts no longer."""
    configure(by=cast.otto, at=at, file_limit_mb=1)
    for index in range(10):
        assert send(carl, ("a.pdf", files.pdf(MB, text=str(index)))).status_code == 200
    first, last = Attachment.objects.earliest("pk"), Attachment.objects.latest("pk")
    assert carl.post(f"/files/{first.key}/drop/").status_code == 204

    answer = send(carl, ("one-more.pdf", files.pdf(text="one more")))
    assert (answer.status_code, "one-more.pdf" in answer.content.decode()) == (429, True)

    with change_ticket(make.ticket(cast.carl, at=at), by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.reply(compose("The last one."), [last])
    assert send(carl, ("one-more.pdf", files.pdf(text="one more"))).status_code == 200


def test_many_files_need_few_descriptors(carl: Client, cast: Cast) -> None:
    """A process may hold 1,024 files open, often less; ten threads with a form each must not run out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 30, hard))
    try:
        answer = send(carl, *[(f"{index}.pdf", files.pdf(text=str(index))) for index in range(60)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert (answer.status_code, len(staged(cast.carl))) == (200, 60)
