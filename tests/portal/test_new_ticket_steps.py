"""Opening in two steps: the area and the issue type, then the details (S5.7)."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.desk.changes import configure
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading

NEW = "/tickets/new/"


@pytest.fixture
def carl(client: Client, cast: Cast, at: datetime) -> Client:
    """Carl, at a desk that opens in two steps."""
    configure(by=cast.otto, at=at, opens_in_steps=True, labels={"send_ticket": "Save", "issue_type": "Kind"})
    client.force_login(cast.carl)
    return client


@pytest.fixture
def tree(cast: Cast) -> dict[str, Topic]:
    """Support (the default) has types, one of them below another; work has one; the third area has none."""
    support = Topic.objects.get(is_default=True)
    work, other = make.topic("Work", position=5), make.topic("Other", position=6)
    bug = make.topic("Bug", parent=support, position=1)
    return {
        "support": support, "work": work, "other": other, "bug": bug, "crash": make.topic("Crash", parent=bug, position=1),
        "change": make.topic("Change", parent=work), "old": make.topic("Old", parent=work, is_archived=True),
    }  # fmt: skip


def step(page: str) -> dict[str, list[str]]:
    """What the first step would send as it stands."""
    return fill(page, NEW)


def test_s5_7_first_the_area_and_the_type_then_the_details_with_both_shown(
    carl: Client, tree: dict[str, Topic]
) -> None:
    first = carl.get(NEW).content.decode()
    words = reading.words(first)
    assert "Step 1 of 2" in words
    assert "Area General Bug · Crash Kind * required Choose one Bug Crash Work" in words
    assert 'name="subject"' not in first
    assert step(first) == {
        "area": [str(tree["support"].pk)], f"type_{tree['support'].pk}": [""], f"type_{tree['work'].pk}": [""],
    }  # fmt: skip
    chosen = step(first) | {f"type_{tree['support'].pk}": [str(tree["crash"].pk)]}
    led = carl.get(NEW, chosen)
    assert (led.status_code, led["Location"]) == (303, f"{NEW}?topic={tree['crash'].pk}")
    second = carl.get(led["Location"]).content.decode()
    (line,) = re.findall(r'<div class="wide chosen">.*?</div>', second)
    assert reading.words(line) == "Kind General › Bug › Crash Change"
    assert "<span>Save</span></button>" in second
    assert '<select name="topic"' not in second
    assert carl.post(NEW, fill(second, NEW, subject="x", text="y")).status_code == 303
    assert Ticket.objects.get().topic == tree["crash"]


def test_s5_7_an_area_without_types_is_enough(carl: Client, tree: dict[str, Topic]) -> None:
    answer = carl.get(NEW, {"area": tree["other"].pk})
    assert answer["Location"] == f"{NEW}?topic={tree['other'].pk}"


@pytest.mark.parametrize("wrong", ["", "no number", "crash", "old"])
def test_s5_7_an_area_with_types_needs_one_of_them(carl: Client, tree: dict[str, Topic], wrong: str) -> None:
    key = str(tree[wrong].pk) if wrong in tree else wrong
    answer = carl.get(NEW, {"area": tree["work"].pk, f"type_{tree['work'].pk}": key})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose one from the list" in reading.errors(page)
    assert step(page)["area"] == [str(tree["work"].pk)]


def test_s5_7_an_area_that_is_none_is_asked_again(carl: Client, tree: dict[str, Topic]) -> None:
    answer = carl.get(NEW, {"area": "no number"})
    assert (answer.status_code, reading.errors(answer.content.decode())) == (422, "Choose what it is about.")


@pytest.mark.parametrize("topic", ["0", "no number", "old"])
def test_a_topic_that_cannot_be_chosen_leads_to_the_first_step(
    carl: Client, tree: dict[str, Topic], topic: str
) -> None:
    key = tree[topic].pk if topic in tree else topic
    assert "Step 1 of 2" in carl.get(NEW, {"topic": key}).content.decode()


def test_one_area_with_types_is_asked_and_one_topic_alone_is_not(carl: Client, cast: Cast) -> None:
    assert 'name="subject"' in carl.get(NEW).content.decode()
    make.topic("Bug", parent=Topic.objects.get(is_default=True))
    assert "Step 1 of 2" in carl.get(NEW).content.decode()


def test_a_desk_without_steps_shows_the_form_and_the_topic_of_an_address(
    carl: Client, cast: Cast, tree: dict[str, Topic], at: datetime
) -> None:
    configure(by=cast.otto, at=at, opens_in_steps=False)
    assert fill(carl.get(NEW).content.decode(), NEW)["topic"] == [str(tree["support"].pk)]
    assert fill(carl.get(NEW, {"topic": tree["bug"].pk}).content.decode(), NEW)["topic"] == [str(tree["bug"].pk)]


def test_what_the_address_says_is_carried_over_the_first_step(carl: Client, tree: dict[str, Topic]) -> None:
    page = carl.get(NEW, {"subject": 'a & "b"'}).content.decode()
    answer = carl.get(NEW, step(page) | {"area": [str(tree["other"].pk)]})
    second = carl.get(answer["Location"]).content.decode()
    assert fill(second, NEW)["subject"] == ['a & "b"']


def test_changing_the_type_loses_nothing_that_was_typed(carl: Client, tree: dict[str, Topic]) -> None:
    second = carl.get(NEW, {"topic": tree["crash"].pk}).content.decode()
    values = fill(second, NEW, subject="kept", text="also\nkept", priority="high") | {"look": ["area"]}
    back = carl.post(NEW, {**values, "files": [files.upload("a.pdf", files.pdf())]})
    assert (back.status_code, back["Location"]) == (303, f"{NEW}?change={tree['crash'].pk}")
    first = carl.get(back["Location"]).content.decode()
    assert step(first)["area"] == [str(tree["support"].pk)]
    assert step(first)[f"type_{tree['support'].pk}"] == [str(tree["crash"].pk)]
    led = carl.get(NEW, step(first) | {"area": [str(tree["other"].pk)]})
    again = fill(carl.get(led["Location"]).content.decode(), NEW)
    assert (again["subject"], again["text"], again["priority"]) == (["kept"], ["also\nkept"], ["high"])
    assert (again["topic"], len(again["file"])) == ([str(tree["other"].pk)], 1)
    assert Ticket.objects.count() == 0
    assert carl.post(NEW, again).status_code == 303
    assert Ticket.objects.get().topic == tree["other"]


def test_what_was_typed_comes_back_to_its_author_only(carl: Client, cast: Cast, tree: dict[str, Topic]) -> None:
    second = carl.get(NEW, {"topic": tree["bug"].pk}).content.decode()
    carl.post(NEW, fill(second, NEW, subject="secret", text="x") | {"look": ["area"]})
    carl.force_login(cast.eve)
    assert "secret" not in carl.get(NEW, {"topic": tree["bug"].pk}).content.decode()


def test_f09_an_ended_session_comes_back_to_the_second_step(carl: Client, cast: Cast, tree: dict[str, Topic]) -> None:
    page = f"{NEW}?topic={tree['bug'].pk}"
    values = fill(carl.get(page).content.decode(), NEW, subject="kept", text="kept, too")
    carl.session.flush()
    assert carl.post(NEW, values)["Location"] == f"/sign-in/?next=%2Ftickets%2Fnew%2F%3Ftopic%3D{tree['bug'].pk}"
    carl.force_login(cast.carl)
    again = fill(carl.get(page).content.decode(), NEW)
    assert (again["subject"], again["text"], again["topic"]) == (["kept"], ["kept, too"], [str(tree["bug"].pk)])


def test_s3_17_a_follow_up_goes_straight_to_the_details(
    carl: Client, cast: Cast, tree: dict[str, Topic], at: datetime
) -> None:
    configure(by=cast.otto, at=at, reopen_days=None, customers_may_reopen=False)
    ticket = make.ticket(cast.carl, at=at, topic=tree["bug"], subject="Leak")
    make.in_category(ticket, "closed", by=cast.ada, at=at)  # type: ignore[arg-type]  # its value
    page = carl.get(f"{NEW}?follows={ticket.number}").content.decode()
    values = fill(page, NEW, text="Again")
    assert (values["topic"], values["follows"]) == ([str(tree["bug"].pk)], [str(ticket.number)])
    back = carl.post(NEW, values | {"look": ["area"]})
    led = carl.get(NEW, step(carl.get(back["Location"]).content.decode()))
    assert fill(carl.get(led["Location"]).content.decode(), NEW)["follows"] == [str(ticket.number)]


def test_s5_8_after_saving_the_list_has_it(carl: Client, cast: Cast, tree: dict[str, Topic], at: datetime) -> None:
    configure(by=cast.otto, at=at, after_opening="list")
    sent = send(carl, f"{NEW}?topic={tree['bug'].pk}", NEW, subject="x", text="y")
    assert sent["Location"] == "/tickets/?tab=open#row-1001"


@pytest.mark.parametrize("more", [0, 3])
def test_the_first_step_costs_the_same_queries_for_any_tree(
    carl: Client, tree: dict[str, Topic], more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(more):
        make.topic(f"More {number}", parent=tree["work"])
    carl.get(NEW)
    with django_assert_num_queries(1):  # who asks
        carl.get(NEW)
