"""A question that is built once asks anew with each value, and answers as the ORM does."""

from datetime import datetime
from typing import Any

import pytest
from django.db.models import Q, QuerySet

from deskhand.accounts.models import User
from deskhand.core.prepared import Prepared
from deskhand.tickets.models.event import Event
from tests.cast import Cast
from tests.make import ticket

COLUMNS = ("pk", "change", "at", "is_public", "before", "after")


def events(*, ticket: int) -> QuerySet[Event, Any]:
    return Event.objects.filter(ticket=ticket).order_by("-pk").values_list(*COLUMNS)


def test_it_answers_as_the_orm_does_with_dates_flags_and_json(cast: Cast, at: datetime) -> None:
    asked = Prepared(events, "ticket")
    for made in (ticket(cast.carl, at=at), ticket(cast.eve, at=at)):
        found = asked.rows(ticket=made.pk)
        assert [tuple(row) for row in found] == list(events(ticket=made.pk))
        assert len(found) > 0


def test_each_value_goes_where_its_name_stands(cast: Cast) -> None:
    asked = Prepared(
        lambda *, one, other: User.objects.order_by("pk").filter(Q(pk=other) | Q(pk=one, role="agent")).values_list("name"),
        "one", "other",
    )  # fmt: skip
    assert asked.rows(one=cast.ada.pk, other=cast.carl.pk) == [(cast.ada.name,), (cast.carl.name,)]
    assert asked.rows(one=cast.carl.pk, other=cast.ada.pk) == [(cast.ada.name,)]


def test_a_value_that_nobody_asks_for_is_a_mistake(db: None) -> None:
    with pytest.raises(ValueError, match="no place"):
        Prepared(lambda *, one: User.objects.values_list("pk"), "one").rows(one=1)
