"""Webhooks, as an administrator sets them up and looks after them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from deskhand.core import jobs, signatures
from deskhand.core.models import AuditEntry, Job
from deskhand.notifications import hooks
from deskhand.notifications.models import Delivery, Hook
from deskhand.notifications.queries import PAGE as MOST
from deskhand.staff.settings_hooks import KINDS
from deskhand.tickets.events import Kind
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send
from tests.receiver import Receiver, receiving

PAGE = "/desk/settings/webhooks/"
NEW = f"{PAGE}new/"
PROOF = "/account/it-is-you/"
NO = b"HTTP/1.1 500 No\r\nContent-Length: 8\r\n\r\nno space"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving() as found:
        settings.OUTBOUND_ALLOW = [found.place]
        yield found


@pytest.fixture
def hook(cast: Cast, receiver: Receiver, at: datetime) -> Hook:
    return hooks.add_hook(name="Shop", url=receiver.url, kinds=[Kind.REPLIED], by=cast.otto, at=at)[0]


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


@pytest.fixture
def proven(otto: Client) -> Client:
    """otto has just given the password."""
    send(otto, PROOF, PROOF, password=PASSWORD)
    return otto


def shown(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_only_administrators_get_in(client: Client, cast: Cast, hook: Hook) -> None:
    one = f"{PAGE}{hook.pk}/"
    posts = [NEW, one, f"{one}test/", f"{one}remove/", f"{one}deliveries/1/again/"]
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert [client.get(page).status_code for page in (PAGE, NEW, one)] == [403] * 3
        assert [client.post(page).status_code for page in posts] == [403] * 5
    assert Hook.objects.count() == 1


def test_every_kind_has_words() -> None:
    """A kind that is new must be choosable."""
    assert set(KINDS) == set(Kind)


def test_added_its_secret_shown_once(proven: Client, cast: Cast, receiver: Receiver) -> None:
    """The answer to the form has the secret; no page has it afterwards, not even its own; a second press makes no second."""
    sent = fill(
        shown(proven, NEW),
        NEW,
        name=" Shop ",
        url=f" {receiver.url} ",
        public=["ticket.replied"],
        internal=["ticket.noted"],
    )
    answer = proven.post(NEW, sent)
    made = Hook.objects.get()
    secret = hooks.secret_of(made)

    assert (answer.status_code, f'value="{secret}"' in answer.content.decode()) == (200, True)
    assert answer["Cache-Control"] == "private, no-store"
    assert (made.name, made.url, made.kinds, made.is_active, made.created_by) == (
        "Shop", receiver.url, ["ticket.replied", "ticket.noted"], True, cast.otto,
    )  # fmt: skip
    assert receiver.connections == 0
    again = proven.post(NEW, sent)
    assert (again.status_code, again["Location"], Hook.objects.count()) == (303, PAGE, 1)
    assert [secret in shown(proven, page) for page in (PAGE, f"{PAGE}{made.pk}/", "/desk/settings/audit/")] == [
        False
    ] * 3
    assert "added the webhook “Shop”" in shown(proven, "/desk/settings/audit/")


def test_the_password_is_asked_for_and_what_was_typed_is_there_again(otto: Client, receiver: Receiver) -> None:
    """A session that somebody has stolen tells nobody outside."""
    asked = send(otto, NEW, NEW, name="Shop", url=receiver.url, public=["ticket.replied"])
    assert (asked.status_code, asked["Location"].partition("?")[0], Hook.objects.count()) == (303, PROOF, 0)
    back = send(otto, asked["Location"], PROOF, password=PASSWORD)
    page = shown(otto, back["Location"])
    typed = fill(page, NEW)
    assert (typed["name"], typed["url"], typed["public"], "internal" in typed) == (
        ["Shop"], [receiver.url], ["ticket.replied"], False,
    )  # fmt: skip
    assert otto.post(NEW, typed).status_code == 200
    assert Hook.objects.get().kinds == ["ticket.replied"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "This field is required."),
        ("shop.example", "Write an address like"),
        ("http://169.254.169.254/latest/", "network of the desk’s own"),
        ("http://localhost:8000/", "network of the desk’s own"),
        ("http://2130706433/", "That is no host."),
        ("https://shop.example:6379/", "ports 80, 443 and 8000 to 8999 only"),
    ],
)
def test_g05_a_bad_address_is_refused_at_save(
    proven: Client, hook: Hook, receiver: Receiver, url: str, words: str
) -> None:
    """For a new one and for an old one; what was typed stands there again, and nothing was asked for."""
    one = f"{PAGE}{hook.pk}/"
    for page in (NEW, one):
        answer = send(proven, page, page, name="Other", url=url, public=["ticket.opened"])
        html = answer.content.decode()
        assert (answer.status_code, words in html) == (422, True)
        typed = fill(html, page)
        assert (typed["name"], typed["url"], typed["public"]) == (["Other"], [url], ["ticket.opened"])
    assert (Hook.objects.get().name, Hook.objects.get().url, receiver.connections) == ("Shop", receiver.url, 0)


def test_changed_and_switched_off(otto: Client, hook: Hook, receiver: Receiver) -> None:
    """Name, kinds and switch need no password; another address does."""
    one = f"{PAGE}{hook.pk}/"
    answer = send(otto, one, one, name="Chat", public=[], internal=["ticket.moved"], is_active=None)
    hook.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, one)
    assert (hook.name, hook.kinds, hook.is_active) == ("Chat", ["ticket.moved"], False)
    page = shown(otto, one)
    assert ("Saved: Name, Switched on, What it hears of, What only your staff knows." in page) is True
    assert (f'action="{one}test/"' in page, "switched off" in page) == (False, True)
    assert [entry.after for entry in AuditEntry.objects.filter(action="hook.changed")] == [
        {"name": "Chat", "kinds": ["ticket.moved"], "is_active": False}
    ]
    asked = send(otto, one, one, url=receiver.url + "&x=1")
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (303, PROOF)
    assert Hook.objects.get().url == receiver.url
    send(otto, asked["Location"], PROOF, password=PASSWORD)
    typed = fill(shown(otto, one), one)
    assert (typed["url"], "is_active" in typed) == ([receiver.url + "&x=1"], False)
    assert otto.post(one, typed).status_code == 303
    assert Hook.objects.get().url == receiver.url + "&x=1"


def test_a_test_and_what_became_of_it(otto: Client, hook: Hook, receiver: Receiver) -> None:
    """The list says what the receiver said, in words for an administrator."""
    one = f"{PAGE}{hook.pk}/"
    assert "Nothing was sent yet." in shown(otto, one)
    answer = send(otto, one, f"{one}test/")
    assert (answer.status_code, answer["Location"]) == (303, f"{one}#deliveries")
    assert "Waiting</span>" in shown(otto, one)
    jobs.run_due(at=timezone.now())
    page = shown(otto, one)
    assert ("Arrived</span>" in page, "1 try, HTTP 204" in page) == (True, True)
    signatures.verify(
        hooks.secret_of(hook), headers=receiver.requests[0].headers, body=receiver.requests[0].body, at=timezone.now()
    )
    assert "Last message arrived" in shown(otto)


def test_what_fails_says_why_and_is_sent_again(otto: Client, hook: Hook, receiver: Receiver, cast: Cast) -> None:
    """The page says since when, the list why; a press sends it now."""
    one, now = f"{PAGE}{hook.pk}/", timezone.now()
    receiver.answer = NO
    make.reply(make.ticket(cast.carl, at=now), cast.ada, at=now)
    jobs.run_due(at=now)
    page = shown(otto, one)
    assert ("HTTP 500: no space" in page, "It has not answered as it should since" in page) == (True, True)
    assert "does not answer" in shown(otto)
    receiver.answer = b"HTTP/1.1 200 OK\r\n\r\n"
    (delivery,) = Delivery.objects.all()
    answer = send(otto, one, f"{one}deliveries/{delivery.pk}/again/")
    assert (answer.status_code, answer["Location"]) == (303, f"{one}#deliveries")
    jobs.run_due(at=timezone.now() + timedelta(seconds=1))
    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(delivery.key)] * 2
    page = shown(otto, one)
    assert ("It has not answered" in page, "no space" in page) == (False, False)


def test_what_is_switched_off_sends_nothing(otto: Client, hook: Hook, cast: Cast, at: datetime) -> None:
    """Not even by a page that was open before."""
    one = f"{PAGE}{hook.pk}/"
    page = shown(otto, one)
    hooks.change_hook(hook, name="Shop", url=hook.url, kinds=[], is_active=False, by=cast.otto, at=at)
    answer = otto.post(f"{one}test/", fill(page, f"{one}test/"))
    assert (answer.status_code, Delivery.objects.count(), Job.objects.count()) == (303, 0, 0)
    assert "It is switched off: nothing is sent there." in shown(otto, one)


def test_what_the_receiver_says_is_no_markup(otto: Client, hook: Hook, receiver: Receiver) -> None:
    """Its words are shown as words."""
    one = f"{PAGE}{hook.pk}/"
    receiver.answer = b"HTTP/1.1 400 Bad\r\n\r\n<img src=x onerror=alert(1)>\x00\x1b[31m"
    send(otto, one, f"{one}test/")
    jobs.run_due(at=timezone.now())
    page = shown(otto, one)
    assert ("<img src=x" in page, "&lt;img src=x onerror=alert(1)&gt;" in page, "\x1b" in page) == (False, True, False)


def test_a_message_of_another_webhook_is_not_here(
    otto: Client, hook: Hook, cast: Cast, receiver: Receiver, at: datetime
) -> None:
    """Each page has its own messages."""
    other = hooks.add_hook(name="Chat", url=receiver.url, kinds=[], by=cast.otto, at=at)[0]
    delivery = hooks.send_test(other, by=cast.otto, at=at)
    page = shown(otto, f"{PAGE}{other.pk}/")
    again = f"{PAGE}{other.pk}/deliveries/{delivery.pk}/again/"
    answer = otto.post(f"{PAGE}{hook.pk}/deliveries/{delivery.pk}/again/", fill(page, again))
    assert answer.status_code == 404
    assert str(delivery.key) not in shown(otto, f"{PAGE}{hook.pk}/")


def test_removed(otto: Client, hook: Hook, cast: Cast, at: datetime) -> None:
    """With its messages; a second press shows the same."""
    one = f"{PAGE}{hook.pk}/"
    hooks.send_test(hook, by=cast.otto, at=at)
    sent = fill(shown(otto, one), f"{one}remove/")
    for _press in range(2):
        answer = otto.post(f"{one}remove/", sent)
        assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert (Hook.objects.count(), Delivery.objects.count()) == (0, 0)
    assert "No program listens." in shown(otto)
    assert otto.get(one).status_code == 404


def test_long_lists_and_queries(
    otto: Client, hook: Hook, cast: Cast, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Fifty a page; no query for a row."""
    one = f"{PAGE}{hook.pk}/"
    for _number in range(MOST + 1):
        hooks.send_test(hook, by=cast.otto, at=at)
    first = shown(otto, one)
    assert first.count('id="delivery-') == MOST
    older = re.search(r'href="(/desk/settings/webhooks/[^"]*before=\d+[^"]*)"', first)
    assert older is not None
    last = shown(otto, older[1].replace("&amp;", "&"))
    assert last.count('id="delivery-') == 1
    Delivery.objects.filter(pk__gt=Delivery.objects.earliest("pk").pk).delete()
    with django_assert_num_queries(3):
        shown(otto, one)
    hooks.send_test(hook, by=cast.otto, at=at)
    with django_assert_num_queries(3):
        shown(otto, one)
