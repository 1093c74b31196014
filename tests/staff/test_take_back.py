"""A reply that is taken back is nobody's but its writer's, and never lost on the way."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from deskhand.core.faults import DiedError
from deskhand.tickets.models.event import ScheduledChange
from tests import make
from tests.cast import Cast
from tests.forms import fill, send
from tests.simulation.world import dying

WRITES = 8  # more than the view makes; the last ones show that nothing of it is left to do


@pytest.mark.parametrize("nth", range(1, WRITES + 1))
def test_whatever_dies_while_a_reply_is_taken_back_its_text_is_kept(
    client: Client, cast: Cast, settings: Settings, at: datetime, nth: int
) -> None:
    """It waits, or the composer has it (F09): the session is saved with the cancellation, not at the end of the answer."""
    settings.MAIL_WINDOW_S = 20
    client.force_login(cast.ada)
    page = f"/desk/tickets/{make.ticket(cast.carl, at=at).number}/"
    send(client, page, f"{page}messages/", text="Try water.")
    path = f"{page}scheduled/{ScheduledChange.objects.get().pk}/take-back/"
    values = fill(client.get(page).content.decode(), path)
    with dying(nth):
        client.post(path, values)
    shown = client.get(page).content.decode()
    typed = fill(shown, f"{page}messages/")["text"] == ["Try water."]
    waits = ScheduledChange.objects.get().state == ScheduledChange.State.PENDING
    assert typed != waits, (typed, waits)


def test_a_death_is_a_death() -> None:
    """`dying` would prove nothing if the view caught what it raises."""
    assert not issubclass(DiedError, Exception)
