"""What a new ticket asks: the topics as a tree, the questions of the one that is chosen, and what is promised."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.forms import Values, fill, send
from tests.portal import reading

NEW = "/tickets/new/"


@pytest.fixture
def support(cast: Cast) -> Topic:
    """The default topic; it asks for the brand, as all do."""
    topic = Topic.objects.get(is_default=True)
    question("brand", "Brand", kind=Field.Kind.CHOICE, options=["North", "South"], is_global=True)
    return topic


@pytest.fixture
def crm(support: Topic) -> Topic:
    """A topic below the default one; it also asks for the issue, and for the file where an import went wrong."""
    topic = Topic.objects.create(name="CRM support", parent=support, position=1)
    issue = question("issue", "Issue", kind=Field.Kind.CHOICE, options=["Import", "Login"], topic=topic)
    question("file", "File", topic=topic, shown_if=issue, shown_value="Import")
    question("score", "Score", topic=topic, customers=Access.HIDDEN)
    question("owner", "Owner", topic=topic, customers=Access.READ)
    return topic


def question(
    slug: str, label: str, *, kind: str = Field.Kind.LINE, topic: Topic | None = None,
    customers: Access = Access.REQUIRED, **more: object,
) -> Field:  # fmt: skip
    field = Field.objects.create(
        slug=slug, label=label, kind=kind, customers=customers, position=Field.objects.count(), **more
    )
    if topic:
        field.topics.add(topic)
    return field


@pytest.fixture
def carl(client: Client, cast: Cast) -> Client:
    client.force_login(cast.carl)
    return client


def form(answer: HttpResponse) -> Values:
    return fill(answer.content.decode(), NEW)


def look(client: Client, **typed: object) -> HttpResponse:
    """Press the button that shows what a topic asks, without JavaScript."""
    return client.post(NEW, fill(client.get(NEW).content.decode(), NEW, **typed) | {"look": ["asked"]})


def test_s4_5_the_default_topic_is_preselected_with_its_questions_and_topics_stand_as_a_tree(
    carl: Client, crm: Topic
) -> None:
    Topic.objects.create(name="Old", is_archived=True)
    Topic.objects.create(name="Billing", position=2)
    page = carl.get(NEW).content.decode()
    select = re.search(r'<select name="topic".*?</select>', page, re.DOTALL)
    assert select is not None
    assert re.findall(r">([^<\n]+)</option>", select[0]) == [
        crm.parent.name if crm.parent else "", "\N{EM SPACE}CRM support", "Billing",
    ]  # fmt: skip
    values = fill(page, NEW)
    assert values["topic"] == [str(crm.parent_id)]
    assert [name for name in values if name.startswith("field_")] == ["field_brand"]


def test_s4_6_s4_8_a_mandatory_field_is_marked_and_asked_in_every_topic(carl: Client, crm: Topic) -> None:
    for page in (carl.get(NEW), look(carl, topic=crm.pk)):
        html = page.content.decode()
        assert reading.words(re.findall(r'<label for="id_field_brand">.*?</label>', html)[0]) == "Brand * required"
        assert re.search(r'<select name="field_brand" required', html)


def test_s4_7_another_topic_swaps_the_questions_and_loses_nothing_that_was_typed(carl: Client, crm: Topic) -> None:
    answer = look(carl, topic=crm.pk, subject="kept", text="also\nkept", field_brand="South", priority="high")
    assert (answer.status_code, Ticket.objects.count()) == (200, 0)
    values = form(answer)
    asked = {name: values[name] for name in values if name.startswith("field_")}
    assert asked == {"field_brand": ["South"], "field_issue": [""], "field_file": [""]}
    assert (values["topic"], values["subject"], values["text"], values["priority"]) == (
        [str(crm.pk)], ["kept"], ["also\nkept"], ["high"],
    )  # fmt: skip
    assert 'class="errors"' not in answer.content.decode()


def test_s4_7_a_file_that_was_chosen_stays_through_a_look(carl: Client, crm: Topic) -> None:
    values = fill(carl.get(NEW).content.decode(), NEW, topic=crm.pk)
    answer = carl.post(NEW, {**values, "look": "asked", "files": [files.upload("a.pdf", files.pdf())]})
    assert answer.status_code == 200
    assert len(form(answer)["file"]) == 1


def test_s4_7_with_javascript_only_the_questions_are_swapped(carl: Client, crm: Topic) -> None:
    values = fill(carl.get(NEW).content.decode(), NEW, topic=crm.pk) | {"look": ["asked"]}
    part = carl.post(NEW, values, headers={"HX-Request": "true", "HX-Target": "asked"}).content.decode()
    assert part.strip().startswith('<div class="wide form-grid" id="asked">')
    assert re.findall(r'name="(field_\w+)"', part) == ["field_brand", "field_issue", "field_file"]
    assert 'name="subject"' not in part


def test_s4_7_the_server_looks_at_the_questions_of_the_topic_that_was_sent(carl: Client, crm: Topic) -> None:
    ticket = {"subject": "x", "text": "y", "field_brand": "North"}
    refused = send(carl, NEW, NEW, topic=crm.pk, **ticket)
    html = refused.content.decode()
    assert (refused.status_code, Ticket.objects.count()) == (422, 0)
    assert reading.errors(html) == "One thing needs your attention Issue : Please fill this in."
    assert '<a href="#id_field_issue">' in html
    again = carl.post(NEW, fill(html, NEW, field_issue="Login"))
    assert again.status_code == 303
    assert Ticket.objects.get().fields == {"brand": "North", "issue": "Login"}
    other = send(carl, NEW, NEW, field_issue="Login", **ticket)
    assert other.status_code == 303
    assert Ticket.objects.latest("pk").fields == {"brand": "North"}


def test_all_that_is_wrong_is_said_at_once(carl: Client, support: Topic) -> None:
    told = reading.errors(send(carl, NEW, NEW, subject="", text="y").content.decode())
    assert told.startswith("2 things need your attention")
    assert "Brand : Please fill this in." in told


def test_s4_7_a_question_with_a_condition_counts_only_while_it_holds(carl: Client, crm: Topic) -> None:
    ticket = {"subject": "x", "text": "y", "topic": crm.pk, "field_brand": "North"}
    page = look(carl, topic=crm.pk).content.decode()
    assert '<desk-if data-field="field_issue" data-value="Import">' in page
    assert "required" not in re.findall(r'<input[^>]*name="field_file"[^>]*>', page)[0]
    assert carl.post(NEW, fill(page, NEW, field_issue="Import", **ticket)).status_code == 422
    assert carl.post(NEW, fill(page, NEW, field_issue="Login", field_file="lost", **ticket)).status_code == 303
    assert Ticket.objects.get().fields == {"brand": "North", "issue": "Login"}


def test_what_customers_may_not_fill_in_is_neither_asked_nor_taken(carl: Client, crm: Topic) -> None:
    page = look(carl, topic=crm.pk).content.decode()
    assert "Score" not in page
    assert "Owner" not in page
    values = fill(page, NEW, subject="x", text="y", field_brand="North", field_issue="Login")
    assert carl.post(NEW, values | {"field_score": ["9"], "field_owner": ["me"]}).status_code == 303
    assert Ticket.objects.get().fields == {"brand": "North", "issue": "Login"}


def test_what_hangs_on_an_answer_that_no_customer_gives_is_not_asked(carl: Client, crm: Topic) -> None:
    hidden = Field.objects.get(slug="score")
    question("why", "Why that score", topic=crm, shown_if=hidden, shown_value="9")
    assert "Why that score" not in look(carl, topic=crm.pk).content.decode()


def test_s3_10_a_ticket_shows_the_answers_that_customers_may_read(
    carl: Client, cast: Cast, crm: Topic, at: datetime
) -> None:
    ticket = dict.fromkeys(("subject", "text"), "x") | {"field_brand": "North", "field_issue": "Login"}
    carl.post(NEW, fill(look(carl, topic=crm.pk).content.decode(), NEW, **ticket))
    with change_ticket(Ticket.objects.get(), by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_fields({"score": "secret 9", "owner": "Bea <b>"})
    page = carl.get("/tickets/1001/").content.decode()
    facts = re.findall(r'<section class="card facts">.*?</section>', page, re.DOTALL)[0]
    assert "Topic General › CRM support Brand North Issue Login Owner Bea <b> Opened" in reading.words(facts)
    assert "secret 9" not in page


def test_f09_answers_come_back_after_the_session_ended(carl: Client, cast: Cast, crm: Topic) -> None:
    values = fill(look(carl, topic=crm.pk).content.decode(), NEW, subject="x", text="y", field_issue="Import")
    carl.session.flush()
    carl.post(NEW, values | {"field_file": ["list.csv"]})
    carl.force_login(cast.carl)
    again = form(carl.get(NEW))
    assert (again["field_issue"], again["field_file"]) == (["Import"], ["list.csv"])


def test_s3_4_s3_14_a_priority_says_until_when_we_answer_in_the_readers_zone(carl: Client, cast: Cast) -> None:
    type(cast.carl).objects.filter(pk=cast.carl.pk).update(time_zone="Asia/Tokyo")
    Priority.objects.filter(slug="urgent").update(first_response_minutes=60)
    Priority.objects.filter(slug="low").update(first_response_minutes=48 * 60)
    with time_machine.travel(datetime.fromisoformat("2026-03-02T12:00+00:00"), tick=False):
        carl.force_login(cast.carl)
        page = carl.get(NEW).content.decode()
        cards = reading.words(re.findall(r'<fieldset class="choices wide".*?</fieldset>', page, re.DOTALL)[0])
        sent = send(carl, NEW, NEW, subject="x", text="y", priority="low")
        shown = carl.get(sent["Location"]).content.decode()
    assert "You hear from us by 22:00." in cards
    assert "You hear from us by Wed 21:00." in cards
    assert reading.words(shown).count("You will hear from us by Wed 21:00.") == 2


def test_a_topic_that_asks_no_priority_gives_its_own(carl: Client, crm: Topic) -> None:
    Topic.objects.filter(pk=crm.pk).update(asks_priority=False, priority=Priority.objects.get(slug="high"))
    page = look(carl, topic=crm.pk, priority="low").content.decode()
    assert "priority" not in fill(page, NEW)
    values = fill(page, NEW, subject="x", text="y", field_brand="North", field_issue="Login")
    assert carl.post(NEW, values).status_code == 303
    assert Ticket.objects.get().priority.slug == "high"


@pytest.mark.parametrize(("chosen", "then"), [("medium", "high"), ("urgent", "urgent")])
def test_another_topics_priority_is_preselected_unless_one_was_chosen(
    carl: Client, crm: Topic, chosen: str, then: str
) -> None:
    Topic.objects.filter(pk=crm.pk).update(priority=Priority.objects.get(slug="high"))
    assert form(look(carl, topic=crm.pk, priority=chosen))["priority"] == [then]


def test_s3_12_the_desks_own_tips_replace_the_usual_ones_as_plain_text(carl: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, tips="The *order* number\n\n <b>Shop</b> address ")
    page = carl.get(NEW).content.decode()
    assert "<li>The *order* number</li>\n        <li>&lt;b&gt;Shop&lt;/b&gt; address</li>" in page
    assert "A clear description" not in page


def test_s3_2_s3_3_the_desks_words_stand_on_the_form(carl: Client, cast: Cast, at: datetime) -> None:
    words = {
        "topic": "Help topic",
        "subject": "Title",
        "send_ticket": "Submit Ticket",
        "open_ticket": "Create New Ticket",
    }
    configure(by=cast.otto, at=at, labels=words)
    Topic.objects.create(name="Billing")
    page = reading.words(carl.get(NEW).content.decode())
    for word in words.values():
        assert word in page
    assert "Send the ticket" not in page


def test_s5_8_after_sending_the_list_with_the_new_row(carl: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, after_opening="list")
    answer = send(carl, NEW, NEW, subject="x", text="y")
    assert answer["Location"] == "/tickets/?tab=open#row-1001"
    page = carl.get("/tickets/?tab=open").content.decode()
    assert 'id="row-1001"' in page
    assert '<div class="notice" data-level="success" role="status">Ticket #1001 is open' in page
    assert page.count("Ticket #1001 is open") == 1


def closed(cast: Cast, at: datetime) -> Ticket:
    """Carl's ticket, closed for good ten days ago."""
    configure(by=cast.otto, at=at, reopen_days=3)
    ticket = make.ticket(cast.carl, at=at - timedelta(days=11), subject="Leak")
    return make.in_category(ticket, "closed", by=cast.ada, at=at - timedelta(days=10))  # type: ignore[arg-type]  # its value


def test_s3_17_a_ticket_that_stays_closed_goes_on_in_a_follow_up_and_both_say_so(
    carl: Client, cast: Cast, at: datetime
) -> None:
    with time_machine.travel(at):
        closed(cast, at)
        carl.force_login(cast.carl)
        page = carl.get("/tickets/1001/").content.decode()
        assert f'href="{NEW}?follows=1001"' in page
        assert 'action="/tickets/1001/replies/"' not in page
        answer = send(carl, f"{NEW}?follows=1001", NEW, text="Again.")
        assert answer["Location"] == "/tickets/1002/"
        new, old = (carl.get(f"/tickets/{number}/").content.decode() for number in (1002, 1001))
    assert Ticket.objects.get(number=1002).follows == Ticket.objects.get(number=1001)
    assert 'Follows <a href="/tickets/1001/">#1001 Leak</a>' in new
    assert 'Goes on in <a href="/tickets/1002/">#1002 Leak</a>' in old


def test_s3_17_nobody_follows_up_on_a_ticket_that_is_not_theirs_or_not_closed(
    carl: Client, cast: Cast, at: datetime
) -> None:
    with time_machine.travel(at):
        closed(cast, at)
        make.ticket(cast.carl, at=at)
        carl.force_login(cast.eve)
        missing, foreign = (carl.get(f"{NEW}?follows={number}").content.decode() for number in (9999, 1001))
        assert reading.settled(missing) == reading.settled(foreign)
        assert "Leak" not in foreign
        values = fill(foreign, NEW, subject="x", text="y") | {"follows": ["1001"]}
        assert carl.post(NEW, values).status_code == 422
        carl.force_login(cast.carl)
        assert "follows" not in form(carl.get(f"{NEW}?follows=1002"))
    assert Ticket.objects.count() == 2


def test_s3_17_who_sees_only_the_follow_up_does_not_learn_what_it_follows(
    carl: Client, cast: Cast, at: datetime
) -> None:
    with time_machine.travel(at):
        closed(cast, at)
        carl.force_login(cast.carl)
        send(carl, f"{NEW}?follows=1001", NEW, subject="Again", text="x")
        with change_ticket(Ticket.objects.get(number=1002), by=cast.ada, via=Via.STAFF, at=at) as change:
            change.follow(cast.eve)
        carl.force_login(cast.eve)
        assert "Leak" not in carl.get("/tickets/1002/").content.decode()


def test_staff_follow_up_on_their_own_tickets_only(client: Client, cast: Cast, at: datetime) -> None:
    with time_machine.travel(at):
        closed(cast, at)
        client.force_login(cast.ada)
        assert "Leak" not in client.get(f"{NEW}?follows=1001").content.decode()


@pytest.mark.parametrize("more", [0, 2])
def test_questions_cost_no_queries(
    carl: Client, crm: Topic, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(more):
        question(f"more-{number}", "More", topic=crm)
    values = fill(carl.get(NEW).content.decode(), NEW, topic=crm.pk) | {"look": ["asked"]}
    with django_assert_num_queries(1):  # who asks
        carl.post(NEW, values, headers={"HX-Request": "true", "HX-Target": "asked"})
