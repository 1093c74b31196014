"""What every page sends along, and what data may never become on it."""

from datetime import datetime
from html.parser import HTMLParser
from typing import Final

import pytest
from django.test import Client
from pytest_django import Settings

from deskhand.accounts.models import Organization, User
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.mail.models import Mail
from deskhand.tickets.models.choices import Status, Tag
from deskhand.ui.files import PICTURE_S, SANDBOX
from deskhand.ui.http import CSP
from tests import make
from tests.cast import Cast
from tests.forms import send
from tests.security.asking import addresses, body, signed_in

CANARY: Final = 'k"><img src=x onerror=alert(1)>{{4321*1234}}<b>%(x)s'
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def of_its_own(path: str) -> dict[str, str]:
    """The few addresses that differ, and how: one shared style sheet, a file and its picture, what shows a mail or holds
    its frame.
    """
    if path.startswith("/files/") and path != "/files/":
        kept = f"private, max-age={PICTURE_S}" if path.endswith("/thumbnail") else "private, no-store"
        return {"Content-Security-Policy": SANDBOX, "Cache-Control": kept}
    if path == "/brand.css":
        return {"Cache-Control": "public, max-age=31536000, immutable"}
    if path.endswith("/html/"):
        return {"X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": ""}
    return {"Content-Security-Policy": ""} if path.startswith("/desk/mailroom/") else {}


def refers(path: str) -> dict[str, str]:
    """The page behind a signed link keeps its address, which holds the token, to itself; its form still says from where."""
    return {"Referrer-Policy": "strict-origin"} if path == "/sso/" else {}


@pytest.mark.parametrize("who", [None, "carl", "otto"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_F04_every_answer_carries_the_headers(cast: Cast, at: datetime, who: str | None, method: str) -> None:
    client = signed_in(getattr(cast, who) if who else None)
    found = {}
    for path in [*addresses(cast, at), "/nowhere/"]:
        answer = client.generic(method, path)
        wanted = {
            name: value
            for name, value in {
                **HEADERS,
                **refers(path),
                **(of_its_own(path) if answer.status_code in {200, 422} else {}),
            }.items()
            if value
        }
        got = {name: answer.headers.get(name) for name in wanted}
        if "no-store" in str(got["Cache-Control"]) and "private" in str(got["Cache-Control"]):
            del wanted["Cache-Control"], got["Cache-Control"]  # allauth says the same in more words
        policy = str(answer.headers.get("Content-Security-Policy"))
        if (
            got != wanted
            or "unsafe-eval" in policy
            or not ("frame-ancestors" in policy or policy == SANDBOX)
            or "default-src 'none'" not in policy
        ):
            found[path] = (answer.status_code, got, policy)
    assert found == {}


def test_F04_the_policy_lets_nothing_inline_run() -> None:
    assert [word for word in ("unsafe-inline", "unsafe-eval", "*", "http:", "https:") if word in CSP] == []
    for rule in (
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert rule in CSP.split("; ")


@pytest.mark.parametrize("who", [None, "carl", "otto"])
def test_F03_a_part_has_the_rights_and_headers_of_its_page(cast: Cast, at: datetime, who: str | None) -> None:
    """Every address, asked by a browser and by htmx for each part there is; a redirect may leave by HX-Redirect."""
    client = signed_in(getattr(cast, who) if who else None)
    client.cookies["script"] = "1"
    found = {}
    for path in addresses(cast, at):
        page = client.get(path)
        for target in ("ticket", "tickets", "main", "thread", "people", "outcome", "progress", "body"):
            part = client.get(path, headers={"HX-Request": "true", "HX-Target": target})
            is_same = part.status_code == page.status_code or (
                page.status_code == 303 and "HX-Redirect" in part.headers
            )
            same_headers = {name: part.headers.get(name) for name in HEADERS} == {
                name: page.headers.get(name) for name in HEADERS
            }
            varies = (
                page.status_code != 200 or part["Content-Type"] != "text/html; charset=utf-8" or path.endswith("/html/")
            )
            if not (
                is_same and same_headers and (varies or {"HX-Request", "HX-Target"} <= set(part["Vary"].split(", ")))
            ):
                found[f"{path} {target}"] = (page.status_code, part.status_code, part.headers.get("Vary"))
    assert found == {}


class Elements(HTMLParser):
    """Collects what a payload would have become: an image with its handler, a bold text that no template holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_prose = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in {"img", "script", "iframe", "form"} and (values.get("src") == "x" or "onerror" in values):
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}" for name in values if name.startswith("on") or name in {"srcdoc", "style"}]


def created(html: str) -> list[str]:
    """Elements and results that only a broken page holds."""
    reader = Elements()
    reader.feed(html)
    reader.close()
    return reader.found + [word for word in ("<img src=x", "5332114", "hx-on") if word in html.lower()]


def poison(cast: Cast, at: datetime) -> int:
    """The canary in everything that a person can type, through the forms where they take it; the number of a ticket."""
    configure(by=cast.otto, at=at, name=CANARY[:60])
    User.objects.get_queryset().update(name=CANARY)
    User.objects.get_queryset().filter(pk=cast.carl.pk).update(username=CANARY.replace("@", "")[:60])
    Organization.objects.filter(pk=cast.acme.pk).update(name=CANARY)
    for team in (cast.support, cast.private):
        team.name = f"{CANARY}{team.pk}"
        team.save()
    for status in Status.objects.all():
        status.name = status.customer_name = f"{status.pk}{CANARY}"[:40]
        status.save()
    carl, ada, otto = signed_in(cast.carl), signed_in(cast.ada), signed_in(cast.otto)
    carl.get("/tickets/new/", headers={"User-Agent": CANARY, "X-Forwarded-For": CANARY, "Referer": CANARY})
    assert send(carl, "/tickets/new/", "/tickets/new/", subject=CANARY, text=CANARY).status_code == 303
    desk = "/desk/tickets/1001/"
    assert send(ada, desk, f"{desk}messages/", kind="note", text=CANARY).status_code == 303
    assert send(ada, desk, f"{desk}messages/", kind="reply", text=CANARY).status_code == 303
    assert send(ada, desk, f"{desk}tags/", add=CANARY[:40]).status_code == 303
    assert send(ada, desk, f"{desk}subject/", subject=f"{CANARY} again").status_code == 303
    assert send(ada, desk, f"{desk}team/", team=cast.support.pk).status_code == 303
    assert send(ada, desk, f"{desk}assignee/", assignee=cast.ada.pk).status_code == 303
    invited = send(otto, "/desk/people/invite/", "/desk/people/invite/", email="new@x.example", name=CANARY)
    assert invited.status_code == 303
    assert send(otto, "/desk/mailroom/", "/desk/mailroom/test/").status_code == 303
    jobs.run_due(at=jobs.database_now())
    return 1001


@pytest.mark.parametrize("who", ["carl", "mona", "ada", "otto", None])
def test_F06_name_canary_is_escaped_on_all_pages(cast: Cast, at: datetime, who: str | None) -> None:
    number = poison(cast, at)
    assert (Tag.objects.filter(name=CANARY[:40].lower()).count(), Mail.objects.count() > 3) == (1, True)
    client = signed_in(getattr(cast, who) if who else None)
    paths = {
        *addresses(cast, at), f"/tickets/{number}/", f"/desk/tickets/{number}/?view=open", "/desk/search/?q=onerror",
        "/tickets/?q=onerror",
        f"/desk/search/?q={CANARY}", f"/tickets/?q={CANARY}", f"/tickets/new/?subject={CANARY}", f"/desk/people/?q={CANARY}",
        f"/desk/mailroom/?q={CANARY}", f"/desk/tickets/new/?customer={CANARY}", f"/sign-in/?next={CANARY}", f"/{CANARY}/",
        *(f"/desk/mailroom/{mail.pk}/{part}" for mail in Mail.objects.all() for part in ("", "html/")),
    }  # fmt: skip
    answers = {path: client.get(path) for path in paths}
    downloads = {path for path, answer in answers.items() if "attachment" in answer.get("Content-Disposition", "")}
    assert [path for path in downloads if "html" in answers[path]["Content-Type"]] == []
    shown = {path: body(answer) for path, answer in answers.items() if path not in downloads}
    assert {path: found for path, html in shown.items() if (found := created(html))} == {}
    if who:
        assert len([path for path, html in shown.items() if "&gt;&lt;img src=x" in html]) > 10


def test_F06_C14_a_canary_is_text_in_every_mail(cast: Cast, at: datetime) -> None:
    """The text body may hold it as it was typed: no program reads that as HTML."""
    poison(cast, at)
    mails = list(Mail.objects.all())
    assert {mail.kind for mail in mails} == {"ticket", "invitation", "test"}
    assert [found for mail in mails if (found := created(mail.html))] == []
    assert any("{{4321*1234}}" in mail.text and "&lt;img src=x" in mail.html for mail in mails)
    assert [mail.subject for mail in mails if "5332114" in mail.subject or "\n" in mail.subject] == []


def test_a_canary_that_became_an_element_is_seen() -> None:
    assert created(f"<p>{CANARY}</p>") != []
    assert created('<p title="k&quot;&gt;&lt;img src=x onerror=alert(1)&gt;{{4321*1234}}">x</p>') == []


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/tickets/999999/", "/desk/", "/set-up/x/", "/tickets/999999%00/", "/%ff/"]
)
def test_F10_error_pages_show_nothing(cast: Cast, client: Client, path: str) -> None:
    client.force_login(cast.carl)
    answer = client.get(path)
    html = answer.content.decode()
    assert answer.status_code in {403, 404}
    assert [
        word
        for word in ("999999", "Traceback", "Django", "deskhand/", "deskhand.portal", "nowhere", "Exception", "5.2")
        if word in html
    ] == []


def test_F10_a_crash_shows_nothing(cast: Cast, at: datetime, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our fault is told in words, without the inside."""
    client.raise_request_exception = False
    client.force_login(cast.carl)
    monkeypatch.setattr("deskhand.portal.home.RECENT", "secret word")
    answer = client.get("/")
    html = answer.content.decode()
    assert (answer.status_code, "Something went wrong on our side" in html) == (500, True)
    assert [
        word for word in ("secret word", "Traceback", "TypeError", "deskhand.portal", "Django") if word in html
    ] == []


@pytest.mark.parametrize(
    "host", ["evil.example", "desk.example.evil.example", "desk.example:x", "a b", "[", "desk.example\\@evil"]
)
def test_E05_a_foreign_host_is_no_page(cast: Cast, client: Client, settings: Settings, host: str) -> None:
    settings.ALLOWED_HOSTS = ["desk.example"]
    for headers in ({"HTTP_HOST": host},):
        answer = client.get("/sign-in/", **headers)
        assert (answer.status_code, "evil" in answer.content.decode()) == (400, False)
    believed = client.get("/tickets/", HTTP_HOST="desk.example", HTTP_X_FORWARDED_HOST="evil.example")
    assert (believed.status_code, "evil" in believed["Location"]) == (303, False)


def test_H01_note_canary_absent_everywhere(cast: Cast, at: datetime) -> None:
    """A note, a tag, a private team's name: on no page of the portal, in no part, in no mail to a customer."""
    ticket = make.reply(make.ticket(cast.carl, at=at, team=cast.support), cast.ada, at=at)
    make.note(ticket, cast.ada, at=make.later(at), text="zugzwang note")
    desk = f"/desk/tickets/{ticket.number}/"
    assert send(signed_in(cast.ada), desk, f"{desk}tags/", add="zugzwang-tag").status_code == 303
    make.reply(ticket, cast.ada, at=make.later(at, 2), text="A public word.")
    jobs.run_due(at=make.later(at, 3))
    jobs.run_due(at=jobs.database_now())
    for who in ("carl", "cora", "mona", "eve", None):
        client = signed_in(getattr(cast, who) if who else None)
        for path in [*addresses(cast, at), f"/tickets/{ticket.number}/"]:
            for headers in ({}, {"HX-Request": "true", "HX-Target": "ticket"}):
                assert "zugzwang" not in body(client.get(path, headers=headers)), f"{who} {path}"
    assert "zugzwang" in signed_in(cast.ada).get(desk).content.decode()
    mails = Mail.objects.filter(to_address__endswith="@customer.example")
    assert [mail.to_address for mail in mails if "public word" in mail.text] == [cast.carl.email]
    assert [mail.pk for mail in mails if "zugzwang" in mail.text + mail.html + mail.subject] == []
