"""What can be wrong with a blueprint on this desk, before anything is changed: names that nobody has, doubles, circles."""

from collections.abc import Iterator
from typing import TypeVar

from django.utils.translation import gettext as _

from deskhand.accounts.models import Team, User
from deskhand.blueprint.document import Document, Entry, Problem
from deskhand.blueprint.queries import topics_by_path
from deskhand.blueprint.schema import SEPARATOR
from deskhand.blueprint.shapes import nearest, parts
from deskhand.tickets.models.choices import Category, Status, Topic
from deskhand.tickets.models.field import Access, Field

Row = TypeVar("Row", Topic, Field, Status)


def problems(plan: Document) -> Iterator[Problem]:
    """All of them, each with its line."""
    yield from _in_statuses(plan)
    yield from _in_topics(plan)
    yield from _in_fields(plan)


def default_statuses(entries: tuple[Entry, ...]) -> set[str]:
    """The default of each category: the one that says so, else the first that is in use."""
    found = set()
    for category in Category:
        able = [entry for entry in entries if entry.text("category") == category and not entry.flag("archived")]
        found |= {entry.name for entry in ([entry for entry in able if entry.flag("default")] or able)[:1]}
    return found


def default_topic(entries: tuple[Entry, ...]) -> str:
    """The topic that is preselected: the one that says so, else the first."""
    able = [entry for entry in entries if not entry.flag("archived")]
    return next((entry.name for entry in [*(entry for entry in able if entry.flag("default")), *able]), "")


def asked_first(entries: tuple[Entry, ...]) -> list[Entry]:
    """The fields so that each comes after the one its condition names; those in a circle at the end."""
    waiting, done, ordered = list(entries), set[str](), list[Entry]()
    while ready := [entry for entry in waiting if not _asks(entry) or _asks(entry) in done]:
        ordered += ready
        done |= {entry.name for entry in ready}
        waiting = [entry for entry in waiting if entry.name not in done]
    return ordered + waiting


def number(entry: Entry, key: str) -> int | None:
    """A value that is a number, or none."""
    value = entry.values[key]
    return value if isinstance(value, int) else None


def staff() -> list[User]:
    """Who can look after a topic's tickets; also who has left, so that the file of an earlier day can still be brought in."""
    return [person for person in User.objects.order_by("pk") if person.is_staff]


def _in_statuses(plan: Document) -> Iterator[Problem]:
    entries = plan.lists.get("statuses")
    if entries is None:
        return
    for category in Category:
        of_it = [entry for entry in entries if entry.text("category") == category]
        if all(entry.flag("archived") for entry in of_it):
            words = _("A status of the category “%(category)s” is missing: tickets would have nowhere to go.")
            yield Problem(plan.lines["statuses"], words % {"category": category.value})
        yield from _one_default(of_it)


def _in_topics(plan: Document) -> Iterator[Problem]:
    entries = plan.lists.get("topics")
    if entries is None:
        return
    if all(entry.flag("archived") for entry in entries):
        yield Problem(plan.lines["topics"], _("At least one topic is needed: customers choose one."))
    yield from _one_default(list(entries))
    teams = [*Team.objects.order_by("name").values_list("name", flat=True)]
    teams += [entry.text("name") for entry in plan.lists.get("teams", ())]
    folded = {team.casefold() for team in teams}
    emails = {person.email for person in staff()}
    archived = {entry.name for entry in entries if entry.flag("archived")}
    for entry in entries:
        team, assignee = entry.text("team"), entry.text("assignee").lower()
        if team and team.casefold() not in folded:
            words = _("There is no team “%(team)s”: add it to “teams”, or correct it here.") % {"team": team}
            yield Problem(entry.line, f"{words} {nearest(team, teams)}")
        if assignee and assignee not in emails:
            words = _("Nobody of the staff has the address %(email)s: make the account first, or leave the line out.")
            yield Problem(entry.line, words % {"email": assignee})
        if not entry.flag("archived") and entry.name.rpartition(SEPARATOR)[0] in archived:
            yield Problem(entry.line, _("The topic above it is archived: archive this one too, or move it."))


def _in_fields(plan: Document) -> Iterator[Problem]:
    entries = plan.lists.get("fields", ())
    topics = [entry.name for entry in plan.lists["topics"]] if "topics" in plan.lists else list(topics_by_path())
    names = [entry.name for entry in entries]
    for entry in entries:
        for path in entry.texts("asked_in") if entry.values["asked_in"] != "everywhere" else ():
            if path not in topics:
                words = _("There is no topic “%(topic)s”.") % {"topic": path}
                yield Problem(entry.line, f"{words} {nearest(path, topics)}")
        asks = _asks(entry)
        if asks and asks not in names:
            words = _("“only_if” names “%(field)s”, which is no field of this file.") % {"field": asks}
            yield Problem(entry.line, f"{words} {nearest(asks, names)}")
        if entry.values["staff"] == Access.HIDDEN:
            yield Problem(entry.line, _("Staff sees every field: write “read” for staff."))
        if (
            not entry.name.replace("-", "").replace("_", "").isalnum()
            or not entry.name.isascii()
            or len(entry.name) > 40
        ):
            yield Problem(entry.line, _("A field’s name has letters, digits and - only, at most 40: “serial-number”."))
    by_name = {entry.name: entry for entry in entries}
    yield from (
        Problem(
            entry.line, _("“only_if” goes in a circle: “%(field)s” would be asked by itself.") % {"field": entry.name}
        )
        for entry in entries
        if _is_in_circle(entry, by_name)
    )


def _one_default(entries: list[Entry]) -> Iterator[Problem]:
    chosen = [entry for entry in entries if entry.flag("default")]
    for entry in chosen:
        if entry.flag("archived"):
            yield Problem(entry.line, _("What is archived cannot be the default."))
    for entry in chosen[1:]:
        words = _("“%(first)s” says “default: true” already; only one can.") % {"first": chosen[0].name}
        yield Problem(entry.line, words)


def _asks(entry: Entry) -> str:
    return (parts(entry.values["only_if"]) or ("",))[0]


def _is_in_circle(entry: Entry, by_name: dict[str, Entry]) -> bool:
    at = _asks(entry)
    for _step in by_name:
        if at == entry.name:
            return True
        if at not in by_name:
            return False
        at = _asks(by_name[at])
    return False
