"""A process of its own that acts on a desk which somebody looks at: `python -m tests.e2e.live_process WHAT …` (or `listen`)."""

from datetime import timedelta

from tests.realtime.acts import AT, assemble, move, named, note, sign_in, sign_out

__all__ = ["assemble", "move", "note", "sign_in", "sign_out"]

from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.ticket import Ticket
from tests import acting, make


def tickets(name: str, count: str) -> list[int]:
    """Some tickets of this person, each a minute later; their numbers."""
    return [
        make.ticket(named(name), at=AT + timedelta(minutes=minute), subject=f"Printer {minute + 1} is on fire").number
        for minute in range(int(count))
    ]


def say(number: str, name: str, minutes: str, text: str) -> None:
    """This person writes, so many minutes after everything began."""
    make.reply(Ticket.objects.get(number=number), named(name), at=AT + timedelta(minutes=int(minutes)), text=text)


def solve(number: str, name: str, minutes: str) -> None:
    """This person sets it resolved."""
    ticket = Ticket.objects.get(number=number)
    make.in_category(ticket, Category.RESOLVED, by=named(name), at=AT + timedelta(minutes=int(minutes)))


def storm(number: str, name: str, count: str) -> None:
    """That many changes as fast as they go."""
    for index in range(int(count)):
        with change_ticket(Ticket.objects.get(number=number), by=named(name), via=Via.STAFF, at=AT) as change:
            change.tag(f"tag{index}")


if __name__ == "__main__":
    acting.main(globals())
