"""One ticket as its customers see it, and what they do to it."""

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Priority, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Follower, Seen, Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading

PAGE = "/tickets/1001/"
REPLY = f"{PAGE}replies/"
CLOSE = f"{PAGE}close/"
REOPEN = f"{PAGE}reopen/"
FOLLOW = f"{PAGE}followers/"
PART = {"HX-Request": "true", "HX-Target": "ticket"}


@pytest.fixture
def ticket(client: Client, cast: Cast, at: datetime) -> Ticket:
    """Carl's ticket #1001; carl is signed in."""
    client.force_login(cast.carl)
    return make.ticket(cast.carl, at=at)


def shown(client: Client, **headers: str) -> str:
    answer = client.get(PAGE, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True))


def category(ticket: Ticket) -> str:
    ticket.refresh_from_db()
    return ticket.category


def add_follower(ticket: Ticket, user: User, *, by: User, at: datetime) -> None:
    with change_ticket(ticket, by=by, via=Via.STAFF if by.is_staff else Via.PORTAL, at=at) as change:
        change.follow(user)


# Reading


def test_s3_9_s4_15_s5_9_one_timeline_of_all_replies_and_all_changes_of_status(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_status(Status.objects.get(category=Category.IN_PROGRESS))
        change.assign(cast.ada)
    make.reply(ticket, cast.ada, at=make.later(at, 2))
    make.reply(ticket, cast.carl, at=make.later(at, 3), text="It is **out**.")
    make.in_category(ticket, Category.CLOSED, by=cast.ada, at=make.later(at, 4))
    page = shown(client)
    assert reading.said(page) == [
        ("You", "Since this morning."), ("Ada", "Have you tried water?"), ("You", "It is out ."),
    ]  # fmt: skip
    assert reading.told(page) == [
        "Ada changed the status: Open → In progress · assigned the ticket: nobody → Ada",
        "Ada changed the status: In progress → Waiting for you",
        "Carl changed the status: Waiting for you → Open",
        "Ada closed the ticket: Open → Closed",
    ]


def test_s3_8_s3_10_facts(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    ticket = make.reply(ticket, cast.ada, at=make.later(at, 7))
    make.note(ticket, cast.ada, at=make.later(at, 30))
    page = shown(client)
    facts = re.search(r'<section class="card facts">.*?</section>', page, re.DOTALL)
    assert facts is not None
    assert [reading.words(fact) for fact in re.findall(r"<d[dt]>(.*?)</d[dt]>", facts[0], re.DOTALL)][:6] == [
        "Status", "Waiting for you", "Priority", "Medium", "Topic", "General",
    ]  # fmt: skip
    assert re.findall(r'datetime="([^"]+)"', facts[0]) == [at.isoformat(), make.later(at, 7).isoformat()]
    assert "Waiting for you means: We answered and wait for your response." in page
    assert "We answered and wait for you." in page


def test_what_is_new_since_the_last_visit_is_marked(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    make.reply(ticket, cast.ada, at=at, text="First answer")
    page = shown(client)
    assert page.count('id="new"') == 1
    assert page.index("Since this morning.") < page.index('id="new"') < page.index("First answer")
    assert 'id="new"' not in shown(client)
    make.reply(ticket, cast.ada, at=at, text="Second answer")
    page = shown(client)
    assert page.index("First answer") < page.index('id="new"') < page.index("Second answer")


def test_h01_what_staff_keep_to_themselves_is_nowhere(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.note(compose("canary note"))
        change.tag("canary-tag")
        change.move_to_team(cast.support)
        change.follow(cast.lena)
    make.reply(ticket, cast.ada, at=at, text="A public answer")
    seen = {path: client.get(path).content.decode() for path in ("/", "/tickets/?tab=all", PAGE, f"{PAGE}?x=1")}
    assert "A public answer" in seen[PAGE]
    for page in seen.values():
        assert "canary" not in page
        assert "Lena" not in page
        assert ">Support<" not in page
        assert "ternal" not in page


def test_a02_a_foreign_and_a_missing_ticket_are_the_same(client: Client, cast: Cast, ticket: Ticket) -> None:
    client.force_login(cast.eve)
    client.get("/")
    answers = []
    for path in (PAGE, "/tickets/9009/", f"/tickets/{10**30}/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(path)
        answers.append(
            (answer.status_code, reading.settled(answer.content.decode()), reading.headers(answer), len(queries) <= 3)
        )
    assert [status for status, *_ in answers] == [404, 404, 404]
    assert answers[0] == answers[1]
    assert answers[0][1] == answers[2][1]
    assert answers[0][3]


@pytest.mark.parametrize("who", ["eve", "cora", "ada"])
def test_eve_a_colleague_and_an_agent_find_no_verb_here(client: Client, cast: Cast, ticket: Ticket, who: str) -> None:
    before = kinds(ticket)
    client.force_login(getattr(cast, who))
    values = {"form_key": fill(client.get("/tickets/new/").content.decode(), "/tickets/new/")["form_key"][0]}
    for path in (REPLY, CLOSE, REOPEN, FOLLOW, f"{FOLLOW}{cast.carl.pk}/remove/", f"{PAGE}seen/?event=1"):
        assert client.post(path, {**values, "text": "x", "email": cast.eve.email}).status_code == 404, path
    assert (kinds(ticket), Seen.objects.exclude(user=cast.carl).count()) == (before, 0)


@pytest.mark.parametrize("path", [REPLY, CLOSE, REOPEN, FOLLOW, f"{PAGE}seen/"])
def test_nothing_is_done_by_looking(client: Client, ticket: Ticket, path: str) -> None:
    assert client.get(path).status_code == 405


# Seen


def test_f02_a_browser_with_javascript_writes_nothing_by_looking(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    ticket = make.reply(ticket, cast.ada, at=at)
    assert client.post(f"{PAGE}seen/?event=1").status_code == 204
    with CaptureQueriesContext(connection) as queries:
        page = shown(client)
    assert [query["sql"] for query in queries if not query["sql"].lstrip().startswith("SELECT")] == []
    address = re.search(r'<desk-seen data-url="([^"]+)"', page)
    assert address is not None
    assert Seen.objects.get(user=cast.carl).event < ticket.last_event
    assert client.post(address[1]).status_code == 204
    assert Seen.objects.get(user=cast.carl).event == ticket.last_event


def test_f02_without_javascript_looking_writes_one_row_of_seen_and_nothing_else(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    ticket = make.reply(ticket, cast.ada, at=at)
    shown(client, **PART)
    client.get(PAGE, headers={"Sec-Purpose": "prefetch"})
    client.head(PAGE)
    assert Seen.objects.get(user=cast.carl).event < ticket.last_event
    with CaptureQueriesContext(connection) as queries:
        shown(client)
    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [re.findall(r'"(\w+)"', sql)[0] for sql in writes] == ["tickets_seen"]
    assert Seen.objects.get(user=cast.carl).event == ticket.last_event


def test_seen_goes_no_further_than_what_is_public_and_never_back(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    ticket = make.note(make.reply(ticket, cast.ada, at=at), cast.ada, at=at)
    client.post(f"{PAGE}seen/?event=999999999999999999")
    assert Seen.objects.get(user=cast.carl).event == ticket.last_public_event < ticket.last_event
    for event in ("1", "-1", "x", "²", ""):
        assert client.post(f"{PAGE}seen/?event={event}").status_code == 204
    assert Seen.objects.get(user=cast.carl).event == ticket.last_public_event


# Replying


def test_s3_9_a_reply_is_added(client: Client, cast: Cast, ticket: Ticket) -> None:
    answer = send(client, PAGE, REPLY, text="And it smells.")
    message = Message.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#message-{message.pk}")
    assert (message.text, message.author, message.by_staff, message.via) == (
        "And it smells.",
        cast.carl,
        False,
        "portal",
    )
    page = shown(client)
    assert reading.said(page)[-1] == ("You", "And it smells.")
    assert "Sent. The answer comes here and to your mailbox." in page
    assert "data-sent" in page


def test_s3_9_htmx_gets_the_part(client: Client, ticket: Ticket) -> None:
    answer = send(client, PAGE, REPLY, htmx=True, text="And it smells.")
    assert answer.status_code == 303
    part = client.get(answer["Location"], headers=PART).content.decode()
    assert part.lstrip().startswith('<div class="stack" id="ticket" ')
    assert "<html" not in part
    assert reading.said(part)[-1] == ("You", "And it smells.")
    assert 'data-focus><div class="notice" data-level="success"' in part


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_reply_is_refused(client: Client, ticket: Ticket, text: str) -> None:
    answer = send(client, PAGE, REPLY, text=text)
    assert (answer.status_code, Message.objects.count()) == (422, 1)
    assert reading.errors(answer.content.decode()).endswith("Your message : Write your message first.")


@pytest.mark.parametrize(
    ("stands", "told", "button"),
    [
        (Category.WAITING, Kind.STATUS_CHANGED, "Send reply"),
        (Category.RESOLVED, Kind.REFUSED, "Send and reopen"),
        (Category.CLOSED, Kind.REOPENED, "Send and reopen"),
    ],
)
def test_s1_11_s3_17_s4_16_a_message_brings_the_ticket_back_and_the_page_says_so_before(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, stands: Category, told: Kind, button: str
) -> None:
    make.in_category(ticket, stands, by=cast.ada, at=at)
    page = shown(client)
    assert f">{button}</span>" in page
    assert ("reopens" in page) == (stands != Category.WAITING)
    send(client, PAGE, REPLY, text="Still burning.")
    assert (category(ticket), kinds(ticket)[-1]) == (Category.OPEN, told)


def test_s5_11_the_reply_box_says_to_whom_it_goes(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    assert "Goes to the team of Nordlys support." in shown(client)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
    assert "Goes straight to Ada." in shown(client)


def test_s3_17_where_closed_stays_closed_a_follow_up_is_offered_and_typed_text_is_kept(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    values = fill(shown(client), REPLY, text="kept text")
    configure(by=cast.otto, at=at, customers_may_reopen=False)
    make.in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    page = shown(client)
    assert (REPLY in page, REOPEN in page) == (False, False)
    assert 'href="/tickets/new/?follows=1001"' in page
    answer = client.post(REPLY, values)
    assert (answer.status_code, Message.objects.count()) == (422, 1)
    assert "kept text</textarea>" in answer.content.decode()
    assert "You can no longer write in this ticket." in reading.errors(answer.content.decode())


def test_s4_18_a_manager_writes_only_where_the_desk_lets_managers(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    client.force_login(cast.mona)
    assert send(client, PAGE, REPLY, text="I am with him.").status_code == 303
    configure(by=cast.otto, at=at, managers_may_reply=False)
    page = shown(client)
    assert (REPLY in page, CLOSE in page) == (False, True)
    configure(by=cast.otto, at=at, managers_may_close=False)
    page = shown(client)
    assert (REPLY in page, CLOSE in page) == (False, False)
    assert "You read along; those who take part write here." in page


def test_f08_a_second_press_sends_one_message(client: Client, ticket: Ticket) -> None:
    values = fill(shown(client), REPLY, text="Once.")
    answers = [client.post(REPLY, values) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [f"{PAGE}#message-{Message.objects.latest('pk').pk}"] * 2
    assert Message.objects.count() == 2


def test_f09_an_expired_session_returns_to_the_typed_reply(client: Client, cast: Cast, ticket: Ticket) -> None:
    values = fill(shown(client), REPLY, text="A long answer.")
    client.session.flush()
    answer = client.post(REPLY, values)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=%2Ftickets%2F1001%2F")
    client.force_login(cast.carl)
    page = shown(client)
    assert fill(page, REPLY)["text"] == ["A long answer."]
    assert "It has not been sent yet." in page
    assert Message.objects.count() == 1
    assert client.post(REPLY, fill(page, REPLY)).status_code == 303


def test_f09_an_expired_session_in_htmx_leaves_for_the_sign_in(client: Client, ticket: Ticket) -> None:
    values = fill(shown(client), REPLY, text="A long answer.")
    client.session.flush()
    answer = client.post(REPLY, values, headers=PART)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/sign-in/?next=%2Ftickets%2F1001%2F")


# Closing and reopening


def test_s1_13_a_customer_closes_and_s3_17_reopens(client: Client, ticket: Ticket) -> None:
    page = shown(client)
    assert REOPEN not in page
    answer = client.post(CLOSE, fill(page, CLOSE))
    assert (answer.status_code, answer["Location"], category(ticket)) == (303, PAGE, Category.CLOSED)
    page = shown(client)
    assert "The ticket is closed." in page
    assert CLOSE not in page
    answer = client.post(REOPEN, fill(page, REOPEN))
    assert (answer.status_code, answer["Location"], category(ticket)) == (303, PAGE, Category.OPEN)
    assert kinds(ticket) == [Kind.OPENED, Kind.CLOSED, Kind.REOPENED]


def test_s3_16_s3_18_a_resolved_ticket_asks_whether_it_is_solved(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
    page = shown(client)
    assert "Did this solve it?" in page
    assert page.count(f'action="{CLOSE}"') == page.count(f'action="{REOPEN}"') == 1
    assert client.post(CLOSE, fill(page, CLOSE)).status_code == 303
    assert category(ticket) == Category.CLOSED
    assert "Did this solve it?" not in shown(client)


@pytest.mark.parametrize(
    ("path", "setting", "before", "words"),
    [
        (CLOSE, "customers_may_close", Category.OPEN, "You cannot close this ticket."),
        (REOPEN, "customers_may_reopen", Category.CLOSED, "You cannot reopen this ticket."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_refused_verb_answers_with_the_page_and_the_reason(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, path: str, setting: str, before: Category, words: str,
    htmx: bool,  # noqa: FBT001 - a parameter of the test
) -> None:  # fmt: skip
    make.in_category(ticket, before, by=cast.ada, at=at)
    values = fill(shown(client), path)
    configure(by=cast.otto, at=at, **{setting: False})
    answer = client.post(path, values, headers=PART if htmx else {})
    page = answer.content.decode()
    assert (answer.status_code, reading.errors(page), category(ticket)) == (422, words, before)
    assert ("<html" in page) is not htmx
    assert f'action="{path}"' not in page


# Colleagues


def test_a_colleague_is_added_reads_writes_and_is_removed(client: Client, cast: Cast, ticket: Ticket) -> None:
    answer = send(client, PAGE, FOLLOW, email=cast.cora.email.upper())
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    page = shown(client)
    assert "Cora follows this ticket now." in page
    remove = f"{FOLLOW}{cast.cora.pk}/remove/"
    client.force_login(cast.cora)
    assert send(client, PAGE, REPLY, text="Me too.").status_code == 303
    assert (CLOSE in shown(client), "Stop following" in shown(client)) == (False, True)
    client.force_login(cast.carl)
    assert reading.said(shown(client))[-1] == ("Cora", "Me too.")
    answer = client.post(remove, fill(shown(client), remove))
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert Follower.objects.count() == 0
    client.force_login(cast.cora)
    assert client.get(PAGE).status_code == 404


def test_who_stops_following_is_led_to_the_own_list(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    add_follower(ticket, cast.cora, by=cast.carl, at=at)
    client.force_login(cast.cora)
    answer = send(client, PAGE, f"{FOLLOW}{cast.cora.pk}/remove/")
    assert (answer.status_code, answer["Location"]) == (303, "/tickets/")
    assert "Cora no longer follows ticket #1001." in client.get("/tickets/").content.decode()


def test_a_follower_removes_nobody_else(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    dave = User.objects.create(email="dave@customer.example", name="Dave", organization=cast.acme, created_at=at)
    for user in (cast.cora, dave):
        add_follower(ticket, user, by=cast.carl, at=at)
    client.force_login(cast.cora)
    values = fill(shown(client), f"{FOLLOW}{cast.cora.pk}/remove/")
    answer = client.post(f"{FOLLOW}{dave.pk}/remove/", values)
    assert (answer.status_code, Follower.objects.count()) == (422, 2)
    assert reading.errors(answer.content.decode()) == "You cannot remove Dave."


def test_which_staff_follow_cannot_be_found_out_by_removing(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    add_follower(ticket, cast.lena, by=cast.ada, at=at)
    values = fill(shown(client), CLOSE)
    answers = [client.post(f"{FOLLOW}{user.pk}/remove/", values).status_code for user in (cast.lena, cast.otto)]
    assert (answers, Follower.objects.count()) == ([404, 404], 1)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("eve", "We know nobody of your organization with this address."),
        ("ada", "We know nobody of your organization with this address."),
        ("carl", "Carl opened this ticket."),
    ],
)
def test_only_a_colleague_can_be_added(client: Client, cast: Cast, ticket: Ticket, who: str, words: str) -> None:
    email = getattr(cast, who).email
    answer = send(client, PAGE, FOLLOW, email=email)
    assert (answer.status_code, Follower.objects.count()) == (422, 0)
    assert words in reading.errors(answer.content.decode())
    assert fill(answer.content.decode(), FOLLOW)["email"] == [email]


def test_a_follower_from_elsewhere_adds_nobody_and_learns_of_nobody(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    values = fill(shown(client), FOLLOW)
    add_follower(ticket, cast.eve, by=cast.ada, at=at)
    client.force_login(cast.eve)
    page = shown(client)
    assert FOLLOW + '"' not in page
    key = fill(page, REPLY)["form_key"]
    answers = [
        client.post(FOLLOW, {**values, "form_key": key, "email": email}) for email in (cast.cora.email, "no@b.example")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert len({reading.errors(answer.content.decode()) for answer in answers}) == 1
    assert list(Follower.objects.values_list("user", flat=True)) == [cast.eve.pk]


def test_who_has_no_organization_is_not_asked_for_colleagues(client: Client, cast: Cast, at: datetime) -> None:
    User.objects.filter(pk=cast.eve.pk).update(organization=None)
    cast.eve.refresh_from_db()
    make.ticket(cast.eve, at=at)
    client.force_login(cast.eve)
    assert "Add a colleague" not in shown(client)


# What it costs


@pytest.mark.parametrize("replies", [1, 3])
@pytest.mark.parametrize(("who", "queries"), [("carl", 5), ("mona", 5), ("cora", 6)])
def test_the_page_costs_the_same_queries_for_a_short_and_a_long_thread(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, replies: int, who: str, queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    add_follower(ticket, cast.cora, by=cast.carl, at=at)
    for minute in range(replies):
        make.reply(ticket, cast.ada, at=make.later(at, minute))
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
        change.set_priority(Priority.objects.get(slug="high"))
    client.force_login(getattr(cast, who))
    shown(client)
    with django_assert_num_queries(queries):
        assert len(reading.said(shown(client))) == replies + 1
