"""A desk on a manual's preset, and the people of the cast at it: each in a browser of their own, at a time that the test sets."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.http import HttpResponse
from django.test import Client

from deskhand.accounts.models import User
from deskhand.automation import sweeps
from deskhand.core import jobs
from deskhand.entitlements.changes import record_purchase
from deskhand.entitlements.models import Purchase
from deskhand.entitlements.order import Order
from deskhand.mail.models import Mail
from deskhand.tickets.models.choices import Status
from deskhand.tickets.models.ticket import Ticket
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading

NEW = "/tickets/new/"


@dataclass
class Stage:
    """What a test says in the manual's order: `open`, `answer`, `set`, and what each person then reads."""

    cast: Cast
    clock: time_machine.Traveller
    now: datetime
    _clients: dict[int, Client] = field(default_factory=dict)

    def of(self, person: User) -> Client:
        """The person's browser, signed in."""
        if person.pk not in self._clients:
            self._clients[person.pk] = Client()
            self._clients[person.pk].force_login(person)
        return self._clients[person.pk]

    def sign_in_again(self) -> None:
        """For everybody: a session lasts two weeks."""
        self._clients.clear()

    def page(self, person: User, address: str) -> str:
        """The page as HTML; it must be there."""
        answer = self.of(person).get(address)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}"
        return answer.content.decode()

    def words(self, person: User, address: str) -> str:
        """What a person reads on it."""
        return reading.words(self.page(person, address))

    def later(self, **span: float) -> None:
        """Time passes, and the worker has done what it brought."""
        self.now += timedelta(**span)
        self.clock.move_to(self.now, tick=False)
        self.work()

    def work(self) -> None:
        """What the worker does every half minute."""
        sweeps.break_promises(at=self.now)
        sweeps.announce_closing(at=self.now)
        sweeps.close_quiet(at=self.now)
        jobs.run_due(at=self.now)

    def submit(self, person: User, *files: Any, **typed: Any) -> HttpResponse:  # noqa: ANN401 - what a form takes
        """The form as the page gave it, with this typed into it and these files chosen."""
        given = {"subject": "The printer is on fire", "text": "Since this morning.", **typed}
        values = fill(self.page(person, NEW), NEW, **given)
        return self.of(person).post(NEW, {**values, "files": list(files)} if files else values)

    def open(self, person: User, *files: Any, **typed: Any) -> Ticket:  # noqa: ANN401 - what a form takes
        """The same, and it worked."""
        answer = self.submit(person, *files, **typed)
        assert answer.status_code == 303, reading.errors(answer.content.decode())
        self.work()
        return Ticket.objects.latest("pk")

    def write(self, person: User, ticket: Ticket, text: str, *files: Any) -> HttpResponse:  # noqa: ANN401 - uploads
        """A customer's message in the reply box."""
        here = f"/tickets/{ticket.number}/"
        values = fill(self.page(person, here), f"{here}replies/", text=text)
        sent = self.of(person).post(f"{here}replies/", {**values, "files": list(files)} if files else values)
        self.work()
        return sent

    def press(self, person: User, ticket: Ticket, button: str) -> HttpResponse:
        """One of the forms on a customer's ticket: close, reopen."""
        here = f"/tickets/{ticket.number}/"
        sent = send(self.of(person), here, f"{here}{button}/")
        self.work()
        return sent

    def answer(self, agent: User, ticket: Ticket, text: str) -> None:
        """An agent's reply, past the seconds in which it could be taken back."""
        here = f"/desk/tickets/{ticket.number}/"
        assert send(self.of(agent), here, f"{here}messages/", kind="reply", text=text).status_code == 303
        self.later(seconds=30)

    def set(self, agent: User, ticket: Ticket, what: str, value: object) -> None:
        """One of the properties beside a ticket: status, priority, assignee."""
        here = f"/desk/tickets/{ticket.number}/"
        assert send(self.of(agent), here, f"{here}{what}/", **{what: value}).status_code == 303
        self.later(seconds=30)

    def put(self, agent: User, ticket: Ticket, status: str) -> None:
        """Into the status of this name."""
        self.set(agent, ticket, "status", Status.objects.get(name=status).pk)

    def tab(self, person: User, tab: str, more: str = "") -> list[list[str]]:
        """The rows of a tab of the customer's list, without the last activity."""
        return rows(self.page(person, f"/tickets/?tab={tab}{more}"))

    def buy(self, product: str = "premium-theme", *, email: str, name: str = "", **said: Any) -> Purchase:  # noqa: ANN401 - what a shop says
        """A shop tells of a purchase; the worker has mailed what follows from it."""
        reference = said.pop("reference", f"A-{Purchase.objects.count() + 1001}")
        order = Order(
            reference=reference, product=product, email=email, name=name, **{"bought_at": self.now, **said},
        )  # fmt: skip
        found = record_purchase(order=order, via=Purchase.Via.WEBHOOK, by=None, at=self.now)
        self.work()
        return found.purchase

    def mails(self, person: User) -> list[Mail]:
        """The mails to this person, in their order."""
        return list(Mail.objects.filter(to_address=person.email).order_by("pk"))


def fresh(ticket: Ticket) -> Ticket:
    """The ticket as it stands in the database."""
    return Ticket.objects.get(pk=ticket.pk)


def rows(html: str) -> list[list[str]]:
    """The cells of a list of tickets, without the last activity and without what says that something is new."""
    return [[cell.removesuffix(" , new messages") for cell in row] for row in reading.rows(html)]


def headings(html: str) -> list[str]:
    """The columns of a list."""
    return [reading.words(cell) for cell in re.findall(r"<th[ >].*?</th>", html, re.DOTALL)]


def labels(html: str) -> list[str]:
    """What the fields of a page's forms are called, asterisks and all, as a screen reader says it."""
    found = re.findall(r'<label for="[^"]*">(.*?)</label>|<legend>(.*?)</legend>', html, re.DOTALL)
    return [reading.words(label or legend) for label, legend in found if "<input" not in label]


def facts(html: str) -> dict[str, str]:
    """What stands beside a ticket: each term with its words."""
    found = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {reading.words(term): reading.words(words) for term, words in found}


def options(html: str, name: str) -> list[tuple[str, bool]]:
    """The choices of a select, each with whether it is the chosen one."""
    found = re.search(rf'<select name="{name}".*?</select>', html, re.DOTALL)
    assert found, f"no select {name}"
    each = re.findall(r"<option[^>]*?( selected)?>(.*?)</option>", found[0], re.DOTALL)
    return [(reading.words(words), bool(chosen)) for chosen, words in each]
