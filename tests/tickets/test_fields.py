"""What a desk asks beside subject and message, and which answers it takes."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from django.utils.translation import override

from deskhand.tickets.changes import FieldsError, NotAllowedError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.fields import Shown, Value, checked, fields_of, in_words, is_shown, shown_values
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import TopicChoice, sentence, topic_choices, topic_path, topics
from tests import make
from tests.cast import Cast

LINE, TEXT, NUMBER, DATE = Field.Kind.LINE, Field.Kind.TEXT, Field.Kind.NUMBER, Field.Kind.DATE
CHOICE, SEVERAL, CHECKBOX = Field.Kind.CHOICE, Field.Kind.SEVERAL, Field.Kind.CHECKBOX
COLORS = ["red", "green", "blue"]


@pytest.fixture
def general(db: None) -> Topic:
    return Topic.objects.get(is_default=True)


def slugs(topic: Topic, *, as_staff: bool = False) -> list[str]:
    return [field.slug for field in fields_of(topic, as_staff=as_staff)]


def wrong(topic: Topic, given: Mapping[str, object], *, as_staff: bool = False) -> dict[str, str]:
    with pytest.raises(FieldsError) as caught:
        checked(topic, given, as_staff=as_staff)
    return caught.value.errors


# Which fields


def test_s4_8_a_field_is_asked_everywhere_in_one_topic_or_in_several(general: Topic) -> None:
    crm, mail = make.topic("CRM support"), make.topic("E-mail")
    make.field("brand", position=2)
    make.field("issue", crm, position=1)
    make.field("device", crm, mail, position=3)
    assert (slugs(general), slugs(crm), slugs(mail)) == (["brand"], ["issue", "brand", "device"], ["brand", "device"])


def test_s4_8_a_topics_fields_are_asked_in_the_topics_below_it(general: Topic) -> None:
    top = make.topic("IT support")
    middle = make.topic("Mail", parent=top, is_archived=True)
    below = make.topic("Outlook", parent=middle)
    make.field("device", top)
    make.field("server", middle)
    make.field("version", below)
    assert (slugs(top), slugs(below), slugs(general)) == (["device"], ["device", "server", "version"], [])


def test_an_archived_field_is_asked_no_more_and_a_hidden_one_only_of_staff(general: Topic) -> None:
    make.field("old", is_archived=True)
    make.field("cost", customers=Access.HIDDEN)
    make.field("seen", customers=Access.READ)
    assert (slugs(general), slugs(general, as_staff=True)) == (["seen"], ["cost", "seen"])


def test_s4_5_topics_are_a_tree_and_below_an_archived_one_is_nothing_to_choose(general: Topic) -> None:
    first = make.topic("IT support", position=5)
    below = make.topic("E-mail", parent=first, position=2)
    before = make.topic("Printer", parent=first, position=1)
    gone = make.topic("Fax", is_archived=True)
    make.topic("Rolls", parent=gone)
    assert topic_choices() == [
        TopicChoice(general, 0, "General"), TopicChoice(first, 0, "IT support"),
        TopicChoice(before, 1, "IT support › Printer"), TopicChoice(below, 1, "IT support › E-mail"),
    ]  # fmt: skip
    assert topics() == [general, first, before, below]
    assert topic_path(below) == "IT support › E-mail"


def test_a_loop_of_topics_ends(general: Topic) -> None:
    one, two = make.topic("One"), make.topic("Two")
    make.field("asked", two)
    Topic.objects.filter(pk=one.pk).update(parent=two)
    Topic.objects.filter(pk=two.pk).update(parent=one)
    make.promises()
    assert (topic_path(one), slugs(one)) == ("Two › One", ["asked"])


def test_a_topic_made_a_moment_ago_is_known(general: Topic) -> None:
    make.field("brand")
    assert slugs(Topic.objects.create(name="Made past the catalog")) == ["brand"]


# What is taken


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (LINE, "  two\r\n words\x00 ", "two words"),
        (LINE, "x" * 200, "x" * 200),
        (TEXT, "one\r\ntwo\x00\n", "one\ntwo"),
        (TEXT, "x" * 10_000, "x" * 10_000),
        (NUMBER, " 12 ", "12"),
        (NUMBER, "１２", "12"),
        (NUMBER, "1,5", "1.5"),
        (NUMBER, "+007.50", "7.5"),
        (NUMBER, "-0,0", "0"),
        (NUMBER, "1200", "1200"),
        (NUMBER, "1.500", "1.5"),
        (NUMBER, "0", "0"),
        (DATE, "2028-02-29", "2028-02-29"),
        (CHOICE, "green", "green"),
        (SEVERAL, ["blue", "red", "blue", ""], ["red", "blue"]),
        (SEVERAL, "green", ["green"]),
        (SEVERAL, ("red",), ["red"]),
        (CHECKBOX, True, True),
        (CHECKBOX, "on", True),
        (CHECKBOX, "Yes", True),
    ],
)
def test_an_answer_is_kept_in_one_form(general: Topic, kind: str, given: object, kept: Value) -> None:
    make.field("asked", kind=kind, options=COLORS)
    assert checked(general, {"asked": given}, as_staff=False) == {"asked": kept}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (LINE, " \n "), (TEXT, "\n\n"), (NUMBER, " "), (DATE, ""), (CHOICE, ""), (SEVERAL, []), (SEVERAL, ""),
        (SEVERAL, [""]), (CHECKBOX, False), (CHECKBOX, ""), (CHECKBOX, "off"),
    ],
)  # fmt: skip
def test_nothing_is_not_kept_and_not_enough_where_it_is_required(general: Topic, kind: str, given: object) -> None:
    field = make.field("asked", kind=kind, options=COLORS)
    assert checked(general, {"asked": given}, as_staff=False) == {}
    assert checked(general, {"asked": given}, as_staff=False, before={"asked": "red"}) == {}
    Field.objects.filter(pk=field.pk).update(customers=Access.REQUIRED)
    make.promises()
    assert wrong(general, {"asked": given}) == {"asked": "Please fill this in."}
    assert wrong(general, {}) == {"asked": "Please fill this in."}
    assert checked(general, {}, as_staff=True) == {}


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (LINE, "x" * 201, "Please shorten this to 200 characters; it has 201."),
        (LINE, ["x"], "Please write a text here."),
        (TEXT, "x" * 10_001, "Please shorten this to 10000 characters; it has 10001."),
        (TEXT, True, "Please write a text here."),
        *(
            (NUMBER, given, "Please write a number, such as 12 or 12.5.")
            for given in ("1e999", "1,500", "1 500", "NaN", "Infinity", "0x1f", "1" * 16, "1.", ".5", "1.2.3", "twelve", "½")
        ),
        *(
            (DATE, given, "Please write a date as year-month-day, such as 2026-03-31.")
            for given in ("2026-02-30", "31.3.2026", "20260331", "2026-W10-1", "2026-3-1", "0000-01-01", "tomorrow")
        ),
        (CHOICE, "pink", "Please choose one of the list."),
        (CHOICE, ["red"], "Please write a text here."),
        (SEVERAL, ["red", "pink"], "Please choose from the list."),
        (SEVERAL, [1], "Please choose from the list."),
        (SEVERAL, None, "Please choose from the list."),
        (SEVERAL, {"red": 1}, "Please choose from the list."),
        (CHECKBOX, "perhaps", "Please tick it or leave it."),
        (CHECKBOX, None, "Please tick it or leave it."),
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused_in_words(
    general: Topic, kind: str, given: object, words: str
) -> None:
    make.field("asked", kind=kind, options=COLORS)
    assert wrong(general, {"asked": given}) == {"asked": words}


def test_what_is_no_longer_offered_may_stay_and_is_not_chosen_anew(general: Topic) -> None:
    make.field("color", kind=CHOICE, options=COLORS)
    make.field("more", kind=SEVERAL, options=COLORS)
    old: dict[str, Value] = {"color": "pink", "more": ["pink", "blue"]}
    assert checked(general, old, as_staff=False, before=old) == {"color": "pink", "more": ["blue", "pink"]}
    assert checked(general, {"more": ["red"]}, as_staff=False, before=old) == {"color": "pink", "more": ["red"]}
    assert wrong(general, {"color": "pink", "more": ["pink"]}) == {
        "color": "Please choose one of the list.", "more": "Please choose from the list.",
    }  # fmt: skip


def test_several_mistakes_are_told_together(general: Topic) -> None:
    make.field("amount", kind=NUMBER)
    make.field("day", kind=DATE)
    make.field("brand", customers=Access.REQUIRED)
    assert sorted(wrong(general, {"amount": "x", "day": "y"})) == ["amount", "brand", "day"]


def test_s4_7_only_the_fields_of_the_topic_count(general: Topic) -> None:
    crm = make.topic("CRM support")
    make.field("issue", crm, customers=Access.REQUIRED)
    make.field("brand")
    given = {"brand": "Sol", "issue": "Sync", "invented": "x"}
    assert checked(general, given, as_staff=False) == {"brand": "Sol"}
    assert checked(crm, given, as_staff=False) == {"brand": "Sol", "issue": "Sync"}
    assert wrong(crm, {"brand": "Sol"}) == {"issue": "Please fill this in."}
    assert checked(general, {}, as_staff=True, before={"brand": "Sol", "issue": "Sync"}) == {"brand": "Sol"}


@pytest.mark.parametrize("access", [Access.READ, Access.HIDDEN])
def test_what_an_audience_may_not_write_stays_as_it_was(general: Topic, access: Access) -> None:
    make.field("cost", customers=access, staff=Access.WRITE)
    assert checked(general, {"cost": "0"}, as_staff=False, before={"cost": "100"}) == {"cost": "100"}
    assert checked(general, {"cost": "0"}, as_staff=False) == {}
    assert checked(general, {"cost": "0"}, as_staff=True, before={"cost": "100"}) == {"cost": "0"}


def test_what_is_required_of_staff_is_not_required_of_customers(general: Topic) -> None:
    make.field("cause", staff=Access.REQUIRED, customers=Access.WRITE)
    assert checked(general, {}, as_staff=False) == {}
    assert wrong(general, {}, as_staff=True) == {"cause": "Please fill this in."}


def test_the_value_of_an_archived_field_is_kept(general: Topic) -> None:
    make.field("old", is_archived=True)
    assert checked(general, {"old": "new"}, as_staff=True, before={"old": "was", "unknown": "x"}) == {
        "old": "was", "unknown": "x",
    }  # fmt: skip


# Conditions


def test_a_required_field_whose_condition_does_not_hold_is_not_required(general: Topic) -> None:
    color = make.field("color", kind=CHOICE, options=COLORS)
    make.field("shade", customers=Access.REQUIRED, shown_if=color, shown_value="red")
    assert checked(general, {"color": "green", "shade": "dark"}, as_staff=False) == {"color": "green"}
    assert checked(general, {"color": "red", "shade": "dark"}, as_staff=False) == {"color": "red", "shade": "dark"}
    assert wrong(general, {"color": "red"}) == {"shade": "Please fill this in."}


def test_a_mistake_in_a_field_that_is_not_shown_is_none(general: Topic) -> None:
    color = make.field("color", kind=CHOICE, options=COLORS)
    make.field("amount", kind=NUMBER, shown_if=color, shown_value="red")
    assert checked(general, {"color": "blue", "amount": "x"}, as_staff=False) == {"color": "blue"}


def test_conditions_hang_on_each_other(general: Topic) -> None:
    first = make.field("first", position=3)
    second = make.field("second", shown_if=first, shown_value="a", position=2)
    make.field("third", shown_if=second, customers=Access.REQUIRED, position=1)
    assert checked(general, {"first": "b", "second": "x", "third": "y"}, as_staff=False) == {"first": "b"}
    assert wrong(general, {"first": "a", "second": "x"}) == {"third": "Please fill this in."}


def test_a_loop_of_conditions_ends(general: Topic) -> None:
    one = make.field("one", customers=Access.REQUIRED)
    two = make.field("two", shown_if=one, shown_value="x")
    Field.objects.filter(pk=one.pk).update(shown_if=two, shown_value="y")
    make.promises()
    assert checked(general, {"one": "x", "two": "y"}, as_staff=False) == {"one": "x", "two": "y"}
    assert checked(general, {"one": "x", "two": "z"}, as_staff=False) == {}
    assert checked(general, {}, as_staff=False) == {}


def test_a_field_that_hangs_on_one_of_another_topic_is_not_asked(general: Topic) -> None:
    elsewhere = make.field("elsewhere", make.topic("CRM support"))
    make.field("here", shown_if=elsewhere, customers=Access.REQUIRED)
    assert checked(general, {"elsewhere": "x", "here": "y"}, as_staff=False) == {}


@pytest.mark.parametrize(
    ("kind", "wanted", "value", "holds"),
    [
        (CHOICE, "red", "red", True), (CHOICE, "red", "blue", False), (CHOICE, "red", None, False),
        (SEVERAL, "red", ["blue", "red"], True), (SEVERAL, "red", ["blue"], False),
        (LINE, "", "anything", True), (LINE, "", "", False), (LINE, "", None, False),
        (CHECKBOX, "yes", True, True), (CHECKBOX, "yes", "on", True), (CHECKBOX, "yes", None, False),
        (CHECKBOX, "no", True, False), (CHECKBOX, "no", False, True), (CHECKBOX, "No", None, True),
        (CHECKBOX, "", True, True), (CHECKBOX, "", None, False),
    ],
)  # fmt: skip
def test_a_condition_by_kind(general: Topic, kind: str, wanted: str, value: object, holds: bool) -> None:  # noqa: FBT001
    other = make.field("other", kind=kind, options=COLORS)
    field = make.field("field", shown_if=other, shown_value=wanted)
    assert is_shown(field, {"other": value} if value is not None else {}) is holds
    assert is_shown(other, {}) is True


# What is read


def test_answers_are_read_in_order_and_in_words(cast: Cast, at: datetime, general: Topic) -> None:
    make.field("day", kind=DATE, position=1)
    make.field("color", kind=CHOICE, options=COLORS, position=2)
    make.field("more", kind=SEVERAL, options=COLORS, position=3)
    make.field("agreed", kind=CHECKBOX, position=4)
    make.field("cost", kind=NUMBER, customers=Access.HIDDEN, position=5)
    old = make.field("old", position=6)
    given = {"day": "2026-03-31", "color": "red", "more": ["red", "blue"], "agreed": True, "old": "before"}
    ticket = make.ticket(cast.carl, at=at, fields=given)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_fields({"cost": "100"})
    Field.objects.filter(pk=old.pk).update(is_archived=True)
    make.promises()
    ticket = Ticket.objects.get(pk=ticket.pk)
    for_all = [
        Shown("day", "Day", "31 Mar 2026"), Shown("color", "Color", "red"), Shown("more", "More", "red, blue"),
        Shown("agreed", "Agreed", "Yes"),
    ]  # fmt: skip
    assert shown_values(ticket, as_staff=False) == for_all
    assert shown_values(ticket, as_staff=True) == [
        *for_all,
        Shown("cost", "Cost", "100"),
        Shown("old", "Old", "before"),
    ]


def test_words_of_a_field_whose_kind_has_changed_are_what_was_written(general: Topic) -> None:
    field = make.field("day", kind=DATE)
    with override("en"):
        assert [in_words(field, value) for value in (None, False, "soon")] == ["", "", "soon"]


# In a ticket


def test_s4_7_changing_the_topic_swaps_the_fields_and_keeps_what_both_ask(
    cast: Cast, at: datetime, general: Topic
) -> None:
    crm = make.topic("CRM support", team=cast.private)
    make.field("brand")
    make.field("device", general)
    make.field("issue", crm, staff=Access.REQUIRED)
    ticket = make.ticket(cast.carl, at=at, fields={"brand": "Sol", "device": "Laptop"})
    with pytest.raises(FieldsError), change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_topic(crm)
    assert Ticket.objects.get().topic == general
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_topic(crm, {"issue": "Sync"})
    ticket = Ticket.objects.get()
    assert (ticket.topic, ticket.fields, ticket.team) == (crm, {"brand": "Sol", "issue": "Sync"}, None)
    told = list(Event.objects.filter(change=change.id).order_by("pk"))
    assert [(event.kind, sentence(event, as_staff=False)) for event in told] == [
        (Kind.TOPIC_CHANGED, "Ada changed the topic: General → CRM support"),
        (Kind.FIELD_CHANGED, "Ada changed Device: Laptop → empty"),
        (Kind.FIELD_CHANGED, "Ada changed Issue: empty → Sync"),
    ]
    assert told[1].before == {"id": "Laptop", "name": "Laptop", "slug": "device", "field": "Device"}
    assert told[1].after == {"id": None, "name": "", "slug": "device", "field": "Device"}
    assert [event.is_public for event in told] == [True, True, True]


def test_h02_an_answer_to_a_hidden_field_is_told_to_staff_alone(cast: Cast, at: datetime, general: Topic) -> None:
    make.field("cost", customers=Access.HIDDEN)
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_fields({"cost": "100"})
    assert list(Event.objects.filter(kind=Kind.FIELD_CHANGED).values_list("is_public", flat=True)) == [False]
    assert Ticket.objects.get().public_updated_at == at


def test_the_same_answers_again_tell_nothing(cast: Cast, at: datetime, general: Topic) -> None:
    make.field("brand")
    ticket = make.ticket(cast.carl, at=at, fields={"brand": "Sol"})
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_fields({"brand": " Sol "})
        change.set_topic(general)
    assert (change.events, Ticket.objects.get().updated_at) == ([], at)


def test_s4_6_a_ticket_without_a_required_answer_is_not_opened(cast: Cast, at: datetime, general: Topic) -> None:
    make.field("brand", customers=Access.REQUIRED)
    with pytest.raises(FieldsError):
        make.ticket(cast.carl, at=at)
    assert Ticket.objects.count() == 0
    assert make.ticket(cast.carl, at=at, fields={"brand": "Sol"}).fields == {"brand": "Sol"}


def test_nobody_but_staff_changes_topic_and_answers(cast: Cast, at: datetime, general: Topic) -> None:
    make.field("brand")
    ticket = make.ticket(cast.carl, at=at)
    for verb, argument in (("set_topic", general), ("set_fields", {"brand": "Sol"})):
        for by, via in ((cast.carl, Via.PORTAL), (cast.eve, Via.STAFF)):
            with pytest.raises(NotAllowedError), change_ticket(ticket, by=by, via=via, at=at) as change:
                getattr(change, verb)(argument)
    assert Ticket.objects.get().fields == {}
