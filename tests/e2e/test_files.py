"""Files in Chromium: chosen, pasted or dropped, uploaded at once, held until they are there, and never lost on the way."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings

from deskhand.accounts.models import Session
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.browser import let_in, new_context, violations
from tests.cast import Cast
from tests.files import MB, pdf, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TICKET, WORK = "/tickets/1001/", "/desk/tickets/1001/"
BRING = """([how, files]) => {
  const moved = new DataTransfer();
  for (const [name, head, size, type] of files) moved.items.add(new File([head, new Uint8Array(size)], name, { type }));
  const text = document.querySelector("textarea[name=text]");
  if (how === "paste") text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: moved, bubbles: true, cancelable: true }));
  else for (const kind of ["dragenter", "dragover", ...(how === "drop" ? ["drop"] : [])])
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: moved, bubbles: true, cancelable: true }));
}"""
Look = Callable[..., Page]


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def look(chromium: Browser, live_server: object, first_words: None, cast: Cast, at: datetime) -> Iterator[Look]:
    """Carl's ticket 1001, and people signed in at a page of it; an error in a script fails the test."""
    make.ticket(cast.carl, at=at)
    url = live_server.url  # type: ignore[attr-defined]  # pytest-django's fixture
    contexts, wrong = [], []

    def at_page(who: str, path: str, **options: object) -> Page:
        context = new_context(chromium, base_url=url, **options)
        contexts.append(context)
        let_in(context, getattr(cast, who), url)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: "Content Security Policy" in said.text and wrong.append(said.text))
        page.goto(path)
        return page

    yield at_page
    for context in contexts:
        context.close()
    assert wrong == []


def choose(page: Page, **named: bytes) -> None:
    """Files for the form's input: `a_pdf=…` is called a.pdf."""
    page.locator("#id_files").set_input_files([
        {"name": name.replace("_", "."), "mimeType": "application/octet-stream", "buffer": content}
        for name, content in named.items()
    ])  # fmt: skip


def test_chosen_files_are_there_before_the_message_is(look: Look, cast: Cast) -> None:
    page = look("carl", TICKET)
    choose(page, a_pdf=pdf(240 * 1024), b_png=picture())
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(2)
    expect(page.locator("#live")).to_have_text("b.png attached, 1 kB")
    expect(page.locator(".used .num")).to_have_text("0.3 of 30 MB")
    assert Attachment.objects.filter(message=None, owner=cast.carl).count() == 2

    page.get_by_role("button", name="Send reply").click()

    expect(page.locator(".thread .files a")).to_have_count(2)
    expect(page.locator(".attach li")).to_have_count(0)
    assert sorted(Message.objects.latest("pk").attachments.values_list("name", flat=True)) == ["a.pdf", "b.png"]
    page.reload()
    expect(page.locator(".attach li")).to_have_count(0)


def test_a_pasted_screenshot_gets_a_name_and_a_small_picture(look: Look) -> None:
    page = look("carl", TICKET)
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(300, 200);
          canvas.getContext("2d").fillRect(0, 0, 150, 200);
          const moved = new DataTransfer();
          moved.items.add(new File([await canvas.convertToBlob()], "image.png", { type: "image/png" }));
          const pasted = new ClipboardEvent("paste", { clipboardData: moved, bubbles: true, cancelable: true });
          document.querySelector("textarea[name=text]").dispatchEvent(pasted);
        }"""
    )
    expect(page.locator('.attach [data-state="staged"] .name')).to_have_text("screenshot.png")
    expect(page.locator('.attach [data-state="staged"] canvas')).to_have_count(1)


def test_a_pasted_table_is_text(look: Look) -> None:
    page = look("carl", TICKET)
    page.evaluate(
        """() => {
          const moved = new DataTransfer();
          moved.setData("text/plain", "a\\tb");
          moved.items.add(new File(["x"], "image.png", { type: "image/png" }));
          const pasted = new ClipboardEvent("paste", { clipboardData: moved, bubbles: true, cancelable: true });
          document.querySelector("textarea[name=text]").dispatchEvent(pasted);
        }"""
    )
    expect(page.locator(".attach li")).to_have_count(0)


def test_files_may_fall_anywhere_and_the_form_says_so(look: Look) -> None:
    page = look("carl", TICKET)
    dropped = [["a.pdf", "%PDF-1.7", 100, "application/pdf"]]
    page.evaluate(BRING, ["drag", dropped])
    expect(page.get_by_text("Drop the files here")).to_be_visible()
    page.evaluate(BRING, ["drop", dropped])
    expect(page.get_by_text("Drop the files here")).to_be_hidden()
    expect(page.locator('.attach [data-state="staged"] .name')).to_have_text("a.pdf")


def test_s4_10_what_is_too_much_or_of_a_wrong_kind_says_why_and_the_rest_goes_on(look: Look) -> None:
    page = look("carl", TICKET)
    eleven = [[f"{name}.pdf", "%PDF-1.7", 11 * MB - 8, "application/pdf"] for name in "abc"]
    page.evaluate(BRING, ["drop", [*eleven, ["setup.exe", "MZ", 50, ""], ["folder", "", 4096, ""]]])
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(2)
    expect(page.locator('.attach [data-state="refused"] .reason')).to_have_text([
        "“c.pdf” is too much: 33 MB of 30 MB together. Take a file away, or send a smaller one.",
        "“setup.exe” is of a kind that we do not take. We take JPG, PNG, PDF, ZIP.",
        "“folder” is empty, or a folder. Put a folder into a ZIP file first.",
    ])  # fmt: skip
    choose(page, renamed_png=b"MZ" + bytes(700))  # what only the server can see
    expect(page.locator(".attach .reason").last).to_contain_text("“renamed.png” is not what its name says")

    page.get_by_role("button", name="Dismiss renamed.png").click()
    page.locator("textarea[name=text]").fill("Two of them")
    page.get_by_role("button", name="Send reply").click()

    expect(page.locator(".thread .files a")).to_have_count(2)
    assert sorted(Message.objects.latest("pk").attachments.values_list("name", flat=True)) == ["a.pdf", "b.pdf"]


def test_a_message_waits_for_its_files(look: Look) -> None:
    page, held = look("carl", TICKET), list[Route]()
    page.route("**/files/", lambda route: held.append(route))
    choose(page, a_pdf=pdf(), b_pdf=pdf(text="b"))
    page.locator("textarea[name=text]").fill("With both")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_text("Your message leaves when the files are there.")).to_be_visible()
    assert Message.objects.count() == 1
    page.unroute("**/files/")  # what was held goes on

    expect(page.locator(".thread .files a")).to_have_count(2)
    assert [message.text for message in Message.objects.order_by("pk")[1:]] == ["With both"]


def test_a_file_that_did_not_get_through_is_tried_again_and_not_left_behind(look: Look) -> None:
    page = look("carl", TICKET)
    page.route("**/files/", lambda route: route.abort("internetdisconnected"))
    choose(page, a_pdf=pdf())
    expect(page.locator('.attach [data-state="failed"] .reason')).to_have_text("No connection.")
    page.locator("textarea[name=text]").fill("Do not go alone")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#live")).to_have_text("Not attached yet: a.pdf. Try again, or remove it.")
    expect(page.get_by_role("button", name="Try again")).to_be_focused()
    assert Message.objects.count() == 1

    page.unroute("**/files/")
    page.keyboard.press("Enter")
    expect(page.locator('.attach [data-state="staged"] .name')).to_have_text("a.pdf")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".thread .files a")).to_have_count(1)


def test_a_file_is_taken_away_by_keyboard_and_for_good(look: Look) -> None:
    page = look("carl", TICKET)
    choose(page, a_pdf=pdf(), b_pdf=pdf(text="b"))
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(2)
    page.locator("textarea[name=text]").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove a.pdf")).to_be_focused()
    with page.expect_response(re.compile("/drop/$")) as dropped:
        page.keyboard.press("Enter")
    assert dropped.value.status == 204
    expect(page.get_by_role("button", name="Remove b.pdf")).to_be_focused()
    expect(page.locator("#live")).to_have_text("a.pdf removed")
    assert [file.name for file in Attachment.objects.filter(removed_at=None)] == ["b.pdf"]


def test_leaving_and_coming_back_keeps_text_and_files(look: Look) -> None:
    page = look("ada", WORK)
    page.locator("#composer-text").fill("Half a")
    choose(page, a_pdf=pdf(2048))
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(1)
    page.goto("/desk/tickets/?view=open")
    page.go_back()
    expect(page.locator('.attach [data-state="staged"] .name')).to_have_text("a.pdf")
    expect(page.locator("#composer-text")).to_have_value("Half a")
    page.get_by_role("button", name="Reply to Carl,").click()
    expect(page.locator(".thread .files a")).to_have_count(1)
    page.reload()
    expect(page.locator(".attach li")).to_have_count(0)


def test_i08_a_message_that_came_in_meanwhile_keeps_the_files(look: Look, cast: Cast, at: datetime) -> None:
    page = look("ada", WORK)
    choose(page, a_pdf=pdf())
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(1)
    page.locator("#composer-text").fill("Careful words")
    make.reply(Ticket.objects.get(), cast.carl, at=make.later(at), text="It is out.")
    page.get_by_role("button", name="Reply to Carl,").click()
    expect(page.get_by_text("A message came in while you were writing.")).to_be_visible()
    expect(page.locator('.attach [data-state="staged"] .name')).to_have_text("a.pdf")
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator(".thread .files a")).to_have_count(1)


def test_note_mode_says_who_sees_the_files(look: Look) -> None:
    page = look("ada", WORK)
    words = page.get_by_text("Only your team sees these files.")
    choose(page, a_pdf=pdf())
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(1)
    expect(words).to_be_hidden()
    page.get_by_text("Internal note").first.click()
    expect(words).to_be_visible()


def test_an_upload_after_the_session_has_ended_says_what_to_do(look: Look) -> None:
    page = look("carl", TICKET)
    page.locator("textarea[name=text]").fill("Long words")
    Session.objects.all().delete()
    choose(page, a_pdf=pdf())
    reason = page.locator('.attach [data-state="failed"] .reason')
    expect(reason).to_contain_text("You were signed out.")
    expect(page.locator("textarea[name=text]")).to_have_value("Long words")
    assert Attachment.objects.count() == 0


def test_signing_out_while_a_file_is_on_its_way_leaves_nothing(look: Look, data: Path) -> None:
    page, held = look("carl", TICKET), list[Route]()
    page.route("**/files/", lambda route: held.append(route))
    choose(page, a_pdf=pdf())
    expect(page.locator('.attach [data-state="uploading"]')).to_have_count(1)
    page.goto("/sign-out/")
    page.locator('form[action="/sign-out/"] button').first.click()
    page.wait_for_url("**/sign-in/**")
    kept = page.evaluate("Object.keys(sessionStorage)")
    assert (Attachment.objects.count(), [key for key in kept if "draft" in key]) == (0, []), kept


@pytest.mark.parametrize(("who", "path"), [("carl", "/tickets/new/"), ("carl", TICKET), ("ada", WORK)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_whole_and_everybody_can_read_it(look: Look, who: str, path: str, scheme: str) -> None:
    page = look(who, path, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    name = "a-very-long-name-of-a-file-that-somebody-has-made-" * 3
    choose(page, a_pdf=pdf(), **{f"{name}_pdf": pdf(text="b")}, x_exe=b"MZ", y_png=b"MZ" + bytes(600))
    expect(page.locator('.attach [data-state="staged"]')).to_have_count(2)
    expect(page.locator('.attach [data-state="refused"]')).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = violations(page)
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []


def test_without_scripts_the_same_form_sends_its_files(look: Look) -> None:
    page = look("carl", TICKET, java_script_enabled=False)
    choose(page, a_pdf=pdf(), x_exe=b"MZ")
    page.locator("textarea[name=text]").fill("Plain")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("alert")).to_contain_text("We cannot take “x.exe”")
    expect(page.get_by_role("checkbox", name="Keep a.pdf")).to_be_checked()
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".thread .files a")).to_have_text(["a.pdf 1 kB"])
