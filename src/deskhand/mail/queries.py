"""What the Mailroom shows. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.html import escape
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.mail.models import MASK, UNDER_WAY, Mail, Problem, State

COUNT_CAP: Final = 1_001
PAGE: Final = 50


class Tab(StrEnum):
    """The Mailroom's lists."""

    ALL = "all"
    WAITING = "waiting"
    HELD = "held"
    DEAD = "dead"
    SENT = "sent"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Row:
    """One mail in a list."""

    id: int
    subject: str
    to_name: str
    to_address: str
    kind: str
    state: str
    attempts: int
    number: int | None
    at: datetime

    @property
    def state_words(self) -> str:
        return str(State(self.state).label)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, and the number to go on before (None on the last page)."""

    rows: list[Row]
    next: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What went wrong, and what a person can do about it."""

    what: str
    advice: str


def mails_page(tab: Tab, *, user: User, words: str = "", before: int | None = None, limit: int = PAGE) -> Page:
    """A page of the mails this person may read; `words`: parts of addresses and subjects, or a ticket's number."""
    mails = _matching(in_tab(tab, user), words)
    if before is not None:
        mails = mails.filter(pk__lt=before)
    columns = ("id", "subject", "to_name", "to_address", "kind", "state", "attempts", "ticket__number", "created_at")
    found = [Row(*row) for row in mails.order_by("-pk").values_list(*columns)[: limit + 1]]
    return Page(rows=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


def in_tab(tab: Tab, user: User) -> QuerySet[Mail]:
    """The mails of a list, without an order."""
    mails = Mail.objects.visible_to(user)
    match tab:
        case Tab.ALL:
            return mails
        case Tab.WAITING:
            return mails.filter(state__in=UNDER_WAY)
        case _:
            return mails.filter(state=State(tab.value))


def tab_counts(user: User) -> dict[Tab, int]:
    """How many mails stand in the lists that want somebody's eye, at most COUNT_CAP each."""
    return {tab: in_tab(tab, user)[:COUNT_CAP].count() for tab in (Tab.WAITING, Tab.HELD, Tab.DEAD)}


def given_up() -> int:
    """How many mails were not delivered and wait for a person."""
    return Mail.objects.filter(state=State.DEAD).count()


def readable_text(mail: Mail) -> str:
    """The body as text; what only the recipient may read is covered."""
    return mail.text.replace(MASK, _cover())


def readable_html(mail: Mail) -> str:
    """The body as the recipient's program shows it; what only the recipient may read is covered."""
    return mail.html.replace(MASK, escape(_cover()))


def explanation(mail: Mail) -> Explanation | None:
    """Plain words for what became of a mail that has not left; None when there is nothing to explain."""
    match mail.state:
        case State.DISCARDED if mail.problem == Problem.LEFT:
            return _explanation_of(Problem.LEFT)
        case State.SENT | State.DISCARDED | State.SENDING:
            return None
        case State.HELD if not mail.problem:
            return Explanation(
                _("No mail server was set up when this mail was due."),
                _("Set SMTP_URL and MAIL_FROM, restart, then send it."),
            )
        case _ if mail.problem:
            return _explanation_of(Problem(mail.problem))
        case _:
            return None


def _explanation_of(problem: Problem) -> Explanation:
    words = {
        Problem.UNREACHABLE: (
            _("The mail server does not answer."),
            _("Check host and port in SMTP_URL, and that this machine may reach them. The mail is tried again by itself."),
        ),
        Problem.TLS: (
            _("The connection to the mail server could not be made safe."),
            _("Check its certificate and port: smtps:// for port 465, smtp:// for 587."),
        ),
        Problem.LOGIN: (
            _("The mail server does not accept the user name or the password."),
            _("Correct them in SMTP_URL and restart. The mail is tried again by itself."),
        ),
        Problem.SENDER: (
            _("The mail server does not let this desk write as the address in MAIL_FROM."),
            _("Allow the address at the mail server, or set another MAIL_FROM and restart."),
        ),
        Problem.RECIPIENT: (
            _("The recipient’s address does not take mail."),
            _("Look for a typing error, correct the address and send it again; or discard the mail."),
        ),
        Problem.CONTENT: (
            _("The mail server refused what the mail says."),
            _("Its answer below says why: often the size, or a filter against spam."),
        ),
        Problem.BUSY: (
            _("The mail server asked to come back later."),
            _("Nothing to do: the mail is tried again by itself. A full mailbox is its owner’s matter."),
        ),
        Problem.LOST: (
            _("The connection broke off. The mail may have arrived."),
            _("Nothing to do: it is repeated as the same mail, which mail programs show once."),
        ),
        Problem.BROKEN: (
            _("The desk could not put this mail together."),
            _("Please report this with the message below. All other mails leave."),
        ),
        Problem.DEMO: (
            _("This person belongs to the demo, and the address does not exist."),
            _("Nothing to do: so it would look. People you invite get their mails."),
        ),
        Problem.LEFT: (
            _("The recipient’s account was deactivated before the mail left."),
            _("Nothing to do: whoever has left is told nothing any more."),
        ),
    }  # fmt: skip
    return Explanation(*words[problem])


def _cover() -> str:
    return "••••••••"


def _matching(mails: QuerySet[Mail], words: str) -> QuerySet[Mail]:
    for word in words.split()[:8]:
        condition = Q(to_address__icontains=word) | Q(to_name__icontains=word) | Q(subject__icontains=word)
        number = text.number(word)
        if number is not None:
            condition |= Q(ticket__number=number)
        mails = mails.filter(condition)
    return mails
