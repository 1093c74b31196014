"""Every page in Chromium: nothing serious for axe in light and dark, nothing wider than the screen, nothing from elsewhere.

The same pages again in longer words (a language that needs half as much room again) and from right to left.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import translation
from playwright.sync_api import Page, expect

from deskhand.accounts.models import User
from deskhand.automation.sweeps import break_promises
from deskhand.blueprint import presets
from deskhand.desk.queries import setup_token
from deskhand.tickets.catalog import save_field, save_topic
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.field import Field
from tests import make
from tests.browser import COLORS, SCREEN, let_in, serious
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (390, 768, 1024, 1280, 1440)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

PAGES = {
    "": ["/sign-in/", "/sign-in/code/", "/password/forgotten/", "/welcome/lost/"],
    "carl": ["/", "/tickets/", "/tickets/?tab=closed", "/tickets/new/", "/tickets/1001/", "/account/"],
    "mona": ["/tickets/", "/tickets/1001/"],
    "eve": ["/", "/tickets/"],
    "bea": ["/account/password/own/"],
    "ada": [
        "/desk/tickets/?view=unassigned", "/desk/tickets/?view=overdue", "/desk/tickets/1001/?view=open", "/desk/search/?q=fire",
        "/desk/search/?q=nothing-like-it", "/desk/tickets/new/", "/desk/mailroom/", "/desk/people/",
    ],
    "otto": [
        "/desk/people/", "/desk/people/invite/", "/desk/settings/", "/desk/settings/sign-in/", "/desk/settings/policies/",
        "/desk/settings/audit/", "/desk/mailroom/", "/desk/settings/?q=reopen", "/desk/settings/desk/", "/desk/settings/portal/",
        "/desk/settings/lists/", "/desk/settings/topics/", "/desk/settings/topics/new/", "/desk/settings/fields/",
        "/desk/settings/fields/new/", "/desk/settings/priorities/", "/desk/settings/statuses/", "/desk/settings/statuses/new/",
        "/desk/settings/mails/", "/desk/settings/mails/opened-customer/", "/desk/settings/blueprint/?from=company",
        "/desk/settings/topics/{topic}/", "/desk/settings/fields/{field}/", "/desk/people/{person}/",
    ],
}  # fmt: skip
Turn = list[tuple[str, str]]


def turns(size: int) -> list[Turn]:
    """Who opens which page, so many at a time: one test for all of them would keep one process busy to the end of the run."""
    everything = [(who, path) for who, paths in PAGES.items() for path in paths]
    return [everything[first : first + size] for first in range(0, len(everything), size)]


def named(turn: Turn) -> str:
    """What such a test is called: its first page."""
    return f"from {turn[0][1]} of {turn[0][0] or 'nobody'}"


@pytest.fixture
def stage(first_words: None, cast: Cast, at: datetime) -> Cast:
    """A ticket with everything in it, one with long words, and some more."""
    make.promises(medium=60)
    ticket = make.ticket(
        cast.carl, at=at, subject="The printer is on fire", text="See:\n\n> quoted\n\n`code` and https://example.com"
    )
    make.note(ticket, cast.ada, at=make.later(at), text="He **always** says that.")
    make.reply(ticket, cast.ada, at=make.later(at, 2), text="Have you tried water?\n\n1. one\n2. two")
    make.reply(ticket, cast.carl, at=make.later(at, 3), text=LONG)
    make.ticket(cast.mona, at=make.later(at, 4), subject=LONG, text=LONG)
    make.reply(make.ticket(cast.cora, at=at, subject="Thanks"), cast.lena, at=make.later(at, 5))
    topic = save_topic(by=None, at=at, name=LONG[:80], team=cast.support, assignee=cast.ada)
    save_topic(by=None, at=at, name="E-mail", parent=topic)
    field = save_field(by=None, at=at, label=LONG[:80], kind="choice", options=[LONG, "Import"], is_global=True)
    save_field(by=None, at=at, label="Rows", kind="number", topics=[topic], shown_if=field, shown_value=LONG)
    break_promises(at=at + timedelta(days=5))
    User.objects.filter(pk=cast.bea.pk).update(is_password_temporary=True)
    return cast


@pytest.fixture
def visit(live_server: object, stage: Cast, person: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page as somebody, in the window that this person has already."""
    windows: dict[str, Page] = {}

    def opened(path: str, who: str, **options: object) -> Page:
        url, key = live_server.url, f"{who} {options}"  # type: ignore[attr-defined]  # pytest-django's fixture
        if key not in windows:
            windows[key] = person(base_url=url, **options)
            if who:
                user: User = getattr(stage, who)
                let_in(windows[key].context, user, url)
        page = windows[key]
        if "viewport" not in options:
            page.set_viewport_size(SCREEN)
        if "{" in path:
            path = path.format(
                topic=Topic.objects.latest("pk").pk, field=Field.objects.latest("pk").pk, person=stage.ada.pk
            )
        answer = page.goto(path)
        assert answer is not None
        assert (answer.status, page.url) == (200, url + path)  # a redirect or an error page proves nothing
        return page

    return opened


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def too_wide(page: Page) -> list[int]:
    """The widths at which the page has a horizontal scroll bar."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if overflow(page) > 0:
            found.append(width)
    return found


def unreadable(page: Page) -> list[str]:
    """What axe finds that keeps people out: wide and on a phone, in the light and in the dark."""
    found = []
    for scheme, width in (("light", 1280), ("light", 390), ("dark", 390), ("dark", 1280)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        rules = COLORS if scheme == "dark" else ()
        found += [f"{scheme} {width}: {words}" for words in serious(page, rules=rules)]
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("turn", turns(5), ids=named)
def test_axe_finds_nothing_serious(visit: Callable[..., Page], turn: Turn) -> None:
    """WCAG 2.2 A and AA."""
    found = [f"{path} {words}" for who, path in turn for words in unreadable(visit(path, who))]
    assert found == []


@pytest.mark.parametrize("language", ["plain", "longer", "right to left"])
@pytest.mark.parametrize("turn", turns(9), ids=named)
def test_nothing_is_wider_than_the_screen(
    visit: Callable[..., Page], turn: Turn, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 390, 768, 1024, 1280 and 1440 px."""
    if language != "plain":
        monkeypatch.setattr(translation._trans, "gettext", lambda words: words + " ~~~" * (len(words) // 8 + 1))
    if language == "right to left":
        monkeypatch.setattr(translation._trans, "get_language_bidi", lambda: True)
    found = []
    for who, path in turn:
        page = visit(path, who)
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "right to left" else "ltr")
        found += [f"{path} at {width}" for width in too_wide(page)]
    assert found == []


@pytest.mark.parametrize("preset", ["classic", "company"])
def test_what_a_preset_makes_is_readable_and_never_too_wide(
    visit: Callable[..., Page], stage: Cast, at: datetime, preset: str
) -> None:
    """The pages that a preset changes most; in the company's list a ticket is open inside it (S4.14)."""
    presets.use(preset, by=stage.otto, at=at)
    found = []
    for path in ("/", "/tickets/new/", "/tickets/"):
        page = visit(path, "mona")
        if (preset, path) == ("company", "/tickets/"):
            page.get_by_role("link", name=LONG).click()
            expect(page.locator("#unfolded textarea")).to_be_visible()
        found += [f"{path} at {width}" for width in too_wide(page)] + [f"{path}: {words}" for words in serious(page)]
    assert found == []


def test_the_page_that_sets_a_desk_up_is_readable_and_never_too_wide(
    live_server: object, db: None, person: Callable[..., Page]
) -> None:
    """With the picture of each desk to begin with."""
    page = person(base_url=live_server.url)  # type: ignore[attr-defined]  # pytest-django's fixture
    page.goto(f"/set-up/{setup_token()}/")
    found = []
    for name in ("Classic help desk", "Company desk", "Blank"):
        page.get_by_role("radio", name=name).check()
        expect(page.get_by_label(f"What customers see: {name}")).to_be_visible()
        found += [f"{name} at {width}" for width in too_wide(page)] + [f"{name} {words}" for words in unreadable(page)]
    assert found == []


@pytest.mark.parametrize(("who", "path"), [("ada", "/desk/tickets/1001/?view=open"), ("carl", "/tickets/1001/")])
def test_a_long_notice_covers_no_send_button(visit: Callable[..., Page], who: str, path: str) -> None:
    """At 390, 768, 1280 and 1440 px."""
    covered = []
    for width in (390, 768, 1280, 1440):
        page = visit(path, who)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("""() => {
            document.querySelector("#toasts").innerHTML =
                `<div class="toast">${"A notice that has a lot to say. ".repeat(6)}</div>`;
            scrollTo(0, document.body.scrollHeight);
        }""")
        send = page.locator('.composer .button[data-kind="primary"]').bounding_box()
        notice = page.locator(".toast").bounding_box()
        assert send
        assert notice
        if (
            send["x"] < notice["x"] + notice["width"] and notice["x"] < send["x"] + send["width"]
            and send["y"] < notice["y"] + notice["height"] and notice["y"] < send["y"] + send["height"]
        ):  # fmt: skip
            covered.append(width)
    assert covered == []


@pytest.mark.parametrize("who", ["carl", "mona"])
def test_the_tabs_of_a_list_stand_beside_each_other(visit: Callable[..., Page], who: str) -> None:
    """At 390, 768 and 1280 px; the smaller ones are touched."""
    for width in (390, 768, 1280):
        page = visit(
            "/tickets/", who, viewport={"width": width, "height": 800}, is_mobile=width < 1000, has_touch=width < 1000
        )
        ends = page.locator(".tabs a").evaluate_all("""tabs => tabs.map(tab => {
            const words = document.createRange();
            words.selectNodeContents(tab);
            const { left, right } = words.getBoundingClientRect();
            return [left, right];
        })""")
        assert len(ends) == 5
        assert [width for (_, right), (left, _) in pairwise(ends) if right >= left] == []


def test_arabic_words_start_at_the_right(visit: Callable[..., Page], stage: Cast, at: datetime) -> None:
    """Each paragraph in the way of its own words, read and typed."""
    words = "Hello\n\n\u0645\u0631\u062d\u0628\u0627"
    make.ticket(stage.carl, at=at, subject="Two ways", text=words)
    page = visit("/tickets/1004/", "carl")
    sides = page.locator(".prose p").evaluate_all("""paragraphs => paragraphs.map(paragraph => {
        const words = document.createRange();
        words.selectNodeContents(paragraph);
        const [own, box] = [words.getBoundingClientRect(), paragraph.getBoundingClientRect()];
        return own.left - box.left < 2 ? "left" : box.right - own.right < 2 ? "right" : "neither";
    })""")
    assert sides == ["left", "right"]
    assert page.locator("textarea").evaluate("field => getComputedStyle(field).unicodeBidi") == "plaintext"
