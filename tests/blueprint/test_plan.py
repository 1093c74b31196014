"""The demo before it is written: worth reading, never twice the same, never in the future."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from deskhand.blueprint import people, plan
from deskhand.blueprint.stories import fill, fresh_stories, stories

# A weekday noon, a Sunday night, a Monday before the office opens
MOMENTS = [
    datetime(2026, 3, 4, 12, tzinfo=UTC),
    datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    datetime(2026, 3, 2, 5, tzinfo=UTC),
]


@pytest.mark.parametrize("at", MOMENTS, ids=str)
def test_two_hundred_tickets_over_sixty_days_and_none_after_the_moment(at: datetime) -> None:
    tickets = plan.tickets(at)
    times = [ticket.at for ticket in tickets]
    everything = [*times, *(happening.at for ticket in tickets for happening in ticket.happenings)]

    assert len(tickets) == 200
    assert times == sorted(times)
    assert at - timedelta(days=62) < min(times) < at - timedelta(days=50)
    assert max(everything) <= at - timedelta(minutes=5)
    assert max(times) == at - timedelta(minutes=12)


@pytest.mark.parametrize("at", MOMENTS, ids=str)
def test_what_happens_to_a_ticket_happens_in_order(at: datetime) -> None:
    for ticket in plan.tickets(at):
        times = [ticket.at, *(happening.at for happening in ticket.happenings)]
        assert times == sorted(times), ticket.subject


def test_no_two_tickets_read_the_same() -> None:
    told = Counter((ticket.subject, ticket.text) for ticket in plan.tickets(MOMENTS[0]))

    assert max(told.values()) == 1


def test_the_same_moment_gives_the_same_plan_and_another_moment_the_same_words() -> None:
    assert plan.tickets(MOMENTS[0]) == plan.tickets(MOMENTS[0])
    words = [sorted(ticket.text for ticket in plan.tickets(at)) for at in MOMENTS]
    assert words[0] == words[1] == words[2]


def test_there_are_more_than_forty_stories_and_some_wait_unanswered() -> None:
    tickets = plan.tickets(MOMENTS[0])

    assert len(stories()) > 40
    assert len([ticket for ticket in tickets if not ticket.happenings]) >= len(fresh_stories()) == 8


def test_the_newest_ticket_is_the_visiting_customers_own_and_can_be_answered_at_once() -> None:
    newest = plan.tickets(MOMENTS[0])[-1]

    assert (newest.requester, newest.happenings) == (people.OPEN_TO_ALL["customer"].key, ())
    assert newest.text.endswith("Thank you, Nora")


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("hour", [0, 6, 12, 18])
def test_one_ticket_waits_for_the_visiting_customer_on_every_day(day: int, hour: int) -> None:
    at = datetime(2026, 3, 2, hour, tzinfo=UTC) + timedelta(days=day)
    ticket = next(planned for planned in plan.tickets(at) if planned.at == at - timedelta(days=4))
    replies = [
        (happening.by in people.TEAM_MEMBERS["support"], action["do"])
        for happening in ticket.happenings
        for action in happening.actions
        if action["do"] in {"reply", "close", "set_status"}
    ]

    assert ticket.requester == people.OPEN_TO_ALL["customer"].key
    assert replies == [(True, "reply")]


def test_every_word_is_filled_in() -> None:
    """What is left in braces stands in three texts on purpose: a template's field and a piece of Python."""
    texts = [
        text
        for ticket in plan.tickets(MOMENTS[0])
        for text in [ticket.subject, ticket.text, *(str(a.get("text")) for h in ticket.happenings for a in h.actions)]
    ]
    left = {found for text in texts for found in re.findall(r"\{\w+\}|\[[^\]]*\|[^\]]*\]", text)}

    assert left == {"{allergens}", "{allergen}", "{base}"}


def test_a_word_that_no_fact_fills_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("Hello {nobody}", {"me": "Nora"}, Random(1))


def test_everybody_has_an_address_that_can_reach_nobody() -> None:
    assert len({player.email for player in people.EVERYBODY}) == 17
    assert [player.email for player in people.EVERYBODY if not player.email.endswith(".example")] == []


def test_three_organizations_twelve_customers_one_manager_each_five_agents_one_private_team() -> None:
    managers = Counter(player.place for player in people.CUSTOMERS if player.is_manager)

    assert (len(people.DOMAINS), len(people.CUSTOMERS), len(people.AGENTS), len(people.TEAMS)) == (3, 12, 5, 3)
    assert managers == dict.fromkeys(people.DOMAINS, 1)
    assert people.PRIVATE_TEAM in people.TEAMS
