"""The desk's own words: placeholders of a closed list, and nothing that runs (C14)."""

from datetime import datetime

import pytest

from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.mail.letters import for_reader, render
from deskhand.mail.models import Mail
from deskhand.notifications import templates
from deskhand.notifications.matrix import About
from deskhand.notifications.models import Template
from deskhand.notifications.sample import post_sample, sample
from deskhand.notifications.templates import KEYS, Group, save_template
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Status
from tests import make
from tests.cast import Cast

PROGRAMS = [
    "{{7*7}}", "{{ settings.SECRET_KEY }}", "{0.__class__}", "{number.__class__}", "{number!r}", "%(number)s", "%s",
    "{% include 'x' %}", "${number}", "{}", "{", "{number", "{NUMBER}", "<b>{{number|safe}}</b>",
]  # fmt: skip


def carls(at: datetime) -> Mail:
    jobs.run_due(at=at)
    return Mail.objects.filter(to_name="Carl").latest("pk")


def test_own_words_stand_in_the_mail_and_the_subject_line_stays(cast: Cast, at: datetime) -> None:
    words = "Hello {name}.\n\nIt is about {topic}, {priority}. {desk}, {link}"
    save_template(by=cast.otto, at=at, key="opened-customer", headline="{number}: we have it", text=words)
    make.ticket(cast.carl, at=at)
    mail = carls(at)
    assert mail.subject == "[#1001] The printer is on fire"
    assert mail.text.startswith(
        "1001: we have it\n\nHello Carl.\n\nIt is about General, Medium. Nordlys support, http://desk.example/tickets/1001/\n"
    )
    assert "Hello Carl.\n\nIt is about General, Medium." in mail.html
    assert "Since this morning." in mail.text


def test_with_an_own_first_line_what_changed_is_still_named(cast: Cast, at: datetime) -> None:
    save_template(by=cast.otto, at=at, key="replied-customer", headline="An answer from {by}", text="")
    ticket = make.ticket(cast.carl, at=at)
    carls(at)
    make.reply(ticket, cast.ada, at=make.later(at))
    lines = carls(make.later(at)).text.partition("\n\n")[0].splitlines()
    assert lines == ["An answer from Ada", "Ada replied", "Ada changed the status: Open → Waiting for you"]


def test_each_kind_of_news_in_a_mail_brings_its_own_text(cast: Cast, at: datetime) -> None:
    save_template(by=cast.otto, at=at, key="replied-customer", headline="", text="Please read on.")
    save_template(by=cast.otto, at=at, key="resolved-customer", headline="Not this line", text="Were we good?")
    ticket = make.ticket(cast.carl, at=at)
    carls(at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.reply(compose("It is out."))
        change.set_status(Status.objects.get(category=Category.RESOLVED, is_default=True))
    text = carls(make.later(at)).text
    assert text.startswith("Ada replied\n")
    assert "\n\nPlease read on.\n\nWere we good?\n\n" in text
    assert "Not this line" not in text


def test_staff_and_customers_read_their_own_words(cast: Cast, at: datetime) -> None:
    save_template(by=cast.otto, at=at, key="opened-staff", headline="New for us: {subject} of {requester}", text="")
    make.ticket(cast.carl, at=at)
    assert carls(at).text.startswith("We have your message")
    adas = Mail.objects.get(to_name="Ada").text
    assert adas.splitlines()[:2] == ["New for us: The printer is on fire of Carl", "Carl opened the ticket"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_c14_a_program_in_the_words_is_text(cast: Cast, at: datetime, program: str) -> None:
    save_template(by=cast.otto, at=at, key="opened-customer", headline=program, text=f"a {program} b")
    make.ticket(cast.carl, at=at)
    mail = carls(at)
    said = program.replace("{number}", "1001")  # in `${number}` and `{{number|safe}}` only the first is a placeholder
    assert mail.text.startswith(f"{said}\n\na {said} b\n")
    assert "<b>{" not in mail.html


@pytest.mark.parametrize("program", [*PROGRAMS, "{number} {by} {desk}", "{promise}<script>x</script>"])
def test_c14_a_program_in_the_data_is_text(cast: Cast, at: datetime, program: str) -> None:
    configure(by=cast.otto, at=at, name=program)
    save_template(by=cast.otto, at=at, key="opened-customer", headline="{subject}", text="{subject} at {desk}")
    make.ticket(cast.carl, at=at, subject=program)
    mail = carls(at)
    assert mail.text.startswith(f"{program}\n\n{program} at {program}\n")
    assert "<script" not in mail.html


@pytest.mark.parametrize(
    ("key", "words", "name"),
    [
        ("opened-customer", "Hello {nmae}", "nmae"), ("opened-staff", "Hello {name}", "name"),
        ("replied-customer", "{promise}", "promise"), ("status-customer", "{attempts}", "attempts"),
        ("closing-customer", "{date} {password}", "password"),
    ],
)  # fmt: skip
def test_c14_an_unknown_placeholder_is_refused_by_name(
    cast: Cast, at: datetime, key: str, words: str, name: str
) -> None:
    for given in ({"headline": words, "text": ""}, {"headline": "", "text": words}):
        with pytest.raises(templates.UnknownPlaceholderError) as refused:
            save_template(by=cast.otto, at=at, key=key, **given)
        assert refused.value.args == (name,)
    assert (Template.objects.count(), AuditEntry.objects.filter(action="mail.worded").count()) == (0, 0)


def test_what_is_too_long_or_for_no_mail_is_refused(cast: Cast, at: datetime) -> None:
    with pytest.raises(templates.TooLongError):
        save_template(by=cast.otto, at=at, key="opened-customer", headline="x" * 201, text="")
    with pytest.raises(templates.TooLongError):
        save_template(by=cast.otto, at=at, key="opened-customer", headline="", text="x" * 5_001)
    for key in ("noted-customer", "overdue-customer", "nonsense", ""):
        with pytest.raises(templates.UnknownTemplateError):
            save_template(by=cast.otto, at=at, key=key, headline="", text="x")


def test_saving_is_written_down_once_and_empty_words_read_as_usual(cast: Cast, at: datetime) -> None:
    for _again in range(2):
        save_template(by=cast.otto, at=at, key="opened-customer", headline=" Thank\nyou ", text="Soon.\r\n")
    save_template(by=cast.otto, at=at, key="opened-customer", headline="", text="")
    entries = AuditEntry.objects.filter(action="mail.worded").order_by("pk")
    assert [(entry.by, entry.subject, entry.before, entry.after) for entry in entries] == [
        (cast.otto, "mail:opened-customer", {"headline": "", "text": ""}, {"headline": "Thank you", "text": "Soon."}),
        (cast.otto, "mail:opened-customer", {"headline": "Thank you", "text": "Soon."}, {"headline": "", "text": ""}),
    ]
    make.ticket(cast.carl, at=at)
    assert carls(at).text.startswith("We have your message: it is ticket #1001\n")


@pytest.mark.parametrize("key", KEYS)
def test_every_mail_has_a_sample_that_fills_all_its_placeholders(cast: Cast, at: datetime, key: str) -> None:
    kind, group = KEYS[key]
    words = " ".join(f"{name}=<{{{name}}}>" for name in templates.placeholders(kind, group))
    with for_reader(cast.otto):
        letter = sample(key, headline="About {number}", text=words, at=at)
        assert render(letter).subject == "[#1042] The order form shows an error"
    assert letter.headline == "About 1042"
    filled = letter.words[0]
    assert "<>" not in filled
    assert "{" not in filled
    assert letter.why
    assert sample(key, headline="", text="", at=at).headline


def test_staff_cannot_be_called_by_name_because_they_share_a_mail() -> None:
    calls = {group: "name" in templates.placeholders(About.REPLIED, group) for group in Group}
    assert calls == {Group.CUSTOMER: True, Group.STAFF: False}


def test_a_test_mail_has_the_saved_words_and_belongs_to_no_ticket(cast: Cast, at: datetime) -> None:
    save_template(by=cast.otto, at=at, key="opened-customer", headline="Saved for {name}", text="")
    mail = post_sample("opened-customer", to=cast.otto, at=at)
    assert (mail.to_address, mail.ticket, mail.kind, mail.subject) == (
        cast.otto.email, None, "test", "[#1042] The order form shows an error",
    )  # fmt: skip
    assert mail.text.startswith("Saved for Carla Nilsson\n")
