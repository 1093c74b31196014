"""What a blueprint can say: every section, its keys, and the comment that stands above it in the file.

Reading, writing and telling differences follow these tables, so that a new setting is one line here and one in `settings`.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import Team
from deskhand.blueprint.shapes import (
    Duration,
    Flag,
    Line,
    Lines,
    Named,
    Number,
    OneOf,
    Pair,
    Places,
    Shape,
    SomeOf,
    Text,
    Value,
    zones,
)
from deskhand.core.kinds import KINDS
from deskhand.desk import labels, layout
from deskhand.desk.models import Desk, Mailbox, Registration
from deskhand.desk.shapes import (
    LONGEST_ANNOUNCEMENT,
    LONGEST_ANSWER,
    LONGEST_GUIDE,
    LONGEST_MESSAGE,
    LONGEST_NAME,
    LONGEST_SUBJECT,
    LONGEST_TIP,
    MOST_DAYS,
    REASSIGNED,
    SHORTEST_LIMIT,
)
from deskhand.entitlements.catalog import LEAST, LONGEST_CLAUSE, MOST
from deskhand.entitlements.models import Product
from deskhand.notifications import matrix, templates
from deskhand.tickets.models.choices import Category, Need, Priority, Status, Topic
from deskhand.tickets.models.field import Access, Field

FORMAT: Final = 1
SEPARATOR: Final = " › "  # between a topic and the one below it


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be said. `column` is the desk's; in a list `usual` is meant where the key is missing."""

    name: str
    shape: Shape
    words: str | Promise
    column: str = ""
    usual: Value = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A group of settings; what a file leaves out stays as it is."""

    name: str
    comment: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class ListSection:
    """A kind of thing of which a desk has several; a file that has the section has all of them.

    With `is_mapping` an entry stands behind its name, else its name is the key `name` in it.
    """

    name: str
    comment: str
    thing: str | Promise
    keys: tuple[Key, ...]
    is_mapping: bool = False

    @property
    def needed(self) -> tuple[Key, ...]:
        """What has no usual value: nobody could guess it."""
        return tuple(key for key in self.keys if key.name in {"name", "label", "category", "meaning"})


def _longest(model: type[models.Model], name: str) -> int:
    field = model._meta.get_field(name)  # noqa: SLF001 - Django's documented door to a model's fields
    return getattr(field, "max_length", None) or 200


def _within(name: str, *, none: str = "") -> Number:
    """The limits of this column of a product."""
    return Number(LEAST.get(name, 0), MOST[name], none=none)


def _chosen(choices: type[models.TextChoices]) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices.choices}


def _priorities() -> dict[str, str]:
    return {name: name for name in PRIORITIES}


def _reassigned() -> dict[str, str]:
    return {name: str(Category(name).label) if name else gettext("as it was") for name in REASSIGNED}


def _kinds() -> dict[str, str]:
    return {slug: str(kind.label) for slug, kind in KINDS.items()}


def _mails() -> dict[str, str]:
    return {name: name for name, cell in matrix.cells().items() if cell not in matrix.LOCKED}


PRIORITIES: Final = ("low", "medium", "high", "urgent")
_ARCHIVED: Final = Key("archived", Flag(), _("archived"), usual=False)
_DEFAULT: Final = Key("default", Flag(), _("preselected"), usual=False)

SECTIONS: Final = (
    Section("about", "What this file is.", (
        Key("preset", Line(20), _("Preset"), "preset"),
        Key("title", Line(40), _("Title")),
        Key("summary", Line(200), _("Summary")),
    )),
    Section("desk", "What everybody sees of the desk. The hue is an angle on the color wheel.", (
        Key("name", Line(_longest(Desk, "name")), _("Name of the desk"), "name"),
        Key("hue", Number(0, 359), _("Hue"), "hue"),
        Key("time_zone", OneOf(zones), _("Time zone"), "time_zone"),
    )),
    Section("accounts", "Who may make an account without being asked: closed, invited, open or domains.", (
        Key("registration", OneOf(partial(_chosen, Registration)), _("New customers"), "registration"),
        Key("domains", Lines(253), _("Domains"), "allowed_domains"),
    )),
    Section("words", 'The words a customer reads. "" is the usual word, in the reader’s language.', tuple(
        Key(name, Line(labels.LONGEST, empty=_("the usual word")), format_lazy("{} “{}”", _("The word"), usual), f"labels.{name}")
        for name, usual in labels.LABELS.items()
    )),
    Section("portal", "The customers’ front page, block by block, and what they read before they write.", (
        Key("home", SomeOf(partial(_chosen, layout.Block)), _("Blocks of the front page"), "home"),
        Key("after_opening", OneOf(partial(_chosen, layout.AfterOpening)), _("After sending a ticket"), "after_opening"),
        Key("announcement", Text(LONGEST_ANNOUNCEMENT), _("Announcement"), "announcement"),
        Key("guide", Text(LONGEST_GUIDE), _("When to open a ticket"), "guide"),
        Key("tips", Lines(LONGEST_TIP), _("What to include"), "tips"),
        Key("navigation", OneOf(partial(_chosen, layout.Navigation)), _("Navigation of the portal"), "navigation"),
        Key("opens_in_steps", Flag(), _("First the area and the issue type, then the details"), "opens_in_steps"),
        Key("return_addresses", Lines(200), _("Sites that a support link may lead back to"), "return_addresses"),
    )),
    Section("list", "A customer’s list of tickets. A tab with an empty name has its usual one.", (
        Key("columns", SomeOf(partial(_chosen, layout.Column)), _("Columns"), "columns"),
        Key("tabs", Named(partial(_chosen, layout.Tab), LONGEST_NAME), _("Tabs"), "tabs"),
        Key("expands_in_place", Flag(), _("A ticket opens inside the list"), "expands_in_place"),
    )),
    Section("policies", "What happens to tickets by itself, and what people may do with them.", (
        Key("claims_on_open", Flag(), _("Opening an unassigned ticket claims it"), "claims_on_open"),
        Key("status_on_reassign", OneOf(_reassigned), _("After another assignee"), "status_on_reassign"),
        Key("status_on_agent_reply", OneOf(partial(_chosen, Category)), _("After an agent’s reply"), "status_on_agent_reply"),
        Key("customers_may_close", Flag(), _("Customers may close their tickets"), "customers_may_close"),
        Key("customers_may_reopen", Flag(), _("A customer’s message reopens a closed ticket"), "customers_may_reopen"),
        Key("reopen_days", Number(1, MOST_DAYS, none="always"), _("Days in which a closed ticket reopens"), "reopen_days"),
        Key("managers_may_reply", Flag(), _("Managers may reply to their members’ tickets"), "managers_may_reply"),
        Key("managers_may_close", Flag(), _("Managers may close their members’ tickets"), "managers_may_close"),
        Key("auto_close_days", Number(1, MOST_DAYS, none="never"), _("Quiet days until closing"), "auto_close_days"),
        Key("close_waiting_days", Number(1, MOST_DAYS, none="never"), _("Quiet days on hold until closing"),
            "close_waiting_days"),
        Key("auto_close_warning_days", Number(0, MOST_DAYS), _("Warning before, in days"), "auto_close_warning_days"),
    )),
    Section("limits", "How long what customers write may be, in characters. What is longer goes on in a reply.", (
        Key("longest_subject", Number(SHORTEST_LIMIT, LONGEST_SUBJECT, none="none"), _("Longest subject"), "longest_subject"),
        Key("longest_message", Number(SHORTEST_LIMIT, LONGEST_MESSAGE, none="none"), _("Longest message of a customer"),
            "longest_message"),
        Key("short_message", Number(1, LONGEST_MESSAGE, none="none"), _("Ask for more below"), "short_message"),
    )),
    Section("mailbox", "Mail that is sent to the desk: tickets, replies or off; “answer” is what a sender reads.", (
        Key("mode", OneOf(partial(_chosen, Mailbox)), _("Mail to the desk"), "mailbox"),
        Key("answer", Text(LONGEST_ANSWER), _("What a mail is answered with"), "mailbox_answer"),
    )),
    Section("files", "What may be attached, and how much a message carries in all.", (
        Key("kinds", SomeOf(_kinds), _("Files that may be attached"), "file_kinds"),
        Key("limit_mb", Number(1, 200), _("All files of a message together, in MB"), "file_limit_mb"),
    )),
    Section("mails", "Mails that are not sent: what each is about, and who would have had it.", (
        Key("off", SomeOf(_mails), _("Mails that are not sent"), "mail_matrix"),
    )),
)  # fmt: skip

LISTS: Final = (
    ListSection("priorities", "The four priorities, what they mean, and how soon the first answer is promised.", _("Priority"), (
        Key("name", Line(_longest(Priority, "name")), _("name")),
        Key("meaning", Line(_longest(Priority, "meaning")), _("meaning")),
        Key("first_response", Duration(), _("first answer within"), usual=None),
        _DEFAULT,
    ), is_mapping=True),
    ListSection("statuses", "How a ticket can stand. The category says what it does; the names are yours.", _("Status"), (
        Key("name", Line(_longest(Status, "name")), _("name")),
        Key("category", OneOf(partial(_chosen, Category)), _("category")),
        Key("customers_read", Line(_longest(Status, "customer_name")), _("customers read")),
        Key("explanation", Line(_longest(Status, "explanation")), _("explanation")),
        _DEFAULT,
        _ARCHIVED,
    )),
    ListSection("teams", "Who answers. A team that a file leaves out stays as it is.", _("Team"), (
        Key("name", Line(_longest(Team, "name")), _("name")),
        Key("private", Flag(), _("private"), usual=False),
    )),
    ListSection("products", "What is sold, and its support. A product that a file leaves out stays.", _("Product"), (
        Key("name", Line(_longest(Product, "name")), _("name")),
        Key("kind", OneOf(partial(_chosen, Product.Kind)), _("kind"), usual=str(Product.Kind.PRODUCT)),
        Key("support_days", _within("support_days", none="always"), _("days of support"), usual=365),
        Key("grace_days", _within("grace_days"), _("days of grace"), usual=0),
        Key("licenses", _within("license_count"), _("licenses"), usual=0),
        Key("license_days", _within("license_days", none="always"), _("days a license is valid"), usual=None),
        Key("installations", _within("installations"), _("installations of a license"), usual=1),
        Key("moves_a_year", _within("moves_a_year"), _("moves a year by the customer"), usual=1),
        Key("download", Line(500), _("download")),
        Key("renew", Line(500), _("where to renew support")),
        Key("covered", Lines(LONGEST_CLAUSE), _("what support covers"), usual=()),
        Key("not_covered", Lines(LONGEST_CLAUSE), _("what support does not cover"), usual=()),
        Key("benefit", Line(_longest(Product, "benefit")), _("what a buyer may claim")),
        Key("benefit_guide", Line(500), _("how to claim it")),
        Key("bug_reports", Flag(), _("bug reports are welcome without support"), usual=False),
        _ARCHIVED,
    ), is_mapping=True),
    ListSection("topics", "What a ticket can be about, and who gets it. Those below it stand under “topics”.", _("Topic"), (
        Key("name", Line(_longest(Topic, "name")), _("name")),
        Key("team", Line(_longest(Team, "name")), _("team")),
        Key("priority", OneOf(_priorities), _("priority")),
        Key("assignee", Line(254), _("assigned to")),
        Key("asks_priority", Flag(), _("asks for the priority"), usual=True),
        Key("purchase", OneOf(partial(_chosen, Need)), _("purchase"), usual=str(Need.NONE)),
        Key("bug_report", Flag(), _("bug reports"), usual=False),
        Key("longest_message", Number(SHORTEST_LIMIT, LONGEST_MESSAGE, none="usual"), _("longest message"), usual=None),
        _DEFAULT,
        _ARCHIVED,
    )),
    ListSection("fields", "What is asked beside subject and message: everywhere, or in some topics.", _("Field"), (
        Key("label", Line(_longest(Field, "label")), _("label")),
        Key("hint", Line(_longest(Field, "hint")), _("hint")),
        Key("kind", OneOf(partial(_chosen, Field.Kind)), _("kind"), usual=str(Field.Kind.LINE)),
        Key("options", Lines(200), _("options"), usual=()),
        Key("customers", OneOf(partial(_chosen, Access)), _("customers"), usual=str(Access.WRITE)),
        Key("staff", OneOf(partial(_chosen, Access)), _("staff"), usual=str(Access.WRITE)),
        Key("asked_in", Places(), _("asked in"), usual=()),
        Key("only_if", Pair(), _("only asked"), usual=None),
        _ARCHIVED,
    ), is_mapping=True),
    ListSection("mail_words", "Your own words in mails, with placeholders such as {number}.", _("Mail"), (
        Key("headline", Line(templates.LONGEST_HEADLINE), _("headline")),
        Key("text", Text(templates.LONGEST_TEXT), _("text")),
    ), is_mapping=True),
)  # fmt: skip
