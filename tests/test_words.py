"""Every word on a page comes through gettext: a pseudo language brackets them, and what is left bare must be data."""

import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from zoneinfo import available_timezones

import pytest
from django.test import Client
from django.utils import translation

from deskhand.accounts.models import Organization, Team, User
from deskhand.tickets.models.choices import Priority, Status, Tag, Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui import filters, jinja
from tests import make
from tests.cast import Cast

ZONES = available_timezones()
SILENT = {"script", "style", "code", "time", "kbd"}
SPOKEN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "data-confirm"}
PAGES = {
    None: ["/sign-in/", "/sign-in/code/", "/password/forgotten/", "/welcome/lost/", "/nowhere/"],
    "carl": [
        "/", "/tickets/", "/tickets/?tab=closed", "/tickets/new/", "/tickets/1001/", "/account/", "/purchases/", "/licenses/",
    ],
    "ada": [
        "/desk/tickets/?view=unassigned", "/desk/tickets/?view=mine", "/desk/tickets/1001/?view=open", "/desk/search/?q=zzz",
        "/desk/tickets/new/",
    ],
    "otto": [
        "/desk/mailroom/", "/desk/people/", "/desk/people/invite/", "/desk/settings/", "/desk/settings/sign-in/",
        "/desk/settings/policies/", "/desk/settings/audit/", "/desk/settings/?q=zzz", "/desk/settings/desk/",
        "/desk/settings/portal/", "/desk/settings/lists/",
        "/desk/settings/products/", "/desk/settings/products/new/", "/desk/settings/senders/", "/desk/purchases/",
        "/desk/purchases/new/", "/desk/purchases/csv/",
        "/desk/settings/topics/", "/desk/settings/topics/new/", "/desk/settings/fields/", "/desk/settings/fields/new/",
        "/desk/settings/webhooks/", "/desk/settings/webhooks/new/", "/desk/settings/tokens/", "/desk/settings/tokens/new/",
        "/desk/settings/priorities/", "/desk/settings/statuses/", "/desk/settings/statuses/new/",
    ],
}  # fmt: skip


REFUSED: dict[str | None, dict[str, int]] = {None: {"/nowhere/": 404}}  # its words count, too


class Words(HTMLParser):
    """Collects what a person reads or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        values = dict(attrs)
        self.found += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]
        if tag == "input" and values.get("type") in {"submit", "button"} and values.get("value"):
            self.found.append(str(values["value"]))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def data_in_the_database() -> set[str]:
    """Names and texts that people wrote: no translation knows them."""
    columns = [
        (User, ("name", "email", "username")), (Organization, ("name",)), (Team, ("name",)), (Topic, ("name",)),
        (Status, ("name", "customer_name", "explanation")), (Priority, ("name", "meaning")), (Tag, ("name",)),
        (Ticket, ("subject", "preview")), (Message, ("text",)),
    ]  # fmt: skip
    return {
        str(value) for model, names in columns for name in names for value in model.objects.values_list(name, flat=True)
    }


def bare(html: str, known: set[str]) -> list[str]:
    """Words outside brackets that are not data."""
    words = Words()
    words.feed(html)
    left = []
    for text in words.found:
        rest = text
        for _ in range(6):  # brackets nest where a translated sentence holds a translated word
            rest = re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)
        if rest.strip().replace(" ", "_") in ZONES:
            continue
        for value in sorted(known, key=len, reverse=True):
            rest = rest.replace(value, " ")
        if re.search(r"[A-Za-z]{2,}", rest):
            left.append(" ".join(rest.split()))
    return left


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language in which every translated text stands in brackets."""
    monkeypatch.setattr(translation._trans, "gettext", lambda words: f"⟦{words}⟧")
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, words: f"⟦{words}⟧")
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, count: f"⟦{one if count == 1 else many}⟧")
    forget_words()
    yield
    forget_words()


def forget_words() -> None:
    """What a process keeps of one language is that language's."""
    for kept in (jinja.translated, *filters.KEPT):
        kept.cache_clear()


@pytest.mark.parametrize("who", PAGES)
def test_every_word_comes_through_gettext(cast: Cast, at: datetime, pseudo: None, who: str | None) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.note(ticket, cast.ada, at=at)
    make.reply(ticket, cast.ada, at=make.later(at))
    known = data_in_the_database() | {"Nordlys support", "Deskhand", "zzz"}
    client = Client()
    if who:
        client.force_login(getattr(cast, who))
    shown = {path: client.get(path) for path in PAGES[who]}
    assert {path: page.status_code for path, page in shown.items() if page.status_code != 200} == REFUSED.get(who, {})
    found = {path: bare(page.content.decode(), known) for path, page in shown.items()}
    assert {path: words for path, words in found.items() if words} == {}


def test_the_pseudo_language_finds_a_hard_coded_word() -> None:
    assert bare("<p>⟦Hello⟧ World <i title='Bare'></i>⟦by ⟦nobody⟧ at⟧ Ada</p>", {"Ada"}) == ["World", "Bare"]
