"""What goes in and out. What comes in names its fields and takes no other (security: mass assignment); what goes out is listed,
never a row.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.core.html import LONGEST
from deskhand.desk.shapes import LONGEST_SUBJECT

MOST: Final = 100  # rows of a page
USUAL: Final = 50
LONGEST_CURSOR: Final = 200
LAST_NUMBER: Final = 10**15


class In(BaseModel):
    """What a program sends."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What a program is told."""


def _only_text(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, str):
        raise ValueError("write it as a text, such as 2026-03-31 or 2026-03-31T12:00:00Z")
    return value


def _between(first: int, last: int) -> Callable[[datetime], datetime]:
    def check(value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("say the time zone, such as 2026-03-31T12:00:00Z")
        if not first < value.year < last:
            raise ValueError(f"between the years {first} and {last}, please")
        return value.astimezone(UTC)

    return check


def _plausible(value: date) -> date:
    if not 1970 <= value.year < 2200:
        raise ValueError("between the years 1970 and 2200, please")
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(_only_text, json_schema_input_type=str),
    AfterValidator(_between(1970, 2200)),
    Field(json_schema_extra={"type": "string", "format": "date-time"}),
]
Day = Annotated[
    date,
    BeforeValidator(_only_text, json_schema_input_type=str),
    AfterValidator(_plausible),
    Field(json_schema_extra={"type": "string", "format": "date"}),
]
Whole = Annotated[int, Field(strict=True, ge=1, le=LAST_NUMBER)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST, description="Markdown, or just text.")]


class Nothing(In):
    """An empty object, or no body at all."""


# Tickets, coming in


class TicketIn(In):
    """A new ticket. What is left out is what the topic or the desk says."""

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT)]
    text: Text
    topic: Annotated[
        Whole | None, Field(description="The id of a topic, see /choices; the desk’s usual one if left out.")
    ] = None
    priority: Annotated[
        str | None, Field(max_length=12, description="The slug of a priority, where the topic asks for one.")
    ] = None
    fields: Annotated[
        dict[str, str | bool | list[str]],
        Field(default_factory=dict, max_length=200, description="Answers to what the topic asks, by slug."),
    ]
    requester: Annotated[
        str | None, Field(max_length=254, description="For staff: the address of the person it is opened for.")
    ] = None
    purchase: Annotated[str | None, Field(max_length=80, description="The order that it is about.")] = None
    installation: Annotated[str | None, Field(max_length=253, description="The domain or device it is about.")] = None
    follows: Annotated[Whole | None, Field(description="The number of a closed ticket that it goes on from.")] = None


class ReplyIn(In):
    """A public message."""

    text: Text
    is_question: Annotated[
        bool, Field(strict=True, description="For staff: the ticket waits for the customer’s answer.")
    ] = False
    status: Annotated[Whole | None, Field(description="For staff: the id of the status it has from then on.")] = None


class NoteIn(In):
    """A message for staff alone."""

    text: Text


class StatusIn(In):
    """Another status."""

    status: Annotated[Whole, Field(description="The id of a status, see /choices.")]


class AssigneeIn(In):
    """Who looks after it."""

    assignee: Annotated[str | None, Field(max_length=254, description="An agent’s address; null: nobody.")]


class Sight(StrEnum):
    """Which tickets a list holds."""

    UNASSIGNED = "unassigned"
    MINE = "mine"
    OPEN = "open"
    OVERDUE = "overdue"
    SOLVED = "solved"
    ALL = "all"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Page(In):
    """Where a page begins and how long it is."""

    after: Annotated[str, Field(max_length=LONGEST_CURSOR, description="`next` of the page before.")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST, description=f"So many at most; {MOST} is the most.")] = USUAL


class TicketsAsked(Page):
    """Which tickets."""

    view: Annotated[
        Sight | None,
        Field(description="Left out: open. Staff have the first five; customers open, solved and the last four."),
    ] = None
    requester: Annotated[str, Field(max_length=254, description="The id or address of who opened them.")] = ""
    q: Annotated[str, Field(max_length=200, description="A number, or words of the subject; all must occur.")] = ""
    updated_after: Annotated[Moment | None, Field(description="Only what has changed since then.")] = None


# Tickets, going out


class Person(Out):
    """Somebody, by name."""

    id: int
    name: str


class Named(Out):
    """A topic or status by id and name."""

    id: int
    name: str


class PriorityOut(Out):
    """How soon it matters; a higher rank is more urgent."""

    slug: str
    name: str


class TicketRow(Out):
    """A ticket in a list. What only staff may know is null for customers."""

    number: int
    subject: str
    category: Annotated[str, Field(description="open, in_progress, waiting, resolved or closed.")]
    status: Annotated[str, Field(description="The status as this reader calls it.")]
    priority: PriorityOut
    topic: str
    requester: Person
    assignee: Person | None
    organization: str | None
    team: str | None
    last_reply_by_staff: bool
    is_unread: bool
    is_overdue: bool | None
    created_at: datetime
    updated_at: Annotated[datetime, Field(description="Anything for staff, what is public for customers.")]


class Tickets(Out):
    """A page of tickets, the latest activity first; `next` is empty on the last one."""

    tickets: list[TicketRow]
    next: str


class TicketOut(Out):
    """One ticket. What only staff may know is null for customers."""

    number: int
    subject: str
    category: str
    status: Named
    priority: PriorityOut
    topic: Named
    fields: Annotated[dict[str, str | bool | list[str]], Field(description="What was answered, by slug.")]
    requester: Person
    requester_email: str | None
    organization: str | None
    assignee: Person | None
    team: str | None
    tags: list[str] | None
    purchase: str | None
    installation: str | None
    out_of_scope: Annotated[str | None, Field(description="The clause with which it was declined.")]
    asked_at: Annotated[datetime | None, Field(description="Since when a question waits for the customer.")]
    first_response_due_at: Annotated[datetime | None, Field(description="The promise, while nobody has answered.")]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    url: Annotated[str, Field(description="Its page, for people.")]


class FileOut(Out):
    """A file of a message."""

    name: str
    kind: str
    size: Annotated[int, Field(description="Bytes.")]


class MessageOut(Out):
    """A message. A text that was removed is empty."""

    id: int
    author: Person | None
    by_staff: bool
    is_public: Annotated[bool, Field(description="false: a note, for staff alone.")]
    is_question: bool
    is_redacted: bool
    text: str
    html: Annotated[str, Field(description="The text as pages show it, safe to show.")]
    files: list[FileOut]
    at: datetime


class Messages(Out):
    """A page of a conversation, the oldest first; `next` is empty on the last one."""

    messages: list[MessageOut]
    next: str


class TopicOut(Out):
    """A topic to choose."""

    id: int
    path: Annotated[str, Field(description="Where it stands: “IT support › E-mail”.")]
    is_default: bool
    asks_priority: bool
    purchase: Annotated[str, Field(description="none, asked or required.")]
    longest_message: int | None
    fields: list["FieldOut"]


class FieldOut(Out):
    """What a topic asks."""

    slug: str
    label: str
    kind: str
    is_required: bool
    options: list[str]


class StatusOut(Out):
    """A status to choose."""

    id: int
    category: str
    name: str


class Choices(Out):
    """What can be chosen: topics and priorities; statuses for staff, else null."""

    topics: list[TopicOut]
    priorities: list[PriorityOut]
    statuses: list[StatusOut] | None


# Purchases and licenses


class OrderIn(In):
    """What a shop sells, in its own words. The same reference again is the same purchase."""

    reference: Annotated[str, Field(min_length=1, max_length=80, description="The shop’s own number of the order.")]
    product: Annotated[str, Field(min_length=1, max_length=40, description="The product’s short name.")]
    email: Annotated[str, Field(min_length=3, max_length=254)]
    name: Annotated[str, Field(max_length=120)] = ""
    bought_at: Moment
    support_until: Annotated[
        Day | None, Field(description="The last day with support; left out: what the product says.")
    ] = None
    amount: Annotated[
        Decimal | None, Field(ge=0, max_digits=12, decimal_places=2, description="A number or a text, “49.00”.")
    ] = None
    currency: Annotated[str, Field(pattern="^([A-Z]{3})?$", description="ISO 4217.")] = ""
    partner: Annotated[str, Field(max_length=80)] = ""
    organization: Annotated[str, Field(max_length=120)] = ""


class End(StrEnum):
    """How a purchase ends."""

    REFUNDED = "refunded"
    FRAUD = "fraud"


class EndIn(In):
    """The end of a purchase."""

    state: End


class PurchaseOut(Out):
    """A purchase."""

    reference: str
    product: str
    state: str
    support_until: date | None
    bought_at: datetime
    license_keys: list[str]


class RecordedOut(Out):
    """A purchase that was told, and whether it or its buyer was new."""

    purchase: PurchaseOut
    is_new: bool
    is_new_person: bool


class ReferenceIn(In):
    """Which purchase."""

    reference: Annotated[str, Field(min_length=1, max_length=80)]


class Heard(Out):
    """What came of a message of a shop: created, known, ended or unchanged."""

    result: str


class ActivationIn(In):
    """Where a license runs from now on."""

    key: Annotated[str, Field(min_length=1, max_length=40)]
    domain: Annotated[str, Field(min_length=1, max_length=400, description="A domain, or a device’s own name.")]


class ActivationOut(Out):
    """The license may run there."""

    valid: bool
    valid_until: date | None
    product: str
    domain: str
