"""An agent's own ticket in somebody else's private team: theirs in the portal, not there in the workspace."""

from datetime import datetime

from django.test import Client

from deskhand.core import jobs
from deskhand.mail.models import Mail
from tests import make
from tests.cast import Cast


def test_h01_whoever_opened_a_private_teams_ticket_does_not_read_its_notes(
    client: Client, cast: Cast, at: datetime
) -> None:
    made = make.ticket(cast.ada, at=at, text="About my contract.", team=cast.private)
    make.note(made, cast.bea, at=make.later(at), text="Ada must not read this.")
    client.force_login(cast.bea)
    assert "Ada must not read this." in client.get("/desk/tickets/1001/").content.decode()
    client.force_login(cast.ada)
    assert client.get("/desk/tickets/1001/").status_code == 404
    assert client.get("/desk/tickets/1001/", headers={"HX-Request": "true", "HX-Target": "thread"}).status_code == 404
    page = client.get("/tickets/1001/").content.decode()
    assert ("About my contract." in page, "Ada must not read this." in page) == (True, False)


def test_a_member_of_the_only_private_team_reads_all_mails(client: Client, cast: Cast, at: datetime) -> None:
    for team in (None, cast.private):
        make.ticket(cast.carl, at=at, team=team)
    jobs.run_due(at=at)
    everything = set(Mail.objects.values_list("ticket__number", flat=True))
    assert everything == {1001, 1002}
    assert set(Mail.objects.visible_to(cast.bea).values_list("ticket__number", flat=True)) == everything
    assert set(Mail.objects.visible_to(cast.ada).values_list("ticket__number", flat=True)) == {1001}
