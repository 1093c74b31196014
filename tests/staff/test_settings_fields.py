"""The form builder."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core.models import AuditEntry
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/fields/"
NEW = f"{PAGE}new/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


def shown(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


def preview(page: str) -> str:
    """The part of the page that shows what customers see."""
    found = re.search(r'<section id="preview".*?</section>', page, re.S)
    assert found
    return found[0]


def brand(at: datetime, **values: object) -> Field:
    given = {"label": "Brand", "kind": "choice", "options": ["One", "Two"], "is_global": True, **values}
    return catalog.save_field(by=None, at=at, **given)  # type: ignore[arg-type]  # the verb's own


@pytest.mark.parametrize("page", [PAGE, NEW])
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert (client.get(page).status_code, client.post(page, {"label": "Mine"}).status_code) == (403, 403)
    client.force_login(cast.otto)
    assert client.get(page).status_code == 200


def test_s4_8_a_field_is_asked_everywhere_from_the_next_page_on(otto: Client, cast: Cast) -> None:
    answer = send(
        otto,
        NEW,
        NEW,
        label="Brand",
        kind="choice",
        options="Nordlys\r\n\r\n Tally ",
        customers="required",
        where="all",
    )
    made = Field.objects.get()
    entry = AuditEntry.objects.latest("pk")

    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#field-{made.pk}")
    assert (made.slug, made.options, made.is_global, made.customers) == (
        "brand",
        ["Nordlys", "Tally"],
        True,
        "required",
    )
    assert (entry.action, entry.after["options"]) == ("field.created", ["Nordlys", "Tally"])
    page = shown(otto)
    assert ("“Brand” was added." in page, "One of a list · 2 options" in page, "in all topics" in page) == (
        True,
        True,
        True,
    )
    otto.force_login(cast.carl)
    assert "Tally</option>" in shown(otto, "/tickets/new/")


def test_s4_7_a_field_of_some_topics_with_a_condition(otto: Client, cast: Cast, at: datetime) -> None:
    crm = catalog.save_topic(by=None, at=at, name="CRM Support")
    other = brand(at)
    answer = send(
        otto, f"{NEW}?topic={crm.pk}", NEW, label="Issue", where="some", topics=[crm.pk], condition=f"{other.pk}:Two"
    )
    made = Field.objects.get(label="Issue")

    assert (answer.status_code, list(made.topics.all()), made.shown_if, made.shown_value) == (303, [crm], other, "Two")
    page = shown(otto)
    assert ("CRM Support</td>" in page, "Brand is “Two”" in page) == (True, True)
    assert f'value="{crm.pk}" id="id_topics_1" checked' in shown(otto, f"{NEW}?topic={crm.pk}").replace(' class=""', "")


def test_saving_names_what_changed_and_writes_only_that(otto: Client, at: datetime) -> None:
    path = f"{PAGE}{brand(at).pk}/"
    send(otto, path, path, options="One\r\nTwo\r\nThree", hint="Which of ours?")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.before, entry.after) == (
        {"hint": "", "options": ["One", "Two"]}, {"hint": "Which of ours?", "options": ["One", "Two", "Three"]},
    )  # fmt: skip
    assert "Saved: Options, Hint." in shown(otto)
    count = AuditEntry.objects.count()
    send(otto, path, path)
    assert (AuditEntry.objects.count(), "Nothing was changed." in shown(otto)) == (count, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"label": " "}, "required"),
        ({"kind": "choice", "options": " \n "}, "at least one option"),
        ({"kind": "choice", "options": "x" * 201}, "at most 200 characters"),
        ({"kind": "several", "options": "\n".join(map(str, range(201)))}, "1 to 200 options"),
        ({"kind": "color"}, "valid choice"),
        ({"where": "some"}, "at least one topic"),
        ({"where": "some", "topics": ["999"]}, "valid choice"),
        ({"customers": "maybe"}, "valid choice"),
        ({"staff": "hidden"}, "valid choice"),
        ({"condition": "999:x"}, "valid choice"),
    ],
)
def test_what_is_refused_is_said_and_kept(otto: Client, data: dict[str, object], words: str) -> None:
    answer = send(otto, NEW, NEW, **{"label": "Brand", "hint": "Kept", "where": "all", "topics": None, **data})
    page = answer.content.decode()
    assert (answer.status_code, words in page, 'value="Kept"' in page) == (422, True, True)
    assert Field.objects.count() == 0


def test_what_hangs_on_a_field_is_not_taken_from_it(otto: Client, cast: Cast, at: datetime) -> None:
    first = brand(at)
    second = brand(at, label="Issue", shown_if=first, shown_value="Two")
    path = f"{PAGE}{first.pk}/"
    for data in ({"options": "One"}, {"kind": "line"}):
        answer = send(otto, path, path, **data)
        assert (answer.status_code, "It is in use" in answer.content.decode()) == (422, True)
    answer = send(otto, path, path, condition=f"{second.pk}:One")
    assert (answer.status_code, "That would make a loop" in answer.content.decode()) == (422, True)
    for act in ("archive", "remove"):
        assert send(otto, path, f"{path}{act}/").status_code == 422
    assert Field.objects.filter(is_archived=True).count() == 0


def test_answered_fields_are_archived_and_unanswered_ones_removed(otto: Client, cast: Cast, at: datetime) -> None:
    answered, free = brand(at), brand(at, label="Free")
    Ticket.objects.filter(pk=make.ticket(cast.carl, at=at).pk).update(fields={"brand": "One"})
    path = f"{PAGE}{answered.pk}/"
    assert send(otto, path, f"{path}remove/").status_code == 422
    assert send(otto, path, f"{path}archive/").status_code == 303
    assert ("Archived fields" in shown(otto), f'id="field-{answered.pk}"' in shown(otto)) == (True, False)
    assert send(otto, path, f"{path}archive/").status_code == 303
    assert send(otto, f"{PAGE}{free.pk}/", f"{PAGE}{free.pk}/remove/").status_code == 303
    assert list(Field.objects.values_list("label", "is_archived")) == [("Brand", False)]


def test_buttons_change_the_order_of_questions(otto: Client, at: datetime) -> None:
    first, second = brand(at), brand(at, label="Issue")
    answer = otto.post(f"{PAGE}{second.pk}/move/", fill(shown(otto), PAGE, way="up"))
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#field-{second.pk}")
    assert list(Field.objects.all()) == [second, first]


def test_the_preview_shows_the_form_as_it_is_written_and_writes_nothing(otto: Client, at: datetime) -> None:
    brand(at)
    before = AuditEntry.objects.count()
    values = {"label": "Issue", "kind": "several", "options": "Import\nExport", "customers": "required", "preview": "1"}
    answer = send(otto, NEW, NEW, htmx="preview", **values)
    part = answer.content.decode()

    assert (answer.status_code, part.strip().startswith('<section id="preview"')) == (200, True)
    assert [words in part for words in ("Brand", "Issue", "Import", "Export", "required")] == [True] * 5
    assert (Field.objects.count(), AuditEntry.objects.count()) == (1, before)


def test_without_javascript_a_button_previews_and_keeps_what_was_typed(otto: Client, at: datetime) -> None:
    path = f"{PAGE}{brand(at).pk}/"
    answer = send(otto, path, path, label="Which brand?", options="Three", customers="hidden", preview="1")
    page = answer.content.decode()
    assert (answer.status_code, "needs your attention" in page) == (200, False)
    assert ("Which brand?" in preview(page), "Customers are not asked this" in preview(page)) == (False, True)
    assert (fill(page, path)["label"], fill(page, path)["options"]) == (["Which brand?"], ["Three"])
    answer = send(otto, path, path, label="Which brand?", options="Three", preview="1")
    assert ("Which brand?" in preview(answer.content.decode()), ">One<" in preview(answer.content.decode())) == (
        True,
        False,
    )
    assert Field.objects.get().label == "Brand"


@pytest.mark.parametrize(
    "typed", [{}, {"kind": "color"}, {"condition": "x"}, {"topics": ["x", "99999"]}, {"label": "\0"}]
)
def test_a_preview_of_nonsense_is_still_a_page(otto: Client, at: datetime, typed: dict[str, object]) -> None:
    brand(at)
    values = fill(shown(otto, NEW), NEW)
    assert otto.post(NEW, {"csrfmiddlewaretoken": "", "preview": "1", **typed}).status_code == 200
    assert otto.post(NEW, {**values, "preview": "1", **typed}).status_code == 200


def test_the_preview_is_of_the_first_topic_that_asks(otto: Client, at: datetime) -> None:
    crm = catalog.save_topic(by=None, at=at, name="CRM Support")
    issue = brand(at, label="Issue", is_global=False, topics=[crm])
    assert "<b>CRM Support</b>" in preview(shown(otto, f"{PAGE}{issue.pk}/"))
    assert "<b>General</b>" in preview(shown(otto, NEW))
    general = Topic.objects.get(name="General")
    answer = send(otto, NEW, NEW, label="Else", where="some", topics=[general.pk], preview="1")
    assert ("<b>General</b>" in preview(answer.content.decode()), "Issue" in preview(answer.content.decode())) == (
        True,
        False,
    )


def test_an_empty_list_says_what_to_do(otto: Client) -> None:
    assert "You ask for subject and message only." in shown(otto)


@pytest.mark.parametrize("fields", [1, 30])
def test_the_list_costs_the_same_queries_however_long(
    otto: Client, at: datetime, fields: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(fields):
        brand(at, label=f"Field {number}")
    otto.get(PAGE)
    with django_assert_num_queries(1):
        otto.get(PAGE)


@pytest.mark.parametrize(
    ("customers", "staff", "words"),
    [
        ("required", "write", "Customers must fill it in; staff may"),
        ("write", "required", "Customers may fill it in; staff must"),
        ("write", "read", "Customers may fill it in; staff only read it"),
        ("read", "write", "Customers read it; staff may fill it in"),
        ("hidden", "required", "Customers do not see it; staff must fill it in"),
        ("hidden", "read", "Customers do not see it; staff read it"),
    ],
)
def test_s4_8_the_list_says_in_a_sentence_who_fills_it_in(
    otto: Client, at: datetime, customers: str, staff: str, words: str
) -> None:
    brand(at, customers=customers, staff=staff)
    assert f'<td class="names">{words}</td>' in shown(otto)
