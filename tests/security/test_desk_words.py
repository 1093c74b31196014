"""What an administrator may word is words wherever it is read: never markup, never a program, never another placeholder."""

from datetime import datetime, timedelta
from typing import Final

import pytest

from deskhand.blueprint import changes as blueprint
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.desk.labels import LABELS
from deskhand.desk.layout import Block, Tab
from deskhand.mail.models import Mail
from deskhand.notifications.templates import KEYS, save_template
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Category, Priority, Topic
from deskhand.tickets.models.field import Field
from tests import make
from tests.cast import Cast
from tests.forms import send
from tests.security.asking import addresses, body, signed_in
from tests.security.test_pages import CANARY, created

SHORT: Final = '"><img src=x onerror=alert(1)>{{6}}%(x)s'
PROGRAMS: Final = "{{ desk.name }} {% raw %} ${7*7} %(name)s {0.__class__} #{7*7} {number.__class__} {Number}"


def post(at: datetime) -> None:
    """Everything that is to be told, after what waits for more news."""
    for minutes in (0, 60):
        jobs.run_due(at=jobs.database_now() + timedelta(minutes=minutes))
        jobs.run_due(at=at + timedelta(minutes=minutes))


def poison(cast: Cast, at: datetime) -> int:
    """The canary in everything that a desk words for itself, and a ticket that holds all of it."""
    topic = catalog.save_topic(by=cast.otto, at=at, name=SHORT, parent=Topic.objects.get(is_default=True))
    catalog.save_status(by=cast.otto, at=at, name=SHORT, category=Category.WAITING, explanation=CANARY, is_default=True)
    catalog.save_priority(
        by=cast.otto, at=at, priority=Priority.objects.get(slug="high"), name=SHORT[:40], meaning=CANARY,
        first_response_minutes=60, is_default=True,
    )  # fmt: skip
    first = None
    for kind in Field.Kind.values:
        made = catalog.save_field(
            by=cast.otto, at=at, slug=f"a-{kind}", label=f"{kind} {SHORT}", hint=CANARY, kind=kind,
            options=[CANARY, f"{CANARY} 2"] if kind in catalog.LISTS else [], is_global=kind != Field.Kind.TEXT,
            topics=[topic] if kind == Field.Kind.TEXT else [], shown_if=first if kind == Field.Kind.LINE else None,
            shown_value=CANARY if kind == Field.Kind.LINE and first else "",
        )  # fmt: skip
        first = made if kind == Field.Kind.CHOICE else first
    for key in KEYS:
        save_template(
            by=cast.otto, at=at, key=key, headline=f"{CANARY} {{subject}}", text=f"{CANARY} {{subject}} {PROGRAMS[:9]}"
        )
    configure(
        by=cast.otto, at=at, labels=dict.fromkeys(LABELS, SHORT), home=Block.values, announcement=CANARY, guide=CANARY,
        tips=f"{CANARY}\n{CANARY}", tabs=[{"tab": tab, "name": SHORT[:40]} for tab in Tab.values],
    )  # fmt: skip
    answers = {"a-line": CANARY, "a-text": CANARY, "a-choice": CANARY, "a-several": [CANARY], "a-checkbox": "on"}
    ticket = make.ticket(cast.carl, at=at, subject=f"{CANARY} {{link}}", topic=topic, fields=answers)
    ada, page = signed_in(cast.ada), f"/desk/tickets/{ticket.number}/"
    assert send(ada, page, f"{page}messages/", kind="reply", text=CANARY).status_code == 303
    blueprint.bring_in(blueprint.export().replace("hue: 195", "hue: 40"), by=cast.otto, at=at, why=CANARY)
    post(at)
    return ticket.number


@pytest.mark.parametrize("who", ["carl", "mona", "ada", "otto", None])
def test_F06_C14_the_words_of_a_desk_are_words_on_all_pages(cast: Cast, at: datetime, who: str | None) -> None:
    number = poison(cast, at)
    client = signed_in(getattr(cast, who) if who else None)
    topics = Topic.objects.order_by("pk").values_list("pk", flat=True)
    paths = [
        *addresses(cast, at), f"/tickets/{number}/", f"/desk/tickets/{number}/", f"/tickets/new/?follows={number}",
        *(f"/desk/settings/topics/{pk}/" for pk in topics),
        *(f"/desk/settings/fields/{field.pk}/" for field in Field.objects.order_by("pk")),
        *(f"/desk/settings/mails/{key}/" for key in KEYS), "/desk/settings/blueprint/?from=desk",
        *(f"/desk/mailroom/{mail.pk}/{part}" for mail in Mail.objects.order_by("pk") for part in ("", "html/")),
    ]  # fmt: skip
    answers = {path: client.get(path) for path in paths}
    pages = {path: body(each) for path, each in answers.items() if each["Content-Type"].startswith("text/html")}
    assert [path for path, each in answers.items() if each.status_code >= 500] == []
    assert {path: found for path, html in pages.items() if (found := created(html))} == {}
    if who:
        assert len([path for path, html in pages.items() if "&gt;&lt;img src=x" in html]) > 5


def test_C14_the_words_of_a_desk_are_words_in_every_mail(cast: Cast, at: datetime) -> None:
    """Also what a placeholder brings in: a subject that says {link} says it, and no more."""
    poison(cast, at)
    mails = list(Mail.objects.filter(kind="ticket"))
    assert mails
    assert [found for mail in mails if (found := created(mail.html))] == []
    assert all("{{4321*1234}}" in mail.text and f"{CANARY} {{link}}" in mail.text for mail in mails)
    assert [mail.subject for mail in mails if "\n" in mail.subject or "5332114" in mail.subject] == []


def test_F11_words_that_no_keyboard_writes_break_no_settings(cast: Cast, at: datetime) -> None:
    """Marks of direction and control characters are gone before anything is named by them."""
    made = catalog.save_topic(by=cast.otto, at=at, name="Pay\u202eroll\x07\n x")
    field = catalog.save_field(
        by=cast.otto, at=at, label="A\u202eb", kind="choice", options=["a\u202eb", "ab", "c\x00"], is_global=True
    )
    assert (made.name, field.label, field.options) == ("Payroll x", "Ab", ["ab", "c"])
