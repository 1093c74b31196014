"""Pages that stay true while somebody reads and types: a real desk, two people, and what each sees of the other."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser import eventually, violations
from tests.processes import COMMAND, Actor, Installation, Served

pytestmark = pytest.mark.browser

TYPED = "Half a thought"
LISTENS = """document.addEventListener("live", ({detail}) =>
    detail.kind === "up" && document.documentElement.setAttribute("data-up", ""))"""
STORM = """for (let index = 0; index < 50; index += 1) document.dispatchEvent(
    new CustomEvent("live", {detail: {kind: "ticket", n: 1001, k: ["ticket.tagged"], by: 1}}))"""


@dataclass(frozen=True)
class Desk:
    """A running desk, the session keys of its cast, and browsers for them."""

    installation: Installation
    served: Served
    actor: Actor
    sessions: dict[str, str]
    person: Callable[..., Page]

    def act(self, *what: object) -> Any:  # noqa: ANN401 - JSON
        """Let another process do something; what it says."""
        return self.actor.act(*what)

    def visit(self, name: str, path: str, **options: object) -> Page:
        """Open a page as somebody, and wait until it listens."""
        url = f"http://localhost:{self.served.port}"
        page = self.person(base_url=url, **options)
        page.context.add_cookies([{"name": "session", "value": self.sessions[name], "url": url}])
        page.context.add_init_script(LISTENS)
        return self.open(page, path)

    def open(self, page: Page, path: str) -> Page:
        """Open a page in this tab, and wait until it listens."""
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        page.locator("html[data-up]").wait_for()
        return page


@pytest.fixture
def desk(installation: Installation, person: Callable[..., Page]) -> Desk:
    """Three tickets of carl: 1001 to 1003."""
    actor = installation.actor("tests.e2e.live_process")  # it begins while the desk does
    made = Desk(installation, installation.serve(), actor, {}, person)
    made.sessions.update(made.act("assemble"))
    assert made.act("tickets", "carl", 3) == [1001, 1002, 1003]
    return made


def parts_asked(page: Page) -> list[str]:
    """Which parts the page asks for by itself, from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.headers.get("live"):
            asked.append(request.headers["hx-target"])

    page.on("request", note)
    return asked


def expect_rows(page: Page, *expected: str) -> None:
    """The rows of the list, from the top."""
    rows = page.locator("#rows > li")
    eventually(page, lambda: tuple(rows.evaluate_all("rows => rows.map(row => row.id)")), equals=expected)


def expect_current(page: Page, row: str) -> None:
    """The one row that says that its ticket is open."""
    marked = page.locator("#rows [aria-current]")
    eventually(page, lambda: marked.evaluate_all("rows => rows.map(row => row.closest('li').id)"), equals=[row])


# An open ticket


def test_a_new_message_comes_in_while_somebody_writes(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    ada.get_by_text("Internal note").first.click()
    ada.locator("#composer-text").fill(TYPED)
    ada.locator("#composer-text").evaluate("field => field.setSelectionRange(4, 4)")
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    expect(ada.locator("#thread .message").last).to_contain_text("It burns higher now.")
    expect(ada.locator("#thread .message").last).to_be_in_viewport()
    expect(ada.locator("#live")).to_have_text("New message from Carl")
    expect(ada.locator("#composer-text")).to_have_value(TYPED)
    expect(ada.locator("#composer-text")).to_be_focused()
    expect(ada.locator(".modes input[value=note]")).to_be_checked()
    eventually(ada, lambda: ada.evaluate("document.activeElement.selectionStart"), equals=4)
    expect(ada.locator("#thread .unread-line")).to_have_count(0)


def test_properties_follow_and_an_open_menu_stays_open(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    ada.locator("#context input[name=add]").fill("half a ta")
    ada.locator("#context summary", has_text="Medium").click()
    desk.act("solve", 1001, "lena", 5)
    expect(ada.locator("#ticket-head .badge")).to_have_text("Resolved")
    expect(ada.locator("#thread .event").last).to_contain_text("Lena changed the status")
    desk.act("storm", 1001, "lena", 1)
    expect(ada.locator("#context .chips").first).to_contain_text("tag0")
    expect(ada.locator("#context details[open]")).to_have_count(1)
    expect(ada.locator("#context input[name=add]")).to_have_value("half a ta")
    expect(ada.locator("#live")).to_have_text("")


def test_who_reads_above_is_told_and_not_moved(desk: Desk, chromium: Browser) -> None:
    """And an answer that was written meanwhile is held (I08)."""
    desk.act("say", 1001, "ada", 4, "A long answer.\n\n" * 60)
    elsewhere = replace(desk, person=chromium.new_page)  # nobody looks at its console, where Chromium notes each 422
    ada = elsewhere.visit("ada", "/desk/tickets/1001/?view=open")
    ada.locator("#thread").evaluate("thread => { thread.scrollTop = 10; }")
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    button = ada.locator("#thread-news")
    expect(button).to_have_text("New messages: 1 ↓")
    assert ada.locator("#thread").evaluate("thread => thread.scrollTop") == 10
    ada.locator("#composer-text").fill(TYPED)
    ada.get_by_role("button", name="Reply to Carl,").click()
    expect(ada.locator("#composer .errors")).to_contain_text("A message came in while you were writing.")
    ada.context.close()


def test_the_way_down_to_what_is_new(desk: Desk) -> None:
    desk.act("say", 1001, "ada", 4, "A long answer.\n\n" * 60)
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    ada.locator("#thread").evaluate("thread => { thread.scrollTop = 10; }")
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    button = ada.locator("#thread-news")
    expect(button).to_have_text("New messages: 1 ↓")
    assert violations(ada) == []
    button.click()
    expect(ada.get_by_text("It burns higher now.").last).to_be_in_viewport()
    expect(button).to_be_hidden()
    ada.locator("#composer-text").fill(TYPED)
    ada.get_by_role("button", name="Reply to Carl,").click()
    expect(ada.locator("#composer-text")).to_have_value("")
    expect(ada.get_by_text("not sent yet")).to_be_visible()


def test_g08_a_ticket_that_leaves_says_so_and_keeps_the_text(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    ada.locator("#composer-text").fill(TYPED)
    desk.act("move", 1001, "Legal")
    expect(ada.locator("#thread")).to_have_text(
        "This ticket is no longer yours to see. What you typed is still here, to be copied."
    )
    expect(ada.locator("#composer-text")).to_have_value(TYPED)
    expect(ada.locator("#context section")).to_have_count(0)
    expect(ada.locator("#row-1001")).to_have_count(0)


def test_an_own_act_is_shown_once_and_the_list_follows(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    asked = parts_asked(ada)
    ada.get_by_role("button", name="Resolve").click()
    expect(ada.locator("#row-1001")).to_have_count(0)
    expect(ada.locator("#thread .event")).to_have_count(1)
    expect(ada.locator("#live")).to_have_text("")
    # Once more by a machine so slow that the first answer comes while the act is under way.
    assert asked.count("rows") in {1, 2}


# Lists


def test_a_ticket_opened_from_the_list_leaves_the_list_alone(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1003/?view=open")
    ada.locator("#rows").evaluate("list => { list.firstElementChild.mark = true; }")
    with ada.expect_response("**/desk/tickets/1001/?view=open") as answer:
        ada.locator("#row-1001 a").click()
    expect(ada.locator("h1")).to_have_text("Printer 1 is on fire")
    expect(ada.locator("h1")).to_be_focused()
    expect(ada).to_have_title("#1001 Printer 1 is on fire · Nordlys support")
    expect_current(ada, "row-1001")
    assert ada.locator("#rows").evaluate("list => list.firstElementChild.mark")
    assert len(answer.value.body()) <= 25_000
    expect(ada.locator("#row-1001[data-unread]")).to_have_count(0)
    ada.go_back()
    expect(ada.locator("h1")).to_have_text("Printer 3 is on fire")
    expect_current(ada, "row-1003")


def test_the_list_follows_when_nobody_uses_it(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/?view=open")
    ada.locator("#rows").evaluate("list => { for (const row of list.children) row.mark = true; }")
    desk.act("say", 1001, "carl", 9, "It burns higher now.")
    expect(ada.locator("#rows > li").first).to_have_id("row-1001")
    expect_rows(ada, "row-1001", "row-1003", "row-1002")
    assert ada.locator("#rows").evaluate("list => [...list.children].every(row => row.mark)")
    desk.act("tickets", "eve", 1)
    expect(ada.locator("#rows > li")).to_have_count(4)
    expect(ada.locator("#views a[aria-current] .num")).to_have_text("4")
    expect(ada.locator("#list-count")).to_have_text("4")


@pytest.mark.parametrize("how", ["focus", "pointer"])
def test_rows_do_not_move_under_somebody(desk: Desk, how: str) -> None:
    ada = desk.visit("ada", "/desk/tickets/?view=open")
    row = ada.locator("#row-1002 a")
    if how == "focus":
        row.focus()
    else:
        row.hover()
    desk.act("say", 1001, "carl", 9, "It burns higher now.")
    expect(ada.locator("#rows-news")).to_have_text("New or changed: 1")
    expect(ada.locator("#row-1001 p")).to_contain_text("It burns higher now.")
    expect_rows(ada, "row-1003", "row-1002", "row-1001")
    if how == "focus":
        expect(row).to_be_focused()
        ada.locator("#rows-news").click()
    else:
        ada.mouse.move(1200, 700)
    expect(ada.locator("#rows > li").first).to_have_id("row-1001")
    expect(ada.locator("#rows-news")).to_be_hidden()


def test_a_storm_is_one_question_a_second(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/?view=open")
    asked = parts_asked(ada)
    for _ in range(2):
        with ada.expect_response(lambda answer: bool(answer.request.headers.get("live"))):
            ada.evaluate(STORM)
    eventually(ada, lambda: asked, equals=["rows", "rows"])


def test_a_page_that_nobody_sees_asks_nothing_until_somebody_does(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    asked = parts_asked(ada)
    look = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    ada.evaluate(look, arg=True)
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    expect(ada).to_have_title("(1) #1001 Printer 1 is on fire · Nordlys support")
    assert asked == []
    with ada.expect_response(lambda answer: answer.request.headers.get("hx-target") == "rows"):
        ada.evaluate(look, arg=False)
    expect(ada.locator(".thread").get_by_text("It burns higher now.")).to_be_visible()
    expect(ada).to_have_title("#1001 Printer 1 is on fire · Nordlys support")
    eventually(ada, lambda: sorted(asked), equals=["rows", "thread"])


# The line


def test_two_tabs_share_one_stream_and_both_follow(desk: Desk) -> None:
    first = desk.visit("ada", "/desk/tickets/1001/?view=open")
    streams: list[str] = []
    first.context.on("request", lambda request: "/live/" in request.url and streams.append(request.url))
    second = desk.open(first.context.new_page(), "/desk/tickets/1001/?view=open")
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    for tab in (first, second):
        expect(tab.locator("#thread .message").last).to_contain_text("It burns higher now.")
    assert streams == []
    with second.expect_request("**/live/**"):
        first.close()
    desk.act("say", 1001, "carl", 6, "All is lost.")
    expect(second.locator("#thread .message").last).to_contain_text("All is lost.")


def test_a_tab_hears_what_happened_while_it_loaded(desk: Desk) -> None:
    first = desk.visit("ada", "/desk/tickets/1001/?view=open")
    second = first.context.new_page()
    second.route("**/js/deskhand.js", lambda route: (desk.act("say", 1001, "carl", 5, "Too soon."), route.continue_()))
    desk.open(second, "/desk/tickets/1001/?view=open")
    expect(second.locator("#thread .message").last).to_contain_text("Too soon.")


def test_a_browser_without_locks_holds_a_stream_of_its_own(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/?view=open")
    old = ada.context.new_page()
    old.add_init_script(
        "Object.defineProperty(navigator, 'locks', {value: undefined}); delete window.BroadcastChannel;"
    )
    with old.expect_request("**/live/**"):
        desk.open(old, "/desk/tickets/1001/?view=open")
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    expect(old.locator("#thread .message").last).to_contain_text("It burns higher now.")


def test_a_line_that_is_away_is_said_and_then_caught_up(desk: Desk, chromium: Browser) -> None:
    """The stream is cut off, and what it would have told is shown when it is back."""
    elsewhere = replace(
        desk, person=chromium.new_page
    )  # without a look at the console, where the browser notes what fails
    ada = elsewhere.visit("ada", "/desk/tickets/1001/?view=open")
    ada.locator("#composer-text").fill(TYPED)
    port = desk.served.port
    desk.served.stop()
    words = ada.get_by_text("Live updates are paused. Trying again…")
    expect(words.first).to_be_attached()
    expect(ada.locator(".toast")).to_contain_text("Reload")
    desk.act("say", 1001, "carl", 5, "It burns higher now.")
    desk.installation.start(*COMMAND, "serve", "--port", str(port))
    expect(ada.locator("#thread .message").last).to_contain_text("It burns higher now.", timeout=60_000)
    expect(ada.locator(".toast")).to_have_count(0)
    expect(ada.locator("#composer-text")).to_have_value(TYPED)
    ada.context.close()


def test_who_signs_out_elsewhere_is_told_and_keeps_the_text(desk: Desk) -> None:
    ada = desk.visit("ada", "/desk/tickets/1001/?view=open")
    ada.locator("#composer-text").fill(TYPED)
    desk.act("sign_out", desk.sessions["ada"])
    toast = ada.locator(".toast")
    expect(toast).to_contain_text("You have been signed out. What you typed is still here.", timeout=60_000)
    link = toast.get_by_role("link", name="Sign in")
    here = "?next=%2Fdesk%2Ftickets%2F1001%2F%3Fview%3Dopen"
    eventually(ada, lambda: link.evaluate("link => link.search"), equals=here)
    expect(ada.locator("#composer-text")).to_have_value(TYPED)
    expect(ada.get_by_text("Since this morning.").last).to_be_visible()


# The portal


def test_a_customer_sees_the_answer_come_in(desk: Desk) -> None:
    desk.act("say", 1001, "carl", 4, "Smoke.\n\n" * 40)
    carl = desk.visit("carl", "/tickets/1001/")
    carl.locator("#id_text").fill(TYPED)
    top = carl.locator("#id_text").bounding_box()
    desk.act("say", 1001, "ada", 5, "Have you tried water?")
    expect(carl.locator(".thread .message").last).to_contain_text("Have you tried water?")
    expect(carl.locator(".promise")).to_contain_text("We answered and wait for you.")
    expect(carl.locator("#live")).to_have_text("New message from Ada")
    expect(carl.locator("#id_text")).to_have_value(TYPED)
    expect(carl.locator("#id_text")).to_be_focused()
    assert top
    eventually(carl, lambda: carl.locator("#id_text").bounding_box(), equals=top)


def test_a_customers_list_follows(desk: Desk) -> None:
    carl = desk.visit("carl", "/tickets/")
    rows = carl.locator("#tickets tbody tr")
    desk.act("say", 1001, "ada", 9, "Have you tried water?")
    expect(rows.first).to_contain_text("Printer 1 is on fire")
    expect(rows.first).to_contain_text("Waiting for you")
    expect(carl.locator("#tickets .tabs a").nth(1)).to_contain_text("1")


def test_a_customer_hears_nothing_of_a_note(desk: Desk) -> None:
    carl = desk.visit("carl", "/tickets/1001/")
    asked = parts_asked(carl)
    desk.act("note", 1001, "ada")
    desk.act("say", 1001, "ada", 5, "Have you tried water?")
    expect(carl.locator(".thread .message")).to_have_count(2)
    eventually(carl, lambda: asked, equals=["ticket"])
