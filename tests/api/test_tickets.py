"""Tickets for programs: each verb, for staff and for customers."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskhand.accounts.changes import change_role
from deskhand.accounts.models import User
from deskhand.accounts.roles import Role
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Status, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.api.asking import numbers, program
from tests.cast import Cast

CANARY = "CANARY-7f3a"
Counted = Callable[[int], Any]


def kinds(ticket: Ticket) -> list[tuple[str, str, int | None]]:
    """What was written into the ticket's history, but for its opening in the portal."""
    found = Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", "via", "by")
    return [row for row in found if row[1] != Via.PORTAL]


# Open


def test_a_customer_opens_a_ticket(cast: Cast) -> None:
    topic = make.topic("Printers", asks_priority=True)
    make.field("brand", topic)
    carl = program(cast.carl)
    told = carl.post(
        "tickets",
        {
            "subject": "Fire",
            "text": "It **burns**.",
            "topic": topic.pk,
            "priority": "high",
            "fields": {"brand": "Acme"},
        },
    )
    assert carl.status == 201
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.requester, ticket.topic, ticket.priority.slug) == ("Fire", cast.carl, topic, "high")
    assert (ticket.organization, ticket.fields) == (cast.acme, {"brand": "Acme"})
    assert kinds(ticket) == [("ticket.opened", "api", cast.carl.pk)]
    assert Message.objects.get().html == "<p>It <strong>burns</strong>.</p>\n"
    assert told == carl.get(f"tickets/{ticket.number}")
    assert (told["number"], told["fields"], told["topic"]) == (
        ticket.number, {"brand": "Acme"}, {"id": topic.pk, "name": "Printers"},
    )  # fmt: skip


def test_what_is_left_out_is_what_the_desk_says(cast: Cast) -> None:
    told = program(cast.carl).post("tickets", {"subject": "Fire", "text": "x"})
    assert (told["topic"]["name"], told["priority"]["slug"]) == ("General", "medium")


def test_staff_open_a_ticket_for_a_customer(cast: Cast) -> None:
    ada = program(cast.ada)
    ada.post("tickets", {"subject": "Fire", "text": "x", "requester": "Carl@customer.example"})
    assert ada.status == 201
    ticket = Ticket.objects.get()
    assert (ticket.requester, kinds(ticket)) == (cast.carl, [("ticket.opened", "api", cast.ada.pk)])


def test_an_agent_whose_ticket_goes_to_a_private_team_is_told_so(cast: Cast) -> None:
    topic = make.topic("Law", team=cast.private)
    ada = program(cast.ada)
    ada.post("tickets", {"subject": "x", "text": "x", "topic": topic.pk, "requester": cast.carl.email})
    assert (ada.status, ada.answer.content, Ticket.objects.get().team) == (204, b"", cast.private)


@pytest.mark.parametrize(
    ("who", "given", "field"),
    [
        ("carl", {"requester": "eve@customer.example"}, "requester"),
        ("carl", {"requester": "nobody@customer.example"}, "requester"),
        ("ada", {"requester": "nobody@customer.example"}, "requester"),
        ("carl", {"topic": 99999}, "topic"),
        ("carl", {"priority": "soon"}, "priority"),
        ("carl", {"purchase": "A-1"}, "purchase"),
        ("carl", {"installation": "example.com"}, "installation"),
        ("carl", {"follows": 99999}, "follows"),
        ("carl", {"text": " \n "}, "text"),
        ("carl", {"fields": {"brand": ["a"]}}, "fields.brand"),
        ("carl", {"text": "x" * 1001}, "text"),
        ("carl", {"subject": "x" * 101}, "subject"),
    ],
)
def test_what_cannot_be_is_said_by_field(cast: Cast, at: datetime, who: str, given: dict[str, Any], field: str) -> None:
    make.field("brand")
    configure(by=cast.otto, at=at, longest_message=1000, longest_subject=100)
    asking = program(getattr(cast, who))
    told = asking.post("tickets", {"subject": "Fire", "text": "x"} | given)
    assert (asking.status, list(told["errors"])) == (422, [field])
    assert Ticket.objects.count() == 0


def test_a_customer_chooses_a_priority_only_where_the_topic_asks(cast: Cast) -> None:
    Topic.objects.update(asks_priority=False)
    make.topic("Other")
    carl = program(cast.carl)
    assert carl.post("tickets", {"subject": "x", "text": "x", "priority": "urgent"})["errors"].keys() == {"priority"}
    ada = program(cast.ada)
    ada.post("tickets", {"subject": "x", "text": "x", "priority": "urgent", "requester": cast.carl.email})
    assert Ticket.objects.get().priority.slug == "urgent"


# Say and change


def test_a_customers_message_reopens_and_an_agents_waits(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    told = program(cast.ada).post(f"tickets/{ticket.number}/replies", {"text": "Water?"})
    assert (told["by_staff"], told["is_public"], told["author"]["name"], told["text"]) == (True, True, "Ada", "Water?")
    assert program(cast.carl).get(f"tickets/{ticket.number}")["category"] == "waiting"
    told = program(cast.carl).post(f"tickets/{ticket.number}/replies", {"text": "Oil."})
    assert (told["by_staff"], Ticket.objects.get().category) == (False, "open")
    assert [kind for kind, via, _ in kinds(ticket)] == [
        "ticket.replied", "ticket.status_changed", "ticket.replied", "ticket.status_changed",
    ]  # fmt: skip


def test_an_agent_asks_and_sets_a_status_in_one_change(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    ada = program(cast.ada)
    resolved = Status.objects.get(category=Category.RESOLVED, is_default=True)
    ada.post(f"tickets/{ticket.number}/replies", {"text": "So?", "status": resolved.pk, "is_question": True})
    assert (ada.status, Event.objects.filter(ticket=ticket, via="api").values("change").distinct().count()) == (201, 1)
    assert ada.get(f"tickets/{ticket.number}")["status"] == {"id": resolved.pk, "name": resolved.name}
    assert ada.get(f"tickets/{ticket.number}/messages")["messages"][1]["is_question"] is True


def test_a_note_is_for_staff_alone(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    carl, ada = program(cast.carl), program(cast.ada)
    before = [carl.get(path) for path in ("tickets", f"tickets/{ticket.number}", f"tickets/{ticket.number}/messages")]
    told = ada.post(f"tickets/{ticket.number}/notes", {"text": CANARY})
    assert (ada.status, told["is_public"]) == (201, False)
    after = [carl.get(path) for path in ("tickets", f"tickets/{ticket.number}", f"tickets/{ticket.number}/messages")]
    assert after == before
    assert CANARY in json.dumps(ada.get(f"tickets/{ticket.number}/messages"))


def test_staff_change_status_and_assignee(cast: Cast, at: datetime) -> None:
    ticket, ada = make.ticket(cast.carl, at=at), program(cast.ada)
    progress = Status.objects.get(category=Category.IN_PROGRESS, is_default=True)
    assert ada.post(f"tickets/{ticket.number}/status", {"status": progress.pk})["category"] == "in_progress"
    assert ada.post(f"tickets/{ticket.number}/assignee", {"assignee": cast.ada.email})["assignee"]["name"] == "Ada"
    assert ada.post(f"tickets/{ticket.number}/assignee", {"assignee": None})["assignee"] is None
    assert {via for _, via, _ in kinds(ticket)} == {"api"}
    for path, given in (("status", {"status": 999}), ("assignee", {"assignee": "carl@customer.example"})):
        assert list(ada.post(f"tickets/{ticket.number}/{path}", given)["errors"]) == [path]


def test_both_close_and_reopen(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for who in (cast.carl, cast.ada):
        asking = program(who)
        told = [asking.post(f"tickets/{ticket.number}/{verb}")["category"] for verb in ("close", "close", "reopen")]
        assert told == ["closed", "closed", "open"]
    asking.raw(f"tickets/{ticket.number}/close", b"", content_type="")
    assert (asking.status, Ticket.objects.get().category) == (200, "closed")


STAFF_ONLY: list[tuple[str, dict[str, Any]]] = [
    ("notes", {"text": "x"}),
    ("status", {"status": 1}),
    ("status", {"status": 99999}),
    ("assignee", {"assignee": "ada@desk.example"}),
    ("assignee", {"assignee": "nobody@desk.example"}),
    ("assignee", {"assignee": None}),
    ("replies", {"text": "x", "is_question": True}),
    ("replies", {"text": "x", "status": 1}),
    ("replies", {"text": "x", "status": 99999}),
]


@pytest.mark.parametrize(("path", "given"), STAFF_ONLY)
def test_what_is_for_staff_a_customer_cannot_do(cast: Cast, at: datetime, path: str, given: dict[str, Any]) -> None:
    """And learns nothing from how it is refused: the answer is the same for agents and statuses that there are not."""
    ticket, carl = make.ticket(cast.carl, at=at), program(cast.carl)
    before = Event.objects.count()
    told = carl.post(f"tickets/{ticket.number}/{path}", given)
    assert (carl.status, told["errors"], Event.objects.count()) == (403, {}, before)


# Who sees what


VERBS: list[tuple[str, dict[str, Any]]] = [
    ("replies", {"text": "x"}),
    ("notes", {"text": "x"}),
    ("status", {"status": 1}),
    ("assignee", {"assignee": None}),
    ("close", {}),
    ("reopen", {}),
]


def same_as_missing(user: User, number: int) -> None:
    asking = program(user)
    for path in ("", "/messages"):
        foreign = asking.get(f"tickets/{number}{path}")
        assert (asking.status, foreign) == (404, asking.get(f"tickets/99999{path}"))
    for path, given in VERBS:
        foreign = asking.post(f"tickets/{number}/{path}", given)
        missing = asking.post(f"tickets/99999/{path}", given)
        assert (foreign == missing, asking.status in {403, 404}) == (True, True)
    followed = asking.post("tickets", {"subject": "x", "text": "x", "follows": number})
    assert list(followed["errors"]) == ["follows"]


def test_A01_eve_sees_nothing(cast: Cast, at: datetime) -> None:
    ticket = make.reply(make.ticket(cast.carl, at=at, subject=CANARY), cast.ada, at=at)
    eve = program(cast.eve)
    for query in ({}, {"view": "all"}, {"q": CANARY}, {"requester": str(cast.carl.pk)}, {"requester": cast.carl.email}):
        assert eve.get("tickets", **query) == {"tickets": [], "next": ""}
    same_as_missing(cast.eve, ticket.number)
    assert Event.objects.filter(by=cast.eve).count() == 0
    assert CANARY in json.dumps(program(cast.mona).get("tickets", view="all"))


def test_A05_a_private_teams_tickets_are_its_own(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, subject=CANARY, team=cast.private)
    for who, sees in ((cast.ada, False), (cast.bea, True), (cast.lena, True)):
        found = [
            list(numbers(program(who).get("tickets", **query)))
            for query in ({}, {"view": "unassigned"}, {"q": CANARY}, {"requester": cast.carl.email})
        ]
        assert found == [[ticket.number] if sees else []] * 4
    same_as_missing(cast.ada, ticket.number)


def test_whoever_gives_a_private_ticket_away_is_told_no_more_of_it(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    ada, lena = program(cast.ada), program(cast.lena)
    ada.post(f"tickets/{ticket.number}/assignee", {"assignee": cast.ada.email})
    Ticket.objects.update(team=cast.private)
    assert lena.post(f"tickets/{ticket.number}/assignee", {"assignee": cast.ada.email})["errors"].keys() == {"assignee"}
    ada.post(f"tickets/{ticket.number}/assignee", {"assignee": None})
    assert (ada.status, ada.answer.content) == (204, b"")
    ada.get(f"tickets/{ticket.number}")
    assert ada.status == 404


def test_G02_rights_are_those_of_the_moment(cast: Cast, at: datetime) -> None:
    ticket, ada = make.ticket(cast.carl, at=at), program(cast.ada)
    assert list(numbers(ada.get("tickets"))) == [ticket.number]
    change_role(cast.ada, by=cast.otto, at=at, role=Role.CUSTOMER)
    assert ada.get("tickets") == {"tickets": [], "next": ""}
    ada.post(f"tickets/{ticket.number}/notes", {"text": "x"})
    assert ada.status == 404


def test_a_manager_sees_what_members_opened(cast: Cast, at: datetime) -> None:
    ticket, mona = make.ticket(cast.carl, at=at), program(cast.mona)
    assert list(numbers(mona.get("tickets", requester=cast.carl.email))) == [ticket.number]
    assert list(numbers(mona.get("tickets", requester=str(cast.mona.pk)))) == []


def test_a_customer_is_told_nothing_internal(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.support)
    status = Status.objects.create(category="open", name=CANARY, customer_name="Open", position=9)
    hidden = make.field("margin", customers="hidden")
    ada = program(cast.ada)
    ada.post(f"tickets/{ticket.number}/status", {"status": status.pk})
    Ticket.objects.update(fields={hidden.slug: CANARY})
    carl = program(cast.carl)
    told = [
        carl.get(path)
        for path in ("tickets", f"tickets/{ticket.number}", f"tickets/{ticket.number}/messages", "choices")
    ]
    assert (CANARY in json.dumps(told), "Support" in json.dumps(told)) == (False, False)
    one = told[1]
    assert [one[name] for name in ("team", "tags", "organization", "requester_email", "fields")] == [None] * 4 + [{}]
    seen = ada.get(f"tickets/{ticket.number}")
    assert [seen[name] for name in ("team", "tags", "organization", "requester_email")] == [
        "Support", [], "Acme", cast.carl.email,
    ]  # fmt: skip
    assert (seen["status"]["name"], seen["fields"]) == (CANARY, {"margin": CANARY})


@pytest.mark.parametrize(
    "path", ["tickets", "tickets/{}/replies", "tickets/{}/notes", "tickets/{}/status", "tickets/{}/close"]
)
@pytest.mark.parametrize("who", ["carl", "otto"])
def test_G01_no_column_can_be_set_that_is_not_named(cast: Cast, at: datetime, path: str, who: str) -> None:
    """Every column of every model around a ticket, as a name in the request: 422, and nothing changes (security 1.3)."""
    ticket = make.ticket(cast.carl, at=at)
    good = {"subject": "x", "text": "x"} if path == "tickets" else {"text": "x"} if path.endswith("s") else {}
    good |= {"status": 1} if path.endswith("/status") else {}
    if path.endswith("/status"):
        del good["text"]
    documented = {"subject", "text", "topic", "priority", "fields", "requester", "purchase", "installation", "follows"}
    known = (
        documented
        if path == "tickets"
        else {"text", "is_question", "status"}
        if path.endswith("replies")
        else set(good)
    )
    columns = {
        name
        for model in (Ticket, Message, User, Event, Attachment)
        for field in model._meta.get_fields()
        for name in (field.name, getattr(field, "attname", field.name))
    }
    asking = program(getattr(cast, who))
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    assert len(columns - known) > 60
    told = asking.post(path.format(ticket.number), good | dict.fromkeys(columns - known, "1"))
    assert (asking.status, set(told["errors"])) == (422, columns - known)
    assert (Ticket.objects.filter(pk=ticket.pk).values().get(), Ticket.objects.count()) == (before, 1)


# Pages


def test_pages_neither_skip_nor_repeat_while_tickets_change(cast: Cast, at: datetime) -> None:
    """What does not change is told once, what changes meanwhile is found by `updated_after`."""
    opened = [make.ticket(cast.carl, at=at + timedelta(minutes=minute)) for minute in range(9)]
    begun = at + timedelta(minutes=30)
    ada, seen, after, turns = program(cast.ada), [], "", 0
    while True:
        page = ada.get("tickets", limit=2, after=after)
        seen += numbers(page)
        # One that was shown, one that is still to come, and a new one.
        moment = begun + timedelta(minutes=turns)
        make.reply(opened[8], cast.carl, at=moment)
        make.reply(opened[0], cast.carl, at=moment)
        make.ticket(cast.eve, at=moment)
        after, turns = page["next"], turns + 1
        if not after:
            break
    assert seen == [ticket.number for ticket in reversed(opened)][:-1]
    since = list(numbers(ada.get("tickets", updated_after=(begun - timedelta(seconds=1)).isoformat(), limit=100)))
    assert set(since) == {
        opened[8].number,
        opened[0].number,
        *Ticket.objects.filter(requester=cast.eve).values_list("number", flat=True),
    }
    assert ada.get("tickets", updated_after=(begun + timedelta(days=1)).isoformat()) == {"tickets": [], "next": ""}


def test_updated_after_ends_in_the_middle_of_a_page(cast: Cast, at: datetime) -> None:
    opened = [make.ticket(cast.carl, at=at + timedelta(minutes=minute)) for minute in range(5)]
    page = program(cast.ada).get("tickets", updated_after=opened[2].updated_at.isoformat(), limit=3)
    assert (list(numbers(page)), page["next"]) == ([opened[4].number, opened[3].number], "")


def test_messages_come_in_pages_too(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, text="0")
    for number in range(1, 5):
        make.reply(ticket, cast.carl, at=at, text=str(number))
    carl, seen, after = program(cast.carl), [], ""
    while True:
        page = carl.get(f"tickets/{ticket.number}/messages", limit=2, after=after)
        seen.append([message["text"] for message in page["messages"]])
        if not (after := page["next"]):
            break
    assert seen == [["0", "1"], ["2", "3"], ["4"]]
    carl.get(f"tickets/{ticket.number}/messages", after="x")
    assert carl.status == 422


@pytest.mark.parametrize("view", ["all", "open", "waiting", "resolved", "closed", "solved"])
def test_a_customers_views(cast: Cast, at: datetime, view: str) -> None:
    for category in Category.values:
        make.in_category(make.ticket(cast.carl, at=at, subject=category), Category(category), by=cast.ada, at=at)
    rows = program(cast.carl).get("tickets", view=view)["tickets"]
    expected = {
        "all": set(Category.values),
        "open": {"open", "in_progress", "waiting"},
        "solved": {"resolved", "closed"},
    }
    assert {row["category"] for row in rows} == expected.get(view, {view})


@pytest.mark.parametrize(("who", "view"), [("carl", "mine"), ("carl", "overdue"), ("ada", "all"), ("ada", "waiting")])
def test_a_view_of_the_other_side_is_none(cast: Cast, who: str, view: str) -> None:
    asking = program(getattr(cast, who))
    assert (list(asking.get("tickets", view=view)["errors"]), asking.status) == (["view"], 422)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("who", "most"), [("ada", (2, 3, 4)), ("carl", (2, 2, 4))])
def test_so_many_queries_whatever_there_is(
    cast: Cast, at: datetime, django_assert_num_queries: Counted, count: int, who: str, most: tuple[int, int, int]
) -> None:
    """Token and list; token, ticket and tags; token, ticket, messages and files. The block of an allowance was taken before."""
    for _ in range(count):
        ticket = make.ticket(cast.carl, at=at)
        for _ in range(count):
            make.reply(ticket, cast.carl, at=at)
    for staged in files.stage(cast.ada, files.picture(), at=at, kind="png"):
        with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
            change.reply(compose("See."), [staged])
    asking = program(getattr(cast, who))
    asking.get("tickets")
    for path, queries in zip(
        ("tickets", f"tickets/{ticket.number}", f"tickets/{ticket.number}/messages"), most, strict=True
    ):
        asking.get(path)
        with django_assert_num_queries(queries):
            asking.get(path)
    told = asking.get(f"tickets/{ticket.number}/messages")["messages"]
    assert [len(message["files"]) for message in told] == [0] * (count + 1) + [1]
