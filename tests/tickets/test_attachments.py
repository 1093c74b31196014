"""Files between their arrival and the day nobody needs them any more."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from deskhand.core import blobs, jobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets import attachments
from deskhand.tickets.actions import prepare, schedule, take_back
from deskhand.tickets.changes import (
    FilesTooLargeError,
    ForeignFileError,
    NothingWrittenError,
    change_ticket,
    open_ticket,
)
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.files import MB, Incoming

DAY = timedelta(days=1, minutes=1)


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


def say(ticket: Ticket, by: object, *attached: Attachment, at: datetime, text: str = "") -> Message:
    with change_ticket(ticket, by=by, via=Via.STAFF if by.is_staff else Via.PORTAL, at=at) as change:  # type: ignore[attr-defined,arg-type]
        change.reply(compose(text), attached)
    return Message.objects.order_by("-id")[0]


def sweep_everything(*, at: datetime) -> None:
    """What the worker does in the course of a day."""
    for hour in range(24):
        attachments.sweep(at=at + timedelta(hours=hour))


def grow_old(data: Path) -> None:
    """All blobs were written long ago."""
    for path in files.kept_below(data):
        os.utime(path, (0, 0))


def test_a_reply_takes_its_files_along(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    first, second = files.stage(cast.carl, files.pdf(text="1"), files.pdf(text="2"), at=at)

    message = say(ticket, cast.carl, first, second, at=at, text="Here they are.")

    assert [row.name for row in message.attachments.order_by("id")] == ["file-0.pdf", "file-1.pdf"]
    assert attachments.staged(owner=cast.carl, keys=[first.key, second.key]) == []


def test_a_ticket_opens_with_files_and_a_text(cast: Cast, at: datetime) -> None:
    (file,) = files.stage(cast.carl, files.pdf(), at=at)

    def opened(text: str) -> Ticket:
        with open_ticket(
            requester=cast.carl, subject="Broken", body=compose(text), topic=Topic.objects.get(is_default=True),
            priority=Priority.objects.get(is_default=True), by=cast.carl, via=Via.PORTAL, at=at, files=[file],
        ) as change:  # fmt: skip
            pass
        return change.ticket

    with pytest.raises(NothingWrittenError):
        opened("")
    assert list(opened("See the file.").messages.get().attachments.all()) == [file]


def test_a_message_needs_a_text_or_a_file(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (file,) = files.stage(cast.carl, files.pdf(), at=at)

    with pytest.raises(NothingWrittenError):
        say(ticket, cast.carl, at=at)
    assert say(ticket, cast.carl, file, at=at).text == ""
    ticket.refresh_from_db()
    assert ticket.preview == "file-0.pdf"


def test_i10_two_uploads_of_20_mb_do_not_fit_into_one_message(cast: Cast, at: datetime) -> None:
    """Each fitted when it was staged, side by side with the other: the door adds them up."""
    ticket = make.ticket(cast.carl, at=at)
    first, second = files.stage(cast.carl, files.pdf(20 * MB), files.pdf(20 * MB, text="2"), at=at)

    with pytest.raises(FilesTooLargeError) as refused:
        say(ticket, cast.carl, first, second, at=at, text="Both.")

    assert (refused.value.total, refused.value.limit) == (40 * MB, 30 * MB)
    assert Message.objects.count() == 1
    assert attachments.staged(owner=cast.carl, keys=[first.key, second.key]) == [first, second]


def test_exactly_the_limit_may_be_said(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    configure(by=cast.otto, at=at, file_limit_mb=1)
    first, second = files.stage(cast.carl, files.pdf(MB - 100), files.pdf(100, text="2"), at=at)

    assert files.sizes(say(ticket, cast.carl, first, second, at=at).attachments.order_by("id")) == [MB - 100, 100]


def test_d12_a_file_is_only_its_owners_to_send(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (file,) = files.stage(cast.eve, files.pdf(), at=at)
    events = Event.objects.count()

    assert attachments.staged(owner=cast.carl, keys=[file.key]) == []
    with pytest.raises(ForeignFileError):
        say(ticket, cast.carl, file, at=at, text="Look what I found.")
    file.refresh_from_db()
    assert (file.message, Message.objects.count(), Event.objects.count()) == (None, 1, events)


@pytest.mark.parametrize("how", ["sent twice", "named twice", "dropped"])
def test_a_file_goes_into_one_message_once(cast: Cast, at: datetime, how: str) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (file,) = files.stage(cast.carl, files.pdf(), at=at)
    named = [file]
    match how:
        case "sent twice":
            say(ticket, cast.carl, file, at=at, text="First.")
        case "named twice":
            named = [file, file]
        case "dropped":
            assert attachments.drop(file, by=cast.carl, at=at)

    with pytest.raises(ForeignFileError):
        say(ticket, cast.carl, *named, at=at, text="Second.")


def test_who_did_not_stage_a_file_cannot_drop_it(cast: Cast, at: datetime) -> None:
    (file,) = files.stage(cast.carl, files.pdf(), at=at)

    assert not attachments.drop(file, by=cast.eve, at=at)
    assert attachments.staged(owner=cast.carl, keys=["nonsense", str(file.key), file.key]) == [file]


def test_a_file_in_a_message_cannot_be_dropped(cast: Cast, at: datetime) -> None:
    (file,) = files.stage(cast.carl, files.pdf(), at=at)
    say(make.ticket(cast.carl, at=at), cast.carl, file, at=at)

    assert not attachments.drop(file, by=cast.carl, at=at)


def test_a_scheduled_reply_keeps_its_files_and_gives_them_back(cast: Cast, at: datetime, data: Path) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (file,) = files.stage(cast.ada, files.pdf(), at=at)
    action = {"do": "reply", "text": "", "files": [str(file.key)]}

    def scheduled() -> ScheduledChange:
        row = schedule(ticket, prepare([action]), by=cast.ada, via=Via.STAFF, at=at, delay=timedelta(days=3))
        assert row is not None
        return row

    waiting = scheduled()
    grow_old(data)
    sweep_everything(at=at + DAY)
    assert blobs.exists(file.sha256)
    assert take_back(waiting, by=cast.ada) == [action]
    scheduled()
    jobs.run_due(at=at + timedelta(days=4))

    assert [row.pk for row in Message.objects.order_by("-id")[0].attachments.all()] == [file.pk]


def test_d10_a_redacted_message_loses_its_files_at_once_and_their_bytes_in_the_sweep(
    cast: Cast, at: datetime, data: Path
) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (file,) = files.stage(cast.ada, files.pdf(), at=at)
    message = say(ticket, cast.ada, file, at=at, text="Wrong file!")
    assert Attachment.objects.visible_to(cast.carl).filter(pk=file.pk).exists()

    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.redact(message)

    assert not Attachment.objects.visible_to(cast.carl).exists()
    assert attachments.of_messages([message]) == {}
    grow_old(data)
    sweep_everything(at=at + DAY)
    assert not blobs.exists(file.sha256)
    assert not Attachment.objects.exists()


def test_h01_files_of_a_note_are_staffs_alone(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (file,) = files.stage(cast.ada, files.pdf(), at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.note(compose(""), [file])

    can_read = [person.name for person in cast.everybody if Attachment.objects.visible_to(person).exists()]

    assert can_read == ["Ada", "Bea", "Lena", "Otto"]


def test_the_sweep_takes_what_nobody_needs_and_nothing_else(cast: Cast, at: datetime, data: Path) -> None:
    ticket = make.ticket(cast.carl, at=at)
    sent, shared, forgotten = files.stage(cast.carl, *(files.pdf(text=word) for word in ("1", "2", "3")), at=at)
    (same_bytes,) = files.stage(cast.eve, files.pdf(text="2"), at=at)
    say(ticket, cast.carl, sent, shared, at=at)
    grow_old(data)
    (young,) = files.stage(cast.carl, files.pdf(text="young"), at=at + DAY)

    sweep_everything(at=at + DAY)

    assert set(Attachment.objects.all()) == {sent, shared, young}
    assert [blobs.exists(row.sha256) for row in (sent, shared, young, forgotten)] == [True, True, True, False]
    assert same_bytes.sha256 == shared.sha256
    Ticket.objects.all().delete()
    grow_old(data)
    sweep_everything(at=at + DAY)
    assert [blobs.exists(row.sha256) for row in (sent, shared, young)] == [False, False, True]


def test_what_somebody_staged_who_is_gone_is_nobodys_and_swept(cast: Cast, at: datetime, data: Path) -> None:
    (file,) = files.stage(cast.eve, files.pdf(), at=at)
    cast.eve.delete()

    assert [who for who in cast.everybody if who.pk and Attachment.objects.visible_to(who).exists()] == []
    grow_old(data)
    sweep_everything(at=at + DAY)
    assert (Attachment.objects.count(), blobs.exists(file.sha256)) == (0, False)


def test_a_blob_is_left_alone_for_a_day(cast: Cast, at: datetime, data: Path) -> None:
    """Whoever staged it may be about to write its row."""
    blob = files.written(b"an orphan").finish()

    sweep_everything(at=datetime.now(UTC))
    assert blobs.exists(blob.sha256)
    grow_old(data)
    sweep_everything(at=datetime.now(UTC))
    assert not blobs.exists(blob.sha256)


class SweptAway(blobs.Writer):
    """The sweep deletes the blob between its arrival and its row."""

    times = 0

    def finish(self) -> blobs.Blob:
        blob = super().finish()
        self.times += 1
        if self.times == 1:
            blobs.delete(blob.sha256)
        return blob


def test_a_file_whose_bytes_are_swept_while_it_is_staged_is_there(cast: Cast, at: datetime) -> None:
    writer = SweptAway()
    writer.write(files.pdf())

    (row,) = attachments.stage(owner=cast.carl, files=[Incoming("a.pdf", "pdf", writer)], at=at)

    with blobs.read(row.sha256) as source:
        assert source.read() == files.pdf()


def test_of_messages_asks_once(cast: Cast, at: datetime, django_assert_num_queries: object) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for word in "abc":
        say(ticket, cast.carl, *files.stage(cast.carl, files.pdf(text=word), at=at), at=at)
    messages = list(Message.objects.order_by("id"))

    with django_assert_num_queries(1):  # type: ignore[operator]
        found = attachments.of_messages(messages)

    assert [len(found.get(message.pk, [])) for message in messages] == [0, 1, 1, 1]
