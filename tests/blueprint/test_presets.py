"""The desks to begin with: what each makes of a new desk, and that one can be had after another."""

from datetime import datetime

import pytest

from deskhand.blueprint import presets
from deskhand.blueprint.document import BlueprintError
from deskhand.blueprint.queries import desk_as_document
from deskhand.desk.queries import current_desk
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.field import Access, Field
from tests import make
from tests.cast import Cast


def test_presets_are_offered_in_one_order_and_nothing_at_all_comes_last() -> None:
    assert presets.names() == ["classic", "company", "shop", "agency", "blank"]


@pytest.mark.parametrize("name", presets.names())
def test_a_desk_on_a_preset_says_what_the_file_says(cast: Cast, at: datetime, name: str) -> None:
    presets.use(name, by=cast.otto, at=at)
    wanted, there = presets.preset(name), desk_as_document()

    assert {key: there.settings[key] for key in wanted.settings if key in there.settings} == {
        key: value for key, value in wanted.settings.items() if key in there.settings
    }
    for section in ("priorities", "statuses", "topics", "fields"):
        assert [entry.name for entry in there.lists[section]] == [entry.name for entry in wanted.lists[section]]


def test_s3_the_classic_desk_has_the_manuals_statuses_priorities_and_promises(cast: Cast, at: datetime) -> None:
    presets.use("classic", by=cast.otto, at=at)
    desk = current_desk()

    assert list(Status.objects.values_list("category", "customer_name", "is_default")) == [
        ("open", "Open", True), ("in_progress", "In Progress", True), ("waiting", "Waiting for Customer", True),
        ("resolved", "Resolved", True), ("closed", "Closed", True),
    ]  # fmt: skip
    assert list(Priority.objects.values_list("name", "first_response_minutes", "is_default")) == [
        ("Low", 48 * 60, False), ("Medium", 24 * 60, True), ("High", 4 * 60, False), ("Urgent", 60, False),
    ]  # fmt: skip
    assert desk.list_columns == ["number", "subject", "status", "priority", "last_activity"]
    assert (desk.labels["topic"], desk.labels["send_ticket"], desk.labels["send_reply"]) == (
        "Category", "Submit Ticket", "Send Reply",
    )  # fmt: skip
    assert (desk.preset, desk.registration, desk.customers_may_reopen, desk.auto_close_days) == (
        "classic",
        "invited",
        True,
        7,
    )
    assert len(desk.tips.splitlines()) == 6


def test_s4_the_company_desk_has_its_topics_teams_and_questions(cast: Cast, at: datetime) -> None:
    presets.use("company", by=cast.otto, at=at)
    desk = current_desk()

    assert list(Topic.objects.values_list("name", "team__name", "is_default", "asks_priority")) == [
        ("IT support", "IT", True, False), ("CRM Support", "CRM", False, False), ("Finance", "Finance", False, False),
        ("Human resources", "Human resources", False, False), ("Facilities", "Facilities", False, False),
    ]  # fmt: skip
    asked = {
        field.slug: (field.is_global, [topic.name for topic in field.topics.all()]) for field in Field.objects.all()
    }
    assert asked == {"brand": (True, []), "issue": (False, ["CRM Support"])}
    assert set(Field.objects.values_list("customers", flat=True)) == {Access.REQUIRED}
    assert desk.home_blocks == ["announcement", "tiles"]
    assert desk.list_tabs == [{"tab": "open", "name": "Opened"}, {"tab": "solved", "name": "Resolved"}]
    assert (desk.registration, desk.expands_in_place, desk.file_limit_mb, desk.file_kind_slugs) == (
        "closed", True, 30, ["jpg", "png", "pdf", "zip"],
    )  # fmt: skip


def test_from_one_preset_to_another_tickets_keep_their_words(cast: Cast, at: datetime) -> None:
    """A status that is alone in its category is renamed; a topic that tickets hold is archived."""
    presets.use("classic", by=cast.otto, at=at)
    ticket = make.ticket(cast.carl, at=at)
    presets.use("company", by=cast.otto, at=at)
    ticket.refresh_from_db()

    assert (ticket.status.name, ticket.topic.name, ticket.topic.is_archived) == ("Opened", "General question", True)
    assert Status.objects.count() == len(Category)
    assert Topic.objects.filter(is_archived=True).count() == 1


def test_nobody_else_than_an_administrator_changes_a_desk(cast: Cast, at: datetime) -> None:
    before = desk_as_document()
    with pytest.raises(BlueprintError):
        presets.use("company", by=cast.lena, at=at)

    assert desk_as_document() == before
