"""Which mails leave: the desk's choice, and each person's."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deskhand.accounts.changes import set_mails_off
from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.mail.models import Mail
from deskhand.notifications import matrix
from deskhand.notifications.matrix import CELLS, LOCKED, About, Hearer
from deskhand.notifications.templates import save_template
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import PHRASES, Kind, Via
from deskhand.tickets.models.choices import Category, Priority, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    """Carl's ticket, assigned to ada; cora and lena follow. Its first mails are done with."""
    made = make.ticket(cast.carl, at=at)
    with change_ticket(made, by=cast.otto, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
        change.follow(cast.cora)
        change.follow(cast.lena)
    told(at)
    return made


def told(at: datetime) -> dict[str, str]:
    """Everybody who got a mail by what was due at `at`: name → the line it begins with. Forgets them."""
    jobs.run_due(at=at)
    found = {mail.to_name: mail.text.partition("\n")[0] for mail in Mail.objects.order_by("pk")}
    Mail.objects.all().delete()
    return found


def turn_off(*cells: str, at: datetime) -> None:
    configure(by=None, at=at, mail_matrix=matrix.differing(dict.fromkeys(cells, False)))


def put(ticket: Ticket, category: Category, *, by: User, at: datetime) -> None:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.set_status(Status.objects.get(category=category, is_default=True))


def raise_priority(ticket: Ticket, slug: str, *, by: User, at: datetime) -> None:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.set_priority(Priority.objects.get(slug=slug))


@pytest.mark.django_db
def test_every_public_kind_is_told_and_every_cell_has_a_name() -> None:
    silent = [kind for kind in Kind if PHRASES[kind].customer and matrix.about(Event(kind=kind)) is None]
    assert silent == []
    assert set(CELLS) == set(About)
    assert all(hearer in CELLS[kind] for kind, hearer in LOCKED)
    assert all(matrix.cells()[matrix.cell(*pair)] == pair for pair in matrix.cells().values())


def test_s5_14_every_change_is_mailed_by_default(cast: Cast) -> None:
    wanted = [matrix.is_wanted(kind, each, current_desk()) for kind, hearers in CELLS.items() for each in hearers]
    assert all(wanted)
    assert not matrix.is_wanted(About.NOTED, Hearer.REQUESTER, current_desk())  # no cell: never (H01)


def test_s5_14_a_mail_names_what_changed_from_what_to_what_and_by_whom(
    cast: Cast, ticket: Ticket, at: datetime
) -> None:
    raise_priority(ticket, "urgent", by=cast.ada, at=at)
    line = "Ada changed the priority: Medium → Urgent"
    assert told(at) == dict.fromkeys(["Carl", "Cora", "Lena"], line)


def test_the_desk_turns_a_mail_off_for_some_and_not_for_others(cast: Cast, ticket: Ticket, at: datetime) -> None:
    turn_off("details.requester", "details.watchers", at=at)
    raise_priority(ticket, "urgent", by=cast.ada, at=at)
    assert told(at).keys() == {"Cora"}
    put(ticket, Category.IN_PROGRESS, by=cast.ada, at=at)
    assert told(at).keys() == {"Carl", "Cora", "Lena"}


@pytest.mark.parametrize(
    ("category", "cell"),
    [(Category.RESOLVED, "resolved"), (Category.CLOSED, "closed"), (Category.IN_PROGRESS, "status")],
)
def test_each_status_is_its_own_kind_of_mail(
    cast: Cast, ticket: Ticket, at: datetime, category: Category, cell: str
) -> None:
    turn_off(*(f"{kind}.requester" for kind in ("resolved", "closed", "status") if kind != cell), at=at)
    put(ticket, category, by=cast.ada, at=at)
    assert "Carl" in told(at)
    put(ticket, Category.OPEN, by=cast.ada, at=at)
    told(at)
    turn_off(f"{cell}.requester", at=at)
    put(ticket, category, by=cast.ada, at=at)
    assert "Carl" not in told(at)


def test_what_is_off_is_still_named_in_a_mail_that_leaves_for_another_reason(
    cast: Cast, ticket: Ticket, at: datetime
) -> None:
    turn_off("status.requester", "assigned.requester", at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("Try water."))
        change.assign(cast.bea)
    jobs.run_due(at=at)
    lines = Mail.objects.get(to_name="Carl").text.partition("\n\n")[0].splitlines()
    assert lines == [
        "Ada replied",
        "Ada changed the status: Open → Waiting for you",
        "Ada assigned the ticket: Ada → Bea",
    ]


def test_what_was_not_mailed_is_not_caught_up_later(cast: Cast, ticket: Ticket, at: datetime) -> None:
    turn_off("details.requester", at=at)
    raise_priority(ticket, "urgent", by=cast.ada, at=at)
    told(at)
    make.reply(ticket, cast.ada, at=make.later(at))
    jobs.run_due(at=make.later(at))
    assert "priority" not in Mail.objects.get(to_name="Carl").text


def test_s5_12_what_people_write_and_the_number_cannot_be_turned_off(cast: Cast, at: datetime) -> None:
    for kind, hearer in LOCKED:
        with pytest.raises(matrix.LockedCellError):
            matrix.differing({matrix.cell(kind, hearer): False})
    every = {matrix.cell(*pair): False for pair in matrix.cells().values()}
    configure(by=None, at=at, mail_matrix=every)  # as if a file had said so
    made = make.ticket(cast.carl, at=at)
    assert told(at) == {"Carl": "We have your message: it is ticket #1001"}
    make.reply(made, cast.ada, at=at)
    assert told(at) == {"Carl": "Ada replied"}
    make.reply(made, cast.carl, at=make.later(at))
    assert told(make.later(at)).keys() == {"Ada", "Bea", "Lena", "Otto"}


@pytest.mark.parametrize("cell", ["noted.requester", "opened.nobody", "nonsense"])
def test_an_unknown_mail_is_refused_by_name(cell: str) -> None:
    with pytest.raises(matrix.UnknownCellError, match=cell):
        matrix.differing({cell: True})


def test_only_differences_are_kept() -> None:
    every = dict.fromkeys(matrix.cells(), True)
    assert matrix.differing(every) == {}
    assert matrix.differing({**every, "status.requester": False}) == {"status.requester": False}


def test_s5_15_a_customer_lowers_the_level_and_still_gets_replies(cast: Cast, ticket: Ticket, at: datetime) -> None:
    set_mails_off(cast.carl, kinds=matrix.offered(cast.carl, current_desk()), by=cast.carl, at=at)
    raise_priority(ticket, "urgent", by=cast.ada, at=at)
    put(ticket, Category.RESOLVED, by=cast.ada, at=at)
    assert told(at).keys() == {"Cora", "Lena"}
    make.reply(ticket, cast.ada, at=make.later(at))
    assert told(make.later(at))["Carl"] == "Ada replied"


def test_s5_15_who_turns_off_replies_by_hand_gets_them_all_the_same(cast: Cast, ticket: Ticket, at: datetime) -> None:
    set_mails_off(cast.carl, kinds=["replied", "opened"], by=cast.carl, at=at)
    make.reply(ticket, cast.ada, at=at)
    assert "Carl" in told(at)
    make.ticket(cast.carl, at=make.later(at))
    assert "Carl" in told(make.later(at))


def test_s5_15_one_kind_is_turned_off_alone(cast: Cast, ticket: Ticket, at: datetime) -> None:
    set_mails_off(cast.carl, kinds=["details"], by=cast.carl, at=at)
    raise_priority(ticket, "urgent", by=cast.ada, at=at)
    assert "Carl" not in told(at)
    put(ticket, Category.IN_PROGRESS, by=cast.ada, at=at)
    assert "Carl" in told(at)


def test_staff_turn_kinds_off_too(cast: Cast, ticket: Ticket, at: datetime) -> None:
    set_mails_off(cast.ada, kinds=["noted"], by=cast.ada, at=at)
    make.note(ticket, cast.bea, at=at)
    assert told(at).keys() == {"Lena"}


def test_what_a_person_is_offered(cast: Cast, at: datetime) -> None:
    turn_off("closed.requester", "closed.followers", at=at)
    assert matrix.offered(cast.carl, current_desk()) == [
        About.REFUSED, About.CLOSING, About.RESOLVED, About.REOPENED, About.STATUS, About.ASSIGNED, About.DETAILS,
        About.REDACTED,
    ]  # fmt: skip
    assert matrix.offered(cast.ada, current_desk()) == [kind for kind in About if kind is not About.REPLIED]


def test_choices_and_own_words_cost_no_query(cast: Cast, ticket: Ticket, at: datetime) -> None:
    def queries(minutes: int) -> int:
        make.reply(ticket, cast.ada, at=make.later(at, minutes))
        with CaptureQueriesContext(connection) as asked:
            jobs.run_due(at=make.later(at, minutes))
        return len(asked)

    queries(1)
    usual = queries(2)
    turn_off("status.watchers", at=at)
    set_mails_off(cast.carl, kinds=["assigned"], by=cast.carl, at=at)
    save_template(by=None, at=at, key="replied-customer", headline="News about {subject}", text="{assignee}, {topic}")
    save_template(by=None, at=at, key="replied-staff", headline="{by} wrote", text="{status}")
    queries(3)
    assert queries(4) == usual
    assert Mail.objects.filter(to_name="Carl").latest("pk").text.startswith("News about The printer is on fire\n")
