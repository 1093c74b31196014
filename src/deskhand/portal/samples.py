"""What the portal of a preset looks like, said with its own words: the little pictures on the set-up page."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.blueprint import presets
from deskhand.blueprint.document import Document, Entry
from deskhand.blueprint.shapes import Duration, parts
from deskhand.desk.labels import LABELS
from deskhand.desk.layout import Block, Column, Tab
from deskhand.desk.models import Registration
from deskhand.tickets.models.choices import Need

_ROWS: Final = 3
_SHOWN: Final = 4  # topics and tabs; more make the picture no clearer


@dataclass(frozen=True, slots=True)
class Sample:
    """One preset, ready to show."""

    name: str
    title: str
    summary: str
    labels: dict[str, str]
    home: tuple[str, ...]
    topics: list[str]
    questions: list[tuple[str, bool]]  # what the form asks at first, and whether it must be answered
    priorities: list[tuple[str, str]]  # slug and name; none where customers are not asked
    promises: list[tuple[str, str]]
    statuses: list[tuple[str, str]]  # category, and what a customer reads
    tabs: list[str]
    columns: list[str]
    rows: list[dict[str, str]]
    accounts: Promise


_ACCOUNTS: Final[dict[str, Promise]] = {
    Registration.CLOSED: gettext_lazy("You make every account"),
    Registration.INVITED: gettext_lazy("Whom you invite makes an account"),
    Registration.OPEN: gettext_lazy("Anybody with a confirmed address makes an account"),
    Registration.DOMAINS: gettext_lazy("Anybody of your domains makes an account"),
}


def samples() -> list[Sample]:
    """All presets, in the order in which they are offered."""
    return [_sample(name, presets.preset(name)) for name in presets.names()]


def _sample(name: str, document: Document) -> Sample:
    topics = [entry for entry in document.lists["topics"] if not entry.flag("archived")]
    first = next((topic for topic in topics if topic.flag("default")), topics[0])
    statuses = [entry for entry in document.lists["statuses"] if not entry.flag("archived")]
    priorities = document.lists["priorities"]
    labels = {key: str(document.settings.get(f"words.{key}") or usual) for key, usual in LABELS.items()}
    return Sample(
        name=name,
        title=document.title(),
        summary=str(document.settings["about.summary"]),
        labels=labels,
        home=tuple(block for block in document.texts("portal.home") if _shows(block, document)),
        topics=[topic.text("name") for topic in topics],
        questions=[(labels["purchase"], first.values["purchase"] == Need.REQUIRED)] * (first.values["purchase"] != Need.NONE)
        + [
            (field.text("label"), field.values["customers"] == "required")
            for field in document.lists["fields"]
            if field.values["asked_in"] == "everywhere" or first.name in field.texts("asked_in")
        ],
        priorities=[(each.name, each.text("name")) for each in priorities] if first.flag("asks_priority") else [],
        promises=[(each.text("name"), Duration().said(each.values["first_response"])) for each in reversed(priorities)
                  if each.values["first_response"]],
        statuses=[(each.text("category"), each.text("customers_read")) for each in statuses],
        tabs=[own or str(Tab(tab).label) for tab, own in map(parts, _pairs(document))][:_SHOWN],
        columns=[_column(column, labels) for column in _columns(document)],
        rows=[_row(number, document, topics, statuses, priorities) for number in range(_ROWS)],
        accounts=_ACCOUNTS[str(document.settings["accounts.registration"])],
    )  # fmt: skip


def _shows(block: str, document: Document) -> bool:
    """An announcement or a guide without words is not there."""
    texts = {Block.ANNOUNCEMENT: "portal.announcement", Block.GUIDE: "portal.guide"}
    return block not in texts or bool(document.settings[texts[Block(block)]])


def _pairs(document: Document) -> tuple[tuple[str, ...], ...]:
    tabs = document.settings["list.tabs"]
    return tuple(parts(pair) for pair in tabs) if isinstance(tabs, tuple) else ()


def _columns(document: Document) -> list[str]:
    """What a picture of the list can show: a button is too small for it."""
    return [column for column in document.texts("list.columns") if column != Column.REPLY]


def _column(column: str, labels: dict[str, str]) -> str:
    return labels[column] if column in {"subject", "topic", "priority"} else str(Column(column).label)


def _row(
    number: int, document: Document, topics: list[Entry], statuses: list[Entry], priorities: tuple[Entry, ...]
) -> dict[str, str]:
    """A ticket as the list shows it, by column."""
    status = (statuses[2], statuses[0], statuses[3])[number]
    words = {
        Column.SUBJECT: (_("I cannot sign in"), _("A new chair for room 12"), _("The export stops half-way"))[number],
        Column.NUMBER: f"#{1042 - number * 3}",
        Column.PRIORITY: priorities[(2, 1, 1)[number]].text("name"),
        Column.TOPIC: topics[number % len(topics)].text("name"),
        Column.LAST_REPLIER: (_("Ana"), _("You"), _("Bo"))[number],
        Column.LAST_ACTIVITY: (_("5 min ago"), _("2 h ago"), _("yesterday"))[number],
        Column.STATUS: status.text("customers_read"),
        Column.REQUESTER: _("You"),
        Column.CREATED: (_("today"), _("today"), _("Monday"))[number],
    }  # fmt: skip
    shown = {column: words[Column(column)] for column in _columns(document)}
    return shown | {"category": status.text("category")}
