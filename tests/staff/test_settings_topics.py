"""Topics, as an administrator arranges them."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core.models import AuditEntry
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/topics/"
NEW = f"{PAGE}new/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


def topic(name: str, at: datetime, parent: Topic | None = None) -> Topic:
    return catalog.save_topic(by=None, at=at, name=name, parent=parent)


def shown(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


def pressed(client: Client, act: str, page: str = PAGE, **button: str) -> tuple[int, str]:
    """A button of the list, which sends the form around it to an address of its own."""
    answer = client.post(act, fill(shown(client, page), page, **button))
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("page", [PAGE, NEW])
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert (client.get(page).status_code, client.post(page, {"name": "Mine"}).status_code) == (403, 403)
    client.force_login(cast.otto)
    assert client.get(page).status_code == 200


def test_s4_4_a_new_topic_routes_the_next_ticket(otto: Client, cast: Cast, at: datetime) -> None:
    high = Priority.objects.get(slug="high")
    answer = send(
        otto, NEW, NEW, name="CRM Support", team=cast.support.pk, assignee=cast.ada.pk, priority=high.pk,
        asks_priority=None, is_default="on",
    )  # fmt: skip
    made = Topic.objects.get(name="CRM Support")

    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#topic-{made.pk}")
    assert (made.team, made.assignee, made.priority, made.asks_priority, made.is_default) == (
        cast.support, cast.ada, high, False, True,
    )  # fmt: skip
    page = shown(otto)
    assert ("“CRM Support” was added." in page, page.count("preselected")) == (True, 1)
    ticket = make.ticket(cast.carl, at=at)
    assert (ticket.topic, ticket.team, ticket.assignee) == (made, cast.support, cast.ada)


def test_the_tree_shows_all_that_a_topic_says(otto: Client, cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    below = catalog.save_topic(by=None, at=at, name="E-mail", parent=above, team=cast.support, assignee=cast.ada)
    catalog.save_field(by=None, at=at, label="Mailbox", topics=[below])
    catalog.save_field(by=None, at=at, label="Brand", is_global=True)
    page = shown(otto)

    assert [words in page for words in ("IT support › E-mail: ", "Support</span>", "Ada</span>", "Mailbox</a>")] == [
        True
    ] * 4
    way = '<span class="visually-hidden">IT support › E-mail: </span>'
    cell = f'<td class="subject" data-depth="1">{way}<a href="{PAGE}{below.pk}/">'
    assert cell in page
    assert "Every topic also asks for:" in page


@pytest.mark.parametrize("topics", [1, 30])
def test_the_tree_costs_the_same_queries_however_large(
    otto: Client, cast: Cast, at: datetime, topics: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(topics):
        catalog.save_topic(by=None, at=at, name=f"Topic {number}", team=cast.support, assignee=cast.ada)
    otto.get(PAGE)
    with django_assert_num_queries(2):
        otto.get(PAGE)


def test_saving_names_what_changed_and_writes_only_that(otto: Client, cast: Cast, at: datetime) -> None:
    made = topic("CRM", at)
    path = f"{PAGE}{made.pk}/"
    assert send(otto, path, path, name="CRM Support", team=cast.support.pk).status_code == 303
    entry = AuditEntry.objects.latest("pk")

    assert (entry.action, entry.by, entry.before, entry.after) == (
        "topic.changed", cast.otto, {"name": "CRM", "team": None}, {"name": "CRM Support", "team": "Support"},
    )  # fmt: skip
    assert "Saved: Name, Team." in shown(otto)
    count = AuditEntry.objects.count()
    send(otto, path, path)
    assert (AuditEntry.objects.count(), "Nothing was changed." in shown(otto)) == (count, True)


def test_what_is_refused_is_said_and_kept(otto: Client, cast: Cast, at: datetime) -> None:
    topic("CRM", at)
    for data, words in (
        ({"name": " "}, "required"),
        ({"name": "crm"}, "one of that name"),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "Kept", "parent": "9999"}, "valid choice"),
        ({"name": "Kept", "team": cast.private.pk, "priority": "9999"}, "valid choice"),
        ({"name": "Kept", "assignee": cast.carl.pk}, "valid choice"),
    ):
        answer = send(otto, NEW, NEW, **data)
        page = answer.content.decode()
        assert (answer.status_code, words in page, Topic.objects.count()) == (422, True, 2)
        assert ('value="Kept"' in page) == (data["name"] == "Kept")


def test_a_topic_cannot_be_put_below_itself(otto: Client, cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    below = topic("E-mail", at, parent=above)
    path = f"{PAGE}{above.pk}/"

    assert send(otto, path, path, parent=below.pk).status_code == 422
    assert ">IT support › E-mail</option>" not in shown(otto, path)
    assert f'<option value="{above.pk}" selected>IT support</option>' in shown(otto, f"{PAGE}{below.pk}/")


def test_s4_5_the_preselected_topic_cannot_be_unset_archived_or_removed(otto: Client, cast: Cast, at: datetime) -> None:
    general = Topic.objects.get()
    path = f"{PAGE}{general.pk}/"
    send(otto, path, path, is_default=None)
    for act in ("archive", "remove"):
        answer = send(otto, path, f"{path}{act}/")
        assert (answer.status_code, "Preselect another one first." in answer.content.decode()) == (422, True)
    assert list(Topic.objects.values_list("is_default", "is_archived")) == [(True, False)]


def test_buttons_move_a_topic(otto: Client, cast: Cast, at: datetime) -> None:
    made = topic("CRM", at)
    assert pressed(otto, f"{PAGE}{made.pk}/move/", way="up") == (303, f"{PAGE}#topic-{made.pk}")
    assert list(Topic.objects.values_list("name", flat=True)) == ["CRM", "General"]
    assert pressed(otto, f"{PAGE}{made.pk}/move/", way="down")[0] == 303
    assert list(Topic.objects.values_list("name", flat=True)) == ["General", "CRM"]
    assert (otto.post(f"{PAGE}{made.pk}/move/").status_code, otto.post(f"{PAGE}9999/move/").status_code) == (400, 404)


def test_archived_topics_are_chosen_no_more_and_come_back(otto: Client, cast: Cast, at: datetime) -> None:
    made = topic("CRM", at)
    path = f"{PAGE}{made.pk}/"
    assert send(otto, path, f"{path}archive/").status_code == 303
    page = shown(otto)
    assert ("“CRM” is archived." in page, "Archived topics" in page, f'id="topic-{made.pk}"' in page) == (
        True,
        True,
        False,
    )
    send(otto, path, path, name="CRM Support")
    assert Topic.objects.get(pk=made.pk).is_archived
    assert send(otto, path, f"{path}archive/").status_code == 303
    assert f'id="topic-{made.pk}"' in shown(otto)


def test_only_an_unused_topic_can_be_removed(otto: Client, cast: Cast, at: datetime) -> None:
    used, free = topic("Used", at), topic("Free", at)
    Ticket.objects.filter(pk=make.ticket(cast.carl, at=at).pk).update(topic=used)
    refused = send(otto, f"{PAGE}{used.pk}/", f"{PAGE}{used.pk}/remove/")
    assert (refused.status_code, "It is in use" in refused.content.decode()) == (422, True)
    assert send(otto, f"{PAGE}{free.pk}/", f"{PAGE}{free.pk}/remove/").status_code == 303
    assert otto.get(f"{PAGE}{free.pk}/").status_code == 404
    assert list(Topic.objects.values_list("name", flat=True)) == ["General", "Used"]


def test_a_second_press_on_a_button_shows_the_first_result(otto: Client, at: datetime) -> None:
    made = topic("CRM", at)
    path = f"{PAGE}{made.pk}/"
    page = shown(otto, path)
    away = fill(page, f"{path}archive/")
    for _ in range(2):
        assert (otto.post(f"{path}archive/", away)["Location"], Topic.objects.get(pk=made.pk).is_archived) == (
            PAGE,
            True,
        )
    gone = fill(page, f"{path}remove/")
    for _ in range(2):
        assert (otto.post(f"{path}remove/", gone)["Location"], Topic.objects.filter(pk=made.pk).count()) == (PAGE, 0)


def test_archive_means_archive_also_on_an_old_page(otto: Client, at: datetime) -> None:
    made = topic("CRM", at)
    path = f"{PAGE}{made.pk}/"
    old = fill(shown(otto, path), f"{path}archive/")
    send(otto, path, f"{path}archive/")
    assert (otto.post(f"{path}archive/", old).status_code, Topic.objects.get(pk=made.pk).is_archived) == (303, True)


def test_a_second_press_makes_one_topic(otto: Client, cast: Cast) -> None:
    values = fill(shown(otto, NEW), NEW, name="Once")
    first, second = otto.post(NEW, values), otto.post(NEW, values)
    assert (first["Location"], Topic.objects.filter(name="Once").count()) == (second["Location"], 1)


def test_what_was_typed_survives_an_ended_session(otto: Client, cast: Cast) -> None:
    values = fill(shown(otto, NEW), NEW, name="Typed before", asks_priority=None)
    otto.cookies.clear()
    refused = otto.post(NEW, values)
    send(otto, refused["Location"], "/sign-in/", login=cast.otto.email, password="correct horse battery")
    page = shown(otto, NEW)
    assert ('value="Typed before"' in page, Topic.objects.count()) == (True, 1)


def test_a_page_of_a_topic_links_what_it_asks(otto: Client, cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    below = topic("E-mail", at, parent=above)
    for label, topics in (("Device", [above]), ("Mailbox", [below])):
        catalog.save_field(by=None, at=at, label=label, topics=topics)
    page = shown(otto, f"{PAGE}{below.pk}/")
    device, mailbox = Field.objects.order_by("pk")
    assert f'<a href="/desk/settings/fields/{device.pk}/">Device</a> <span class="soft">from the topic above' in page
    assert f'<a href="/desk/settings/fields/{mailbox.pk}/">Mailbox</a></li>' in page


def test_s2_9_a_topic_says_whether_it_needs_a_purchase_and_how_long_a_message_may_be(
    otto: Client, cast: Cast, at: datetime
) -> None:
    made = topic("Theme", at)
    page = f"{PAGE}{made.pk}/"
    typed = fill(otto.get(page).content.decode(), page)
    assert (typed["purchase"], typed.get("is_bug_report"), typed["longest_message"]) == (["none"], None, [""])
    send(otto, page, page, purchase="required", is_bug_report="on", longest_message=1000)

    entry = AuditEntry.objects.filter(action="topic.changed").latest("pk")
    assert (entry.before, entry.after) == (
        {"purchase": "none", "is_bug_report": False, "longest_message": None},
        {"purchase": "required", "is_bug_report": True, "longest_message": 1000},
    )
    send(otto, page, page, name="Themes")  # what else it says stays
    saved = Topic.objects.get(pk=made.pk)
    assert (saved.name, saved.purchase, saved.is_bug_report, saved.longest_message) == (
        "Themes",
        "required",
        True,
        1000,
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"purchase": "stolen"}, "valid choice"),
        ({"longest_message": 19}, "greater than or equal to 20"),
        ({"longest_message": 100_001}, "less than or equal to 100000"),
    ],
)
def test_a_topic_takes_no_limit_that_nobody_can_keep(
    otto: Client, at: datetime, data: dict[str, object], words: str
) -> None:
    made = topic("Theme", at)
    page = f"{PAGE}{made.pk}/"
    answer = send(otto, page, page, name="Themes", **data)

    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert (Topic.objects.get(pk=made.pk).name, fill(answer.content.decode(), page)["name"]) == ("Theme", ["Themes"])
