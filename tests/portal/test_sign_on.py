"""The page of a signed link: it asks, its button signs in, and nothing of it stays behind (S5.3, 1.23, 1.24, A17)."""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from deskhand.accounts import changes, sign_on
from deskhand.accounts.models import Identity, SignOnSource, UsedSignOn, User
from deskhand.config.logs import Json, Line, covered
from deskhand.desk.changes import configure
from tests.accounts.tokens import product, token
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send
from tests.security.asking import writes

SSO = "/sso/"
LINK = "/sso/link/"


@pytest.fixture
def shop(cast: Cast, at: datetime) -> SignOnSource:
    return product(at=at)


def address(shop: SignOnSource, *, next: str = "", **other: object) -> str:  # noqa: A002 - the parameter's own name
    query = {"token": token(shop, at=timezone.now(), **other)}
    return f"{SSO}?{urlencode(query | ({'next': next} if next else {}))}"


def press(client: Client, page: str, **data: object) -> HttpResponse:
    return send(client, page, SSO, **data)


def who(client: Client) -> int | None:
    pk = client.session.get("_auth_user_id")
    return int(pk) if pk else None


def nora() -> User:
    return User.objects.get(email="nora@x.example")


def test_the_page_asks_and_changes_nothing(client: Client, shop: SignOnSource) -> None:
    """Whatever opens links by itself signs nobody in, and the link still works afterwards."""
    page = address(shop, next="/tickets/new/")
    for method in ("GET", "HEAD", "GET"):
        assert writes(client, page, method) == []
    answer = client.get(page)
    html = answer.content.decode()
    assert ("Continue as Nora Berg?" in html, "Shop sends you to Nordlys support as nora@x.example." in html) == (
        True,
        True,
    )
    assert (answer.status_code, who(client), UsedSignOn.objects.count()) == (200, None, 0)
    assert User.objects.get_queryset().filter(email="nora@x.example").exists() is False
    assert press(client, page).status_code == 303


def test_the_button_signs_in_and_leads_where_the_link_said(client: Client, shop: SignOnSource) -> None:
    answer = press(client, address(shop, next="/tickets/new/"))
    assert (answer.status_code, answer["Location"], who(client)) == (303, "/tickets/new/", nora().pk)
    assert client.get("/account/").status_code == 200
    assert press(Client(), address(shop, jti="a-2"))["Location"] == "/"


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example", " /x",
              "//good\\@evil.example", "/" + "x" * 1000],
)  # fmt: skip
def test_F05_next_leads_nowhere_else(client: Client, shop: SignOnSource, next_: str) -> None:
    page = address(shop, next=next_)
    assert "evil.example" not in client.get(page).content.decode()
    assert press(client, page, next=next_)["Location"] == "/"


def test_a17_the_session_is_a_new_one_and_nothing_of_somebody_elses_is_left(
    client: Client, shop: SignOnSource, cast: Cast
) -> None:
    """Neither a session that was there before (fixation) nor what the person before had in it."""
    client.force_login(cast.carl)
    session = client.session
    session["typed"] = "carl's"
    session.save()
    before = session.session_key
    page = address(shop)
    assert "You are signed in here as Carl, who will be signed out." in client.get(page).content.decode()
    press(client, page)
    assert (who(client), client.session.get("typed")) == (nora().pk, None)
    assert client.session.session_key != before
    anonymous = Client()
    session = anonymous.session
    session["chosen"] = "by a stranger"
    session.save()
    anonymous.cookies["session"] = session.session_key
    press(anonymous, address(shop, jti="a-2"))
    assert anonymous.session.session_key != session.session_key
    assert who(anonymous) == nora().pk


def test_the_button_needs_its_page(shop: SignOnSource, cast: Cast) -> None:
    """Nobody is signed in as somebody else by a page of a stranger's: no one-time key, no token of the form, no."""
    given = token(shop, at=timezone.now())
    assert Client().post(SSO, {"token": given}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    sent = fill(strict.get(address(shop)).content.decode(), SSO)
    assert strict.post(SSO, {**sent, "csrfmiddlewaretoken": "x" * 64}).status_code in {303, 403}
    assert strict.post(SSO, sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert (who(strict), UsedSignOn.objects.count()) == (None, 0)
    assert strict.post(SSO, sent).status_code == 303
    assert who(strict) == nora().pk


def test_a_second_press_and_a_second_use(client: Client, shop: SignOnSource) -> None:
    page = address(shop, next="/tickets/")
    sent = fill(client.get(page).content.decode(), SSO)
    elsewhere = Client()
    kept = fill(elsewhere.get(page).content.decode(), SSO)
    assert client.post(SSO, sent).status_code == 303
    # The same form once more in this browser, and the link in another one, which had the page open.
    for browser, form in ((client, sent), (elsewhere, kept), (Client(), sent)):
        answer = browser.post(SSO, form)
        assert (answer.status_code, "This link has been used" in answer.content.decode()) == (410, True)
    again = Client().get(page)
    assert (again.status_code, 'href="/sign-in/?next=/tickets/"' in again.content.decode()) == (410, True)
    assert (who(elsewhere), UsedSignOn.objects.count(), Identity.objects.count()) == (None, 1, 1)


def test_a_form_that_was_shown_to_somebody_else_is_shown_anew(client: Client, shop: SignOnSource, cast: Cast) -> None:
    sent = fill(client.get(address(shop)).content.decode(), SSO)
    client.force_login(cast.carl)
    answer = client.post(SSO, sent)
    assert (answer.status_code, "who will be signed out" in answer.content.decode(), who(client)) == (
        200,
        True,
        cast.carl.pk,
    )
    assert client.post(SSO, fill(answer.content.decode(), SSO)).status_code == 303
    assert who(client) == nora().pk


def test_too_late_and_wrong(client: Client, shop: SignOnSource) -> None:
    page = address(shop)
    sent = fill(client.get(page).content.decode(), SSO)
    with time_machine.travel(timezone.now() + timedelta(seconds=71)):
        for answer in (client.get(page), client.post(SSO, sent)):
            assert (answer.status_code, "This link is old" in answer.content.decode()) == (410, True)
    for answer in (client.get(SSO), client.post(SSO), client.get(f"{SSO}?token=x.y.z"), client.get(page[:-1])):
        assert (answer.status_code, "This link does not work" in answer.content.decode()) == (400, True)
    assert (who(client), UsedSignOn.objects.count()) == (None, 0)


def test_an_account_that_is_there_is_opened_as_always_and_then_linked(
    client: Client, shop: SignOnSource, cast: Cast
) -> None:
    """Signed in by nothing but carl's own password; the link is his yes, by POST; from then on he comes in by himself."""
    carl = {"email": cast.carl.email, "name": "Carl"}
    answer = press(client, address(shop, next="/tickets/", **carl))
    assert (answer.status_code, answer["Location"], who(client)) == (303, LINK, None)
    shown = client.get(LINK).content.decode()
    assert ("You have an account already" in shown, "/sign-in/?next=/sso/link/" in shown) == (True, True)
    assert client.post(LINK).status_code == 200  # signed out, nothing is linked
    answer = send(client, "/sign-in/?next=/sso/link/", "/sign-in/", login="carl", password=PASSWORD)
    assert (answer["Location"], Identity.objects.count()) == (LINK, 0)
    assert [table for table in writes(client, LINK) if "identity" in table] == []
    answer = send(client, LINK, LINK)
    assert (answer.status_code, answer["Location"]) == (303, "/tickets/")
    assert Identity.objects.get().user == cast.carl
    assert "From now on Shop brings you here." in client.get("/tickets/").content.decode()
    other = Client()
    assert press(other, address(shop, jti="a-2", **carl)).status_code == 303
    assert who(other) == cast.carl.pk
    assert client.get(LINK).status_code == 410


def test_a_code_by_mail_is_as_good_as_the_password(client: Client, shop: SignOnSource, cast: Cast) -> None:
    from deskhand.mail.models import Mail

    press(client, address(shop, email=cast.carl.email))
    client.post("/sign-in/code/", {"email": cast.carl.email, "next": LINK})
    code = Mail.objects.get(to_address=cast.carl.email).secret
    answer = client.post("/sign-in/code/enter/", {"code": code, "next": LINK})
    assert (answer.status_code, who(client)) == (303, cast.carl.pk)
    assert send(client, LINK, LINK).status_code == 303
    assert Identity.objects.get().user == cast.carl


def test_a_session_alone_links_nothing(client: Client, shop: SignOnSource, cast: Cast) -> None:
    """Who is signed in since yesterday gives the password once more; who has none signs in with a code."""
    client.force_login(cast.carl)
    press(client, address(shop, email=cast.carl.email))
    answer = client.post(LINK)
    assert (answer.status_code, answer["Location"]) == (303, "/account/it-is-you/?next=%2Fsso%2Flink%2F")
    cast.carl.set_unusable_password()
    cast.carl.save()
    client.force_login(cast.carl)
    press(client, address(shop, jti="a-2", email=cast.carl.email))
    answer = client.post(LINK)
    assert ("Sign in once more" in answer.content.decode(), Identity.objects.count()) == (True, 0)


@pytest.mark.parametrize("who_", ["eve", "otto"])
def test_another_account_and_staff_are_never_linked(client: Client, shop: SignOnSource, cast: Cast, who_: str) -> None:
    person = getattr(cast, who_)
    press(client, address(shop, email=cast.otto.email if who_ == "otto" else cast.carl.email))
    send(client, "/sign-in/?next=/sso/link/", "/sign-in/", login=who_, password=PASSWORD)
    for answer in (client.get(LINK), client.post(LINK)):
        assert (answer.status_code, "This is not that account" in answer.content.decode()) == (403, True)
    assert (who(client), Identity.objects.count()) == (person.pk, 0)


def test_the_wish_to_be_linked_ends_after_ten_minutes(
    client: Client, shop: SignOnSource, cast: Cast, at: datetime
) -> None:
    press(client, address(shop, email=cast.carl.email))
    assert client.get(LINK).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        assert client.get(LINK).status_code == 410
    assert client.get(LINK).status_code == 200
    sign_on.revoke_source(shop, by=cast.otto, at=at)
    assert client.get(LINK).status_code == 410


def test_the_deactivated_and_who_became_staff(client: Client, shop: SignOnSource, cast: Cast, at: datetime) -> None:
    press(Client(), address(shop))
    changes.change_role(nora(), role="agent", by=None, at=at)
    answer = press(client, address(shop, jti="a-2"))
    assert (answer.status_code, "Please sign in here" in answer.content.decode()) == (403, True)
    changes.change_role(nora(), role="customer", by=None, at=at)
    changes.deactivate(nora(), by=cast.otto, at=at)
    answer = press(client, address(shop, jti="a-3"))
    assert (answer.status_code, "This account is deactivated" in answer.content.decode()) == (403, True)
    assert who(client) is None


def test_the_token_leaves_no_trace(
    client: Client, shop: SignOnSource, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a log, whatever is logged; not in a Referer; not in the session; not in what a page that fails keeps."""
    page = address(shop)
    given = page.partition("token=")[2]
    monkeypatch.setattr(logging.getLogger("deskhand.request"), "level", logging.INFO)
    with caplog.at_level(logging.INFO):
        answer = client.get(page)
        client.post(SSO, fill(answer.content.decode(), SSO))
        client.get(page)
        client.get(f"{page}x")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert ("GET /sso/" in said, given in said, given.split(".")[2] in said) == (True, False, False)
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("strict-origin", "private, no-store")
    record = logging.makeLogRecord({"msg": f"Forbidden: {page}"})
    assert [given.split(".")[1] in form.format(record) for form in (Line("%(message)s"), Json())] == [False, False]
    assert covered(f"/sso/?token={given}&next=/") == "/sso/?token=eyJ…&next=/"
    strict = Client(enforce_csrf_checks=True)
    page = address(shop, jti="a-2")
    sent = fill(strict.get(page).content.decode(), SSO)
    strict.post(SSO, {**sent, "csrfmiddlewaretoken": ""})
    assert sent["token"][0] not in str(dict(strict.session))


def test_the_way_back_comes_along(client: Client, shop: SignOnSource, cast: Cast, at: datetime) -> None:
    """Also into the new session that follows somebody else's (S5.3)."""
    configure(by=cast.otto, at=at, return_addresses=["https://shop.example"])
    client.force_login(cast.carl)
    press(client, f"{address(shop)}&return=https%3A%2F%2Fshop.example%2Fadmin")
    page = client.get("/").content.decode()
    assert (who(client), 'href="https://shop.example/admin"' in page) == (nora().pk, True)


def test_e06_the_button_is_no_oracle_to_be_pressed_for_ever(client: Client, shop: SignOnSource) -> None:
    """Sixty presses a minute from one address, whatever they carry; other addresses go on."""
    cache.clear()
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [client.post(SSO, {"token": "x"}).status_code for _press in range(61)]
        assert (statuses[:60], statuses[60]) == ([400] * 60, 429)
        assert client.get(address(shop)).status_code == 200
        other = Client(REMOTE_ADDR="203.0.113.9")
        assert press(other, address(shop)).status_code == 303
    cache.clear()


def test_an_unconfirmed_address_of_somebody_elses_takes_nothing(client: Client, shop: SignOnSource, cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.eve, email="nora@x.example", verified=False, primary=False)
    press(client, address(shop))
    assert who(client) not in {None, cast.eve.pk}
