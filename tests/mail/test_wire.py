"""From a row to the bytes of a mail."""

import email
import email.header
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskhand.core import jobs, text
from deskhand.desk import changes as desk
from deskhand.mail import wire
from deskhand.mail.changes import thread_id
from deskhand.mail.models import Kind, Mail
from tests import make
from tests.cast import Cast
from tests.mail.sink import Sink

HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
]  # fmt: skip


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def row(**columns: object) -> Mail:
    """A mail that is in no database."""
    given = {
        "kind": Kind.TICKET, "to_name": "Carl", "to_address": "carl@customer.example", "subject": "[#1001] Fire",
        "text": "It burns.\n", "html": "<p>It burns.</p>", "message_id": "<1.a.b@desk.example>",
        "thread_id": "<ticket.1.c@desk.example>", "created_at": datetime(2026, 3, 2, 12, tzinfo=UTC),
    }  # fmt: skip
    return Mail(**{**given, **columns})


def str_of(message: EmailMessage, name: str) -> str:
    """The header as it went over the wire."""
    return next(value for key, value in message.raw_items() if key == name)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.django_db
@settings(max_examples=100, deadline=None)
@given(name=st.text(max_size=120), subject=st.text(max_size=200))
def test_c09_whatever_a_name_and_a_subject_hold_the_headers_are_ours(name: str, subject: str) -> None:
    raw = wire.compose(row(to_name=text.one_line(name)[:120], subject=text.one_line(subject)), secret="")
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert head.isascii()
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    message = parsed(raw)
    assert list(message.keys()) == HEADERS
    assert [(each.addr_spec) for each in message["To"].addresses] == ["carl@customer.example"]
    assert message["Message-ID"] == "<1.a.b@desk.example>"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hostile",
    [
        "Fire\r\nBcc: eve@customer.example",
        "Fire\n\nA body of my own",
        "=?utf-8?q?Fire=0D=0ABcc:_eve=40customer.example?=",
        "Fire\u2028Bcc: eve@customer.example",
        "a" * 5000,
        "\u202eevil\x00\x1b[31m",
        '"Eve" <eve@customer.example>, Carl',
    ],
)
def test_c09_a_hostile_subject_and_name_add_no_header_and_no_recipient(hostile: str) -> None:
    message = parsed(wire.compose(row(to_name=hostile, subject=hostile), secret=""))
    assert list(message.keys()) == HEADERS
    assert [each.addr_spec for each in message["To"].addresses] == ["carl@customer.example"]
    assert "A body of my own" not in body(message, "plain")


def test_a_notice_and_a_persons_reply_differ_in_what_they_say_about_themselves(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    make.reply(ticket, cast.ada, at=make.later(at, 5))
    jobs.run_due(at=make.later(at, 5))
    notice, reply = (
        parsed(wire.compose(mail, secret="")) for mail in Mail.objects.filter(to_name="Carl").order_by("pk")
    )
    assert (notice["Auto-Submitted"], notice["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert (reply["Auto-Submitted"], reply["X-Auto-Response-Suppress"]) == (None, None)
    assert notice["From"] == "Nordlys support <support@desk.example>"
    assert notice["To"] == "Carl <carl@customer.example>"
    assert notice["Reply-To"] is None


def test_s3_6_all_mails_of_a_ticket_are_one_thread_from_the_first_on(cast: Cast, at: datetime, sink: Sink) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.reply(ticket, cast.ada, at=make.later(at, 5))
    jobs.run_due(at=make.later(at, 5))
    mails = sink.mails
    assert {(mail["Subject"], mail["In-Reply-To"], mail["References"]) for mail in mails} == {
        ("[#1001] The printer is on fire", thread_id(ticket), thread_id(ticket))
    }
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == 5


@pytest.mark.parametrize(
    "word", ["Grüße aus Köln", "=?utf-8?q?x=0D=0ABcc:_eve=40c.example?=", 'a "b" \\ <c>', "漢" * 80]
)
def test_a_subject_and_a_name_arrive_as_they_were_written(word: str, db: None) -> None:
    message = parsed(wire.compose(row(to_name=word, subject=word), secret=""))
    name, spec = parseaddr(str_of(message, "To"))
    assert (email.header.make_header(email.header.decode_header(name)), spec) == (word, "carl@customer.example")
    assert email.header.make_header(email.header.decode_header(str_of(message, "Subject"))) == word


def test_c14_template_syntax_is_text(cast: Cast, at: datetime) -> None:
    desk.configure(by=cast.otto, at=at, name="{{7*7}} & <b>co</b>")
    make.ticket(cast.carl, at=at, subject="{{7*7}}{% raise %}", text="{{ settings.SECRET_KEY }} <script>x</script>")
    jobs.run_due(at=at)
    mail = Mail.objects.get(to_name="Carl")
    assert mail.subject == "[#1001] {{7*7}}{% raise %}"
    assert "{{ settings.SECRET_KEY }} <script>x</script>" in mail.text
    assert "{{7*7}} & <b>co</b>" in mail.text
    assert "{{7*7}} &amp; &lt;b&gt;co&lt;/b&gt;" in mail.html
    assert "<script" not in mail.html


def test_long_lines_and_odd_characters_survive_a_7_bit_relay(cast: Cast, at: datetime) -> None:
    words = "Grüße, 漢字 🔥 " + "x" * 3000 + "\n.\n..\nFrom here"
    make.ticket(cast.carl, at=at, text=words)
    jobs.run_due(at=at)
    raw = wire.compose(Mail.objects.get(to_name="Carl"), secret="")
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert words in body(parsed(raw), "plain").replace("\r\n", "\n")


@pytest.mark.parametrize("spec", ["", "carl", "@customer.example", "carl@", "jürgen@customer.example"])
def test_an_address_that_no_mail_can_carry_is_refused(spec: str) -> None:
    with pytest.raises(wire.AddressError):
        wire.address(spec)


def test_a_foreign_domain_is_written_in_ascii() -> None:
    assert wire.address("info@bücher.example") == "info@xn--bcher-kva.example"
