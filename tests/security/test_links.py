"""Links in mails are opened by programs: previews, virus scanners, mail readers. To open one signs nobody in and changes nothing
(S1.c8). What a link is for takes a press of a button on its page.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deskhand.accounts import changes
from deskhand.accounts.models import User
from deskhand.automation import sweeps
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.mail.models import MASK, Kind, Mail
from deskhand.mail.trial import post_trial
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Priority
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import send
from tests.security.asking import signed_in

LINK = re.compile(r"http://desk\.example[^\s\"'<>)]*")
WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
# A link to choose a new password is kept in the visitor's own session, so that it leaves the address line; it signs nobody in.
# The count of who comes to the door how often is nobody's data.
HARMLESS = {"accounts_session", "shared_cache"}
# A page that somebody reads who is signed in remembers that they have, for without JavaScript nothing else would.
SEEN = {"tickets_seen"}


def about_tickets(cast: Cast, at: datetime) -> None:
    """A ticket with everything that is told of one."""
    make.promises(high=60)
    configure(by=cast.otto, at=at, auto_close_days=7, auto_close_warning_days=2)
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
        change.follow(cast.cora)
        change.follow(cast.lena)
        change.set_priority(Priority.objects.get(slug="urgent"))
    make.reply(ticket, cast.ada, at=at)
    make.note(ticket, cast.ada, at=at)
    for category in (Category.WAITING, Category.CLOSED, Category.IN_PROGRESS, Category.RESOLVED):
        make.in_category(ticket, category, by=cast.ada, at=at)
        jobs.run_due(at=at)
    for sweep in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet):
        for days in (5.5, 8):
            sweep(at=at + timedelta(days=days))
    jobs.run_due(at=at + timedelta(days=8))


def about_accounts(cast: Cast, at: datetime) -> None:
    """Everything that is mailed about an account: by our rooms and by allauth."""
    changes.invite(email="ines@x.example", name="Ines", by=cast.otto, at=at)
    make.purchase("paula@x.example", make.product(at=at), at=at)
    make.purchase(cast.carl, make.product("hosting", at=at), at=at, reference="SHOP-2")
    post_trial(to=cast.otto, at=at)
    jobs.run_due(at=at)
    browser = Client()
    browser.post("/password/forgotten/", {"email": cast.carl.email})
    browser.post("/password/forgotten/", {"email": "nobody@x.example"})
    browser.post("/sign-in/code/", {"email": cast.mona.email})
    EmailAddress.objects.create(user=cast.eve, email="eve@home.example", verified=False, primary=False)
    browser.post("/sign-in/", {"login": "eve@home.example", "password": PASSWORD})  # mails a link to confirm it
    configure(by=cast.otto, at=at, registration="open")
    given = {"name": "X", "password1": "a sentence of words", "agrees": "on"}
    browser.post("/sign-up/", {**given, "email": cast.carl.email})
    browser.post("/sign-up/", {**given, "email": "new@x.example"})
    cora = Client()
    cora.force_login(cast.cora)
    page = "/account/password/"
    send(cora, page, page, oldpassword=PASSWORD, password="another sentence of words")
    jobs.run_due(at=timezone.now())


@pytest.fixture
def at() -> datetime:
    """Now: links grow old."""
    return timezone.now()


@pytest.fixture
def mails(cast: Cast, at: datetime) -> list[Mail]:
    about_accounts(cast, at)
    about_tickets(cast, at)
    return list(Mail.objects.order_by("pk"))


def links(mails: Iterable[Mail]) -> dict[str, User | None]:
    """Every address in a mail, in its text or its HTML, and to whom it went."""
    found = {}
    for mail in mails:
        for body in (mail.text, mail.html):
            for address in LINK.findall(unescape(body).replace(MASK, mail.secret or MASK)):
                found[address.removeprefix("http://desk.example").rstrip(".")] = mail.recipient
    return found


def shape(path: str) -> str:
    """A link without what differs from one mail to the next."""
    return re.sub(r"[^/]*\d[^/]*|(?<=/confirm/)[^/]+", "…", urlsplit(path).path)


def follow(browser: Client, path: str, method: str) -> tuple[set[str], int]:
    """What a program writes that opens this link and goes where it is sent, and where that ends."""
    with CaptureQueriesContext(connection) as asked:
        answer = browser.generic(method, path, follow=False)
        for _hop in range(3):
            if answer.status_code not in {301, 302, 303, 307}:
                break
            answer = browser.generic(method, answer["Location"])
    written = {found for query in asked.captured_queries for found in WRITES.findall(query["sql"])}
    return written - HARMLESS, answer.status_code


def test_there_is_a_link_of_every_kind(mails: list[Mail]) -> None:
    assert {mail.kind for mail in mails} == set(Kind.values)
    assert {shape(path) for path in links(mails)} == {
        "/", "/account/", "/confirm/…/", "/desk/tickets/…/", "/password/forgotten/", "/password/new/…/", "/tickets/…/",
        "/welcome/…/",
    }  # fmt: skip


def test_S1c8_to_open_a_link_signs_nobody_in_and_changes_nothing(mails: list[Mail], cast: Cast) -> None:
    """As nobody, as whom the mail went to, and as somebody else who got it passed on; by GET and by HEAD, and once more."""
    bystander = signed_in(cast.mona)
    for path, reader in links(mails).items():
        for method in ("HEAD", "GET", "GET"):
            stranger = Client()
            assert follow(stranger, path, method)[0] == set(), (method, path)
            assert settings.SESSION_COOKIE_NAME not in stranger.cookies or "_auth_user_id" not in stranger.session, path
            assert follow(bystander, path, method)[0] <= SEEN, (method, path)
            assert bystander.session["_auth_user_id"] == str(cast.mona.pk)
            if reader is not None and reader.activated_at is not None:
                own = signed_in(reader)
                assert follow(own, path, method)[0] <= SEEN, (method, path)
                assert own.session["_auth_user_id"] == str(reader.pk)


def test_S1c8_what_was_opened_still_works(mails: list[Mail], cast: Cast) -> None:
    """A scanner that has read the mail first has used nothing up."""
    found = links(mails)
    for path in found:
        for method in ("HEAD", "GET"):
            follow(Client(), path, method)
    by_shape = {shape(path): path for path in found}
    invited = next(
        path
        for path, reader in found.items()
        if reader is not None and reader.email == "ines@x.example" and "welcome" in path
    )
    answer = send(Client(), invited, invited, name="Ines", password="a sentence of words")
    assert (answer.status_code, User.objects.get(email="ines@x.example").is_invited) == (303, False)
    browser = Client()
    form = browser.get(by_shape["/password/new/…/"])["Location"]
    assert (
        send(browser, form, form, password1="a sentence of words", password2="a sentence of words").status_code == 303
    )
    confirm = next(path for path, reader in found.items() if "/confirm/" in path)
    browser = Client()
    assert send(browser, confirm, confirm).status_code == 303
    assert EmailAddress.objects.filter(email__in=["eve@home.example", "new@x.example"], verified=True).exists()
