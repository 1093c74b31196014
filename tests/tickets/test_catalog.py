"""What tickets can be, as an administrator or a blueprint changes it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from deskhand.accounts.models import User
from deskhand.core.models import AuditEntry
from deskhand.desk.queries import current_desk
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.words import words
from tests import make
from tests.cast import Cast


def topic(name: str, at: datetime, **values: Any) -> Topic:  # noqa: ANN401 - the verb's own
    return catalog.save_topic(by=None, at=at, name=name, **values)


def field(label: str, at: datetime, **values: Any) -> Field:  # noqa: ANN401 - the verb's own
    return catalog.save_field(by=None, at=at, label=label, **values)


def status(name: str, category: str, at: datetime, **values: Any) -> Status:  # noqa: ANN401 - the verb's own
    return catalog.save_status(by=None, at=at, name=name, category=category, **values)


def last_entry() -> tuple[str, str, Any, Any]:
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.subject, entry.before, entry.after


def names(rows: Iterable[object]) -> list[str]:
    return [str(row) for row in rows]


def test_s4_4_a_topic_is_made_with_its_team_written_down_and_known_at_once(cast: Cast, at: datetime) -> None:
    words()
    version = current_desk().version
    made = catalog.save_topic(
        by=cast.otto, at=at, name=" CRM  Support ", team=cast.support, priority=Priority.objects.get(slug="high"),
        assignee=cast.ada, asks_priority=False,
    )  # fmt: skip

    assert (words().topics[made.pk].name, words().topics[made.pk].team, current_desk().version) == (
        "CRM Support", cast.support, version + 1,
    )  # fmt: skip
    assert last_entry() == (
        "topic.created", f"topic:{made.pk}", {},
        {
            "name": "CRM Support", "parent": None, "team": "Support", "priority": "High", "assignee": "Ada",
            "asks_priority": False, "purchase": "none", "is_bug_report": False, "longest_message": None, "position": 1,
            "is_default": False, "is_archived": False,
        },
    )  # fmt: skip


def test_only_what_is_different_is_written_down(cast: Cast, at: datetime) -> None:
    made = topic("CRM", at, team=cast.support)
    topic("CRM", at, topic=made, team=cast.private)
    assert last_entry() == ("topic.changed", f"topic:{made.pk}", {"team": "Support"}, {"team": "Legal"})
    before = AuditEntry.objects.count(), current_desk().version
    topic("CRM", at, topic=made, team=cast.private)
    assert (AuditEntry.objects.count(), current_desk().version) == before


def test_the_shared_words_are_not_touched_by_a_change_that_fails(cast: Cast, at: datetime) -> None:
    shared = words().topics[Topic.objects.get().pk]
    with pytest.raises(ValidationError):
        topic("x" * 81, at, topic=shared)
    assert (shared.name, Topic.objects.get().name) == ("General", "General")


@pytest.mark.parametrize(
    "act",
    [
        lambda by, at: catalog.save_topic(by=by, at=at, name="x"),
        lambda by, at: catalog.save_field(by=by, at=at, label="x"),
        lambda by, at: catalog.save_status(by=by, at=at, name="x", category="open"),
        lambda by, at: catalog.archive(Topic.objects.get(), by=by, at=at),
        lambda by, at: catalog.restore(Topic.objects.get(), by=by, at=at),
        lambda by, at: catalog.remove(Topic.objects.get(), by=by, at=at),
        lambda by, at: catalog.move(Topic.objects.get(), up=True, by=by, at=at),
    ],
)  # fmt: skip
def test_only_who_configures_the_desk_may(cast: Cast, at: datetime, act: Callable[[User, datetime], object]) -> None:
    before = AuditEntry.objects.count()
    for person in (cast.lena, cast.ada, cast.mona):
        with pytest.raises(catalog.NotAllowedError):
            act(person, at)
    assert AuditEntry.objects.count() == before


def test_a_name_is_taken_once_below_a_topic_whatever_its_capitals(cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    topic("Mail", at, parent=above)
    topic("Mail", at)
    with pytest.raises(catalog.NameTakenError):
        topic("mAIL", at, parent=above)
    assert names(Topic.objects.order_by("pk")) == ["General", "IT support", "Mail", "Mail"]


def test_a_topic_never_lies_below_itself(cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    middle = topic("Mail", at, parent=above)
    below = topic("Spam", at, parent=middle)
    for parent in (above, middle, below):
        with pytest.raises(catalog.LoopError):
            topic("IT support", at, topic=above, parent=parent)


def test_s4_5_the_default_is_given_and_never_taken(cast: Cast, at: datetime) -> None:
    general = Topic.objects.get()
    topic("General", at, topic=general, is_default=False)
    assert Topic.objects.get(is_default=True) == general
    made = topic("IT support", at, is_default=True)
    assert Topic.objects.get(is_default=True) == made
    for refused in (
        lambda: catalog.archive(made, by=None, at=at),
        lambda: catalog.remove(made, by=None, at=at),
        lambda: topic("IT support", at, topic=made, is_archived=True),
        lambda: topic("New", at, is_default=True, is_archived=True),
    ):
        with pytest.raises(catalog.NeedsDefaultError):
            refused()


def test_an_archived_topic_takes_those_below_along_and_comes_back_alone(cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    middle = topic("Mail", at, parent=above)
    below = topic("Spam", at, parent=middle)
    catalog.archive(above, by=None, at=at)
    assert names(Topic.objects.filter(is_archived=True).order_by("pk")) == ["IT support", "Mail", "Spam"]
    with pytest.raises(catalog.ArchivedAboveError):
        catalog.restore(below, by=None, at=at)
    with pytest.raises(catalog.ArchivedAboveError):
        topic("Post", at, parent=middle)
    catalog.restore(above, by=None, at=at)
    catalog.restore(middle, by=None, at=at)
    assert names(Topic.objects.filter(is_archived=True)) == ["Spam"]
    topic("IT support", at, topic=above, is_archived=True)
    assert names(Topic.objects.filter(is_archived=True).order_by("pk")) == ["IT support", "Mail", "Spam"]


def test_a_default_below_keeps_the_whole_branch(cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    topic("Mail", at, parent=above)
    topic("Spam", at, parent=above, is_default=True)
    with pytest.raises(catalog.NeedsDefaultError):
        catalog.archive(above, by=None, at=at)
    assert Topic.objects.filter(is_archived=True).count() == 0


def test_topics_move_among_their_own_and_past_archived_ones(cast: Cast, at: datetime) -> None:
    above = topic("IT support", at)
    rows = [topic(name, at, parent=above) for name in ("A", "B", "C")]
    catalog.archive(rows[1], by=None, at=at)
    catalog.move(rows[2], up=True, by=None, at=at)
    assert names(Topic.objects.filter(parent=above)) == ["C", "A", "B"]
    assert last_entry() == ("topic.moved", f"topic:{rows[2].pk}", {"position": 2}, {"position": 0})
    before = AuditEntry.objects.count()
    catalog.move(rows[2], up=True, by=None, at=at)
    catalog.move(rows[0], up=False, by=None, at=at)
    assert (names(Topic.objects.filter(parent=above)), AuditEntry.objects.count()) == (["C", "A", "B"], before)


def test_a_topic_goes_only_while_nothing_has_it(cast: Cast, at: datetime) -> None:
    with_field, with_ticket, above, free = (topic(name, at) for name in ("Asked", "Used", "Above", "Free"))
    topic("Below", at, parent=above)
    field("Version", at, topics=[with_field])
    Ticket.objects.filter(pk=make.ticket(cast.carl, at=at).pk).update(topic=with_ticket)
    for used in (with_field, with_ticket, above):
        with pytest.raises(catalog.InUseError):
            catalog.remove(used, by=None, at=at)
    catalog.remove(free, by=None, at=at)
    assert last_entry() == ("topic.removed", f"topic:{free.pk}", {"name": "Free"}, {})
    for act in (catalog.remove, catalog.archive, catalog.restore):
        with pytest.raises(catalog.GoneError):
            act(free, by=None, at=at)


def test_s4_8_a_field_is_made_with_all_it_has(cast: Cast, at: datetime) -> None:
    crm = topic("CRM", at)
    brand = field("Brand", at, kind="choice", options=[" One ", "Two", "One", ""], is_global=True, topics=[crm])
    issue = field(
        "Issue", at, kind="choice", options=["Import"], customers=Access.REQUIRED, topics=[crm, crm], shown_if=brand,
        shown_value="Two",
    )  # fmt: skip
    assert (brand.slug, brand.options, list(brand.topics.all())) == ("brand", ["One", "Two"], [])
    assert (issue.slug, list(issue.topics.all()), issue.position) == ("issue", [crm], brand.position + 1)
    assert words().asked_in == {issue.pk: frozenset({crm.pk})}
    assert last_entry()[3]["topics"] == ["CRM"]
    field(
        "Issue",
        at,
        field=issue,
        kind="choice",
        options=["Import"],
        customers=Access.REQUIRED,
        shown_if=brand,
        shown_value="One",
    )
    assert last_entry()[2:] == ({"topics": ["CRM"], "shown_value": "Two"}, {"topics": [], "shown_value": "One"})


def test_a_slug_is_made_of_the_label_once(cast: Cast, at: datetime) -> None:
    made = [field(label, at).slug for label in ("Your version", "Your version", "¿?")]
    assert made == ["your-version", "your-version-2", "field"]
    assert field("Renamed", at, field=Field.objects.get(slug="field"), slug="other").slug == "field"
    with pytest.raises(catalog.NameTakenError):
        field("Other", at, slug="field")


@pytest.mark.parametrize("options", [[], [" ", ""], ["x" * 201], [str(number) for number in range(201)]])
def test_a_list_needs_options_that_can_be_read(cast: Cast, at: datetime, options: list[str]) -> None:
    for kind in ("choice", "several"):
        with pytest.raises(catalog.OptionsError):
            field("Brand", at, kind=kind, options=options)
    assert field("Brand", at, kind="line", options=options).options == []


def test_a_condition_names_a_value_that_can_be(cast: Cast, at: datetime) -> None:
    brand = field("Brand", at, kind="choice", options=["One", "Two"])
    agreed, line = field("Agreed", at, kind="checkbox"), field("Line", at)
    for other, value in ((brand, "Three"), (agreed, "maybe"), (line, "x")):
        with pytest.raises(catalog.ConditionError):
            field("Issue", at, shown_if=other, shown_value=value)
    for number, (other, value) in enumerate([(brand, ""), (brand, "Two"), (agreed, "yes"), (agreed, "no"), (line, "")]):
        assert field(f"Issue {number}", at, shown_if=other, shown_value=value).shown_if == other
    assert field("Without", at, shown_value="Two").shown_value == ""


def test_a_field_is_never_shown_by_itself(cast: Cast, at: datetime) -> None:
    first = field("First", at)
    second = field("Second", at, shown_if=first)
    for other in (first, second):
        with pytest.raises(catalog.LoopError):
            field("First", at, field=first, shown_if=other)
    for each in (second, first):
        catalog.archive(each, by=None, at=at)
    with pytest.raises(catalog.LoopError):
        field("First", at, field=first, shown_if=second, is_archived=True)


def test_what_a_condition_names_stays(cast: Cast, at: datetime) -> None:
    brand = field("Brand", at, kind="choice", options=["One", "Two"])
    issue = field("Issue", at, shown_if=brand, shown_value="Two")
    for refused in (
        lambda: catalog.archive(brand, by=None, at=at),
        lambda: catalog.remove(brand, by=None, at=at),
        lambda: field("Brand", at, field=brand, kind="choice", options=["One"]),
        lambda: field("Brand", at, field=brand, kind="line"),
        lambda: field("Brand", at, field=brand, kind="choice", options=["One", "Two"], is_archived=True),
    ):
        with pytest.raises(catalog.InUseError):
            refused()
    catalog.archive(issue, by=None, at=at)
    catalog.archive(brand, by=None, at=at)
    with pytest.raises(catalog.ConditionError):
        catalog.restore(issue, by=None, at=at)


def test_a_field_with_values_keeps_its_kind_and_stays(cast: Cast, at: datetime) -> None:
    version, free = field("Version", at), field("Free", at)
    ticket = make.ticket(cast.carl, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(fields={"version": "2"})
    with pytest.raises(catalog.InUseError):
        field("Version", at, field=version, kind="number")
    with pytest.raises(catalog.InUseError):
        catalog.remove(version, by=None, at=at)
    assert field("Version", at, field=version, kind="text").kind == "text"
    assert field("Free", at, field=free, kind="number").kind == "number"
    catalog.remove(free, by=None, at=at)
    assert names(Field.objects.all()) == ["Version"]


@pytest.mark.parametrize(
    "values", [{"staff": "hidden"}, {"customers": "maybe"}, {"kind": "color"}, {"hint": "x" * 201}]
)
def test_what_no_column_takes_is_refused(cast: Cast, at: datetime, values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        field("Brand", at, **values)
    assert (Field.objects.count(), AuditEntry.objects.filter(action="field.created").count()) == (0, 0)


def test_s3_8_a_status_stands_behind_those_of_its_category(cast: Cast, at: datetime) -> None:
    made = status("Asked the vendor", "waiting", at, explanation="We asked the vendor")
    assert (made.customer_name, made.is_default) == ("Asked the vendor", False)
    assert names(Status.objects.all()) == [
        "Open", "In progress", "Waiting for customer", "Asked the vendor", "Resolved", "Closed",
    ]  # fmt: skip
    catalog.move(made, up=True, by=None, at=at)
    assert names(Status.objects.all())[2:4] == ["Asked the vendor", "Waiting for customer"]
    catalog.move(made, up=True, by=None, at=at)
    assert names(Status.objects.all())[1:3] == ["In progress", "Asked the vendor"]


def test_each_category_keeps_its_default_status(cast: Cast, at: datetime) -> None:
    first = Status.objects.get(category="waiting")
    made = status("Asked the vendor", "waiting", at, is_default=True)
    assert names(Status.objects.filter(is_default=True)) == [
        "Open", "In progress", "Asked the vendor", "Resolved", "Closed",
    ]  # fmt: skip
    with pytest.raises(catalog.NeedsDefaultError):
        catalog.archive(made, by=None, at=at)
    with pytest.raises(catalog.NeedsDefaultError):
        status("Asked the vendor", "open", at, status=made)
    assert status("Waiting for customer", "open", at, status=first).category == "open"
    with pytest.raises(catalog.NameTakenError):
        status("open", "waiting", at)


def test_a_status_that_tickets_have_keeps_its_category_and_stays(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    status("New", "open", at, is_default=True)
    with pytest.raises(catalog.InUseError):
        status("Open", "waiting", at, status=ticket.status)
    with pytest.raises(catalog.InUseError):
        catalog.remove(ticket.status, by=None, at=at)
    catalog.archive(ticket.status, by=None, at=at)
    assert names(Status.objects.filter(is_archived=True)) == ["Open"]


def test_s3_4_a_priority_says_what_it_means_and_what_is_promised(cast: Cast, at: datetime) -> None:
    urgent = Priority.objects.get(slug="urgent")
    saved = catalog.save_priority(
        by=cast.otto, at=at, priority=urgent, name="Critical", meaning=" All  stands ", first_response_minutes=60,
        is_default=True,
    )  # fmt: skip
    assert (saved.name, saved.meaning, Priority.objects.get(is_default=True)) == ("Critical", "All stands", urgent)
    assert last_entry()[2:] == (
        {"name": "Urgent", "meaning": "Critical, needs immediate attention", "first_response_minutes": None, "is_default": False},
        {"name": "Critical", "meaning": "All stands", "first_response_minutes": 60, "is_default": True},
    )  # fmt: skip
    again = catalog.save_priority(
        by=None, at=at, priority=urgent, name="Critical", meaning="All stands", first_response_minutes=0
    )
    assert (again.first_response_minutes, again.is_default) == (None, True)
    with pytest.raises(catalog.NameTakenError):
        catalog.save_priority(by=None, at=at, priority=urgent, name="low", meaning="x", first_response_minutes=None)
    with pytest.raises(ValidationError):
        catalog.save_priority(by=None, at=at, priority=urgent, name="", meaning="x", first_response_minutes=None)
