"""What is kept in the process is read again when it has changed, here or elsewhere."""

from datetime import datetime

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from deskhand.accounts import changes
from deskhand.accounts.privacy import teams_hidden_from
from deskhand.accounts.roles import Role
from deskhand.desk import queries
from deskhand.desk.changes import touch
from deskhand.desk.models import Desk
from deskhand.desk.queries import Kept, forget_cached_desk
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import View, known_tags, staff_page, teams_for
from tests import make
from tests.cast import Cast


def test_it_is_read_once_until_the_version_rises(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    kept = Kept(lambda: reads.append(1) or len(reads))
    assert (kept(), kept()) == (1, 1)
    monkeypatch.setattr(queries, "CACHE_S", 0)
    assert kept() == 1
    Desk.objects.update(version=99)  # as another process would
    assert (kept(), kept()) == (2, 2)
    forget_cached_desk()
    assert kept() == 3


def test_what_was_kept_before_the_commit_is_read_again_after_it(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Another thread may keep the old value under the new version, which this one has read and not yet committed."""
    reads: list[int] = []
    kept = Kept(lambda: reads.append(1) or len(reads))
    with django_capture_on_commit_callbacks(execute=True):
        touch()
        assert kept() == 1
    assert kept() == 2


def test_a_team_that_becomes_private_hides_its_tickets_at_once(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.support)
    assert Ticket.objects.visible_to(cast.bea).filter(pk=ticket.pk).exists()
    changes.save_team(name="Support", is_private=True, by=cast.otto, at=at, team=cast.support)
    assert not Ticket.objects.visible_to(cast.bea).filter(pk=ticket.pk).exists()
    assert Ticket.objects.visible_to(cast.ada).filter(pk=ticket.pk).exists()
    assert (teams_for(cast.bea), teams_for(cast.ada)) == ([cast.private], [cast.support])


def test_who_joins_or_leaves_a_private_team_sees_it_at_once(cast: Cast, at: datetime) -> None:
    assert (teams_hidden_from(cast.ada), teams_hidden_from(cast.bea)) == ([cast.private.pk], [])
    changes.set_team_members(cast.private, members=[cast.ada], by=cast.otto, at=at)
    assert (teams_hidden_from(cast.ada), teams_hidden_from(cast.bea)) == ([], [cast.private.pk])
    changes.change_role(cast.ada, role=Role.CUSTOMER, by=cast.otto, at=at)
    assert teams_hidden_from(cast.ada) == [cast.private.pk]


def test_a_new_tag_is_offered_at_once(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    assert known_tags() == []
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.tag("billing")
    assert known_tags() == ["billing"]


def test_a_list_knows_a_status_that_was_made_a_moment_ago(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    staff_page(View.OPEN, user=cast.ada)
    status = Status.objects.create(category=Category.OPEN, name="On the way", customer_name="Coming")
    Ticket.objects.filter(pk=ticket.pk).update(status=status)
    assert [row.status for row in staff_page(View.OPEN, user=cast.ada).rows] == ["On the way"]
