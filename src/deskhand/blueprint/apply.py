"""A blueprint → the desk, through the doors that the settings pages use. All of it or nothing.

What a list leaves out is removed, and archived where tickets hold it; a team that is left out stays, with its people.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from deskhand.accounts import changes as accounts
from deskhand.accounts.models import Team, User
from deskhand.blueprint import check
from deskhand.blueprint.document import MOST_PROBLEMS, BlueprintError, Document, Entry, Problem
from deskhand.blueprint.queries import PRODUCT_COLUMNS, topics_by_path
from deskhand.blueprint.schema import SEPARATOR
from deskhand.blueprint.settings import columns, setting_at
from deskhand.blueprint.shapes import parts
from deskhand.desk.changes import configure
from deskhand.desk.models import Desk
from deskhand.entitlements.catalog import change_product, create_product
from deskhand.entitlements.errors import NotAllowedError, ShopError
from deskhand.entitlements.models import Product
from deskhand.notifications import templates
from deskhand.notifications.models import Template
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Category, Priority, Status
from deskhand.tickets.models.field import Field

_CATEGORIES: Final = list(Category)
_REASONS: Final[dict[type[Exception], str | Promise]] = {
    catalog.NameTakenError: _lazy("There is another one of that name; capitals make no difference."),
    accounts.NameTakenError: _lazy("There is another one of that name; capitals make no difference."),
    catalog.InUseError: _lazy(
        "Tickets or other fields hold it as it is, so it cannot become something else. Make a new one."
    ),
    catalog.NeedsDefaultError: _lazy("It is the one that is preselected. Give another one “default: true”."),
    catalog.OptionsError: _lazy("A list needs 1 to 200 options of at most 200 characters."),
    catalog.ConditionError: _lazy(
        "“only_if” names a list or a checkbox, and a value that it can have (a checkbox: “yes”)."
    ),
    catalog.NotAllowedError: _lazy("You may not change this."),
    accounts.NotAllowedError: _lazy("You may not change this."),
    NotAllowedError: _lazy("You may not change this."),
    templates.TooLongError: _lazy("That is more than a mail should say."),
}


def apply(plan: Document, *, by: User | None, at: datetime) -> None:
    """Make the desk what the plan says. by=None is the system. Raises BlueprintError; then nothing has changed."""
    if by is not None and not by.can("desk.configure"):
        raise BlueprintError([Problem(0, _("You may not change this."))])
    with transaction.atomic():
        if problems := list(islice(check.problems(plan), MOST_PROBLEMS)):
            raise BlueprintError(problems)
        _Applying(plan, by, at).run()


class _Applying:
    """One run: what it needs at every step."""

    def __init__(self, plan: Document, by: User | None, at: datetime) -> None:
        self.plan, self.by, self.at = plan, by, at

    def run(self) -> None:
        """In the order in which things hang on each other; leaving out comes last and goes back."""
        self._settings()
        steps: list[tuple[str, Callable[[tuple[Entry, ...]], None]]] = [
            ("priorities", self._priorities), ("statuses", self._statuses), ("teams", self._teams),
            ("products", self._products), ("topics", self._topics), ("fields", self._fields), ("mail_words", self._mail_words),
        ]  # fmt: skip
        for name, step in steps:
            if name in self.plan.lists:
                step(self.plan.lists[name])
        if "fields" in self.plan.lists:
            self._leave_out("fields", _dependent_first(Field.objects.select_related("shown_if")), lambda row: row.slug)
        if "topics" in self.plan.lists:
            paths = {topic.pk: path for path, topic in topics_by_path().items()}
            self._leave_out("topics", reversed(topics_by_path().values()), lambda row: paths[row.pk])
        if "statuses" in self.plan.lists:
            self._leave_out("statuses", Status.objects.order_by("pk"), lambda row: row.name)

    def _settings(self) -> None:
        desk = Desk.objects.filter(pk=1).first() or Desk(pk=1)
        values = columns(desk, dict(self.plan.settings))
        if not values:
            return
        try:
            configure(by=self.by, at=self.at, **values)
        except ValidationError as error:
            raise BlueprintError(list(self._said(error))) from error

    def _said(self, error: ValidationError) -> Iterator[Problem]:
        for column, sentences in error.message_dict.items():
            name, _key = setting_at(column)
            yield Problem(self.plan.lines.get(name, 0), f"{name}: {' '.join(sentences)}")

    def _priorities(self, entries: tuple[Entry, ...]) -> None:
        there = {row.slug: row for row in Priority.objects.all()}
        for entry in entries:
            with _at_line(entry):
                catalog.save_priority(
                    by=self.by, at=self.at, priority=there[entry.name], name=entry.text("name"), meaning=entry.text("meaning"),
                    first_response_minutes=check.number(entry, "first_response"), is_default=entry.flag("default"),
                )  # fmt: skip

    def _statuses(self, entries: tuple[Entry, ...]) -> None:
        known = _known_statuses(entries)
        ordered = sorted(entries, key=lambda entry: _CATEGORIES.index(Category(entry.text("category"))))
        places = {entry.name: place for place, entry in enumerate(ordered)}
        defaults = check.default_statuses(entries)
        for entry in sorted(entries, key=lambda entry: entry.name not in defaults):  # a category is never without one
            with _at_line(entry):
                catalog.save_status(
                    by=self.by, at=self.at, status=known.get(entry.name), name=entry.text("name"),
                    category=entry.text("category"), customer_name=entry.text("customers_read"),
                    explanation=entry.text("explanation"), is_default=entry.name in defaults,
                    is_archived=entry.flag("archived"), position=places[entry.name],
                )  # fmt: skip

    def _teams(self, entries: tuple[Entry, ...]) -> None:
        there = {team.name.casefold(): team for team in Team.objects.all()}
        for entry in entries:
            with _at_line(entry):
                accounts.save_team(
                    team=there.get(entry.name.casefold()), name=entry.text("name"), is_private=entry.flag("private"),
                    by=self.by, at=self.at,
                )  # fmt: skip

    def _products(self, entries: tuple[Entry, ...]) -> None:
        there = {product.slug: product for product in Product.objects.all()}
        for place, entry in enumerate(entries):
            values: dict[str, Any] = {column: entry.values[name] for name, column in PRODUCT_COLUMNS.items()}
            values |= {name: "\n".join(entry.texts(name)) for name in ("covered", "not_covered")}
            with _at_line(entry):
                if product := there.get(entry.name):
                    change_product(product, by=self.by, at=self.at, position=place, **values)
                else:
                    create_product(by=self.by, at=self.at, slug=entry.name, position=place, **values)

    def _topics(self, entries: tuple[Entry, ...]) -> None:
        there = topics_by_path()
        teams = {team.name.casefold(): team for team in Team.objects.all()}
        priorities = {row.slug: row for row in Priority.objects.all()}
        staff = {person.email: person for person in check.staff()}
        preselected = check.default_topic(entries)
        places: dict[str, int] = {}
        positions = {entry.name: _count(places, _above(entry.name)) for entry in entries}
        for entry in sorted(entries, key=lambda entry: entry.flag("archived")):  # the preselected one is there before
            with _at_line(entry):
                there[entry.name] = catalog.save_topic(
                    by=self.by, at=self.at, topic=there.get(entry.name), parent=there.get(_above(entry.name)),
                    name=entry.text("name"), team=teams.get(entry.text("team").casefold()),
                    priority=priorities.get(entry.text("priority")), assignee=staff.get(entry.text("assignee").lower()),
                    asks_priority=entry.flag("asks_priority"), purchase=entry.text("purchase"),
                    is_bug_report=entry.flag("bug_report"), longest_message=check.number(entry, "longest_message"),
                    is_default=entry.name == preselected,
                    is_archived=entry.flag("archived"), position=positions[entry.name],
                )  # fmt: skip

    def _fields(self, entries: tuple[Entry, ...]) -> None:
        """Conditions that change are taken off first: an option may go only when nothing asks for it."""
        there = {row.slug: row for row in Field.objects.select_related("shown_if")}
        places = {entry.name: place for place, entry in enumerate(entries)}
        topics = topics_by_path()
        for entry in entries:
            row = there.get(entry.name)
            if row and row.shown_if and (row.shown_if.slug, row.shown_value) != parts(entry.values["only_if"]):
                catalog.save_field(
                    by=self.by, at=self.at, field=row, label=row.label, kind=row.kind, hint=row.hint, options=row.options,
                    customers=row.customers, staff=row.staff, is_global=row.is_global, topics=list(row.topics.all()),
                    is_archived=row.is_archived,
                )  # fmt: skip
        for entry in check.asked_first(entries):
            field, value = parts(entry.values["only_if"]) or ("", "")
            with _at_line(entry):
                there[entry.name] = catalog.save_field(
                    by=self.by, at=self.at, field=there.get(entry.name), slug=entry.name, label=entry.text("label"),
                    kind=entry.text("kind"), hint=entry.text("hint"), options=entry.texts("options"),
                    customers=entry.text("customers"), staff=entry.text("staff"),
                    is_global=entry.values["asked_in"] == "everywhere", topics=[topics[path] for path in entry.texts("asked_in")],
                    shown_if=there[field] if field else None, shown_value=value,
                    position=places[entry.name], is_archived=entry.flag("archived"),
                )  # fmt: skip

    def _mail_words(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            with _at_line(entry):
                templates.save_template(
                    by=self.by, at=self.at, key=entry.name, headline=entry.text("headline"), text=entry.text("text")
                )
        for key in Template.objects.exclude(key__in=[entry.name for entry in entries]).values_list("key", flat=True):
            templates.save_template(by=self.by, at=self.at, key=key, headline="", text="")

    def _leave_out(self, name: str, rows: Iterable[check.Row], name_of: Callable[[check.Row], str]) -> None:
        wanted = {entry.name for entry in self.plan.lists[name]}
        for row in rows:
            if name_of(row) in wanted:
                continue
            with _at_line(Entry(name_of(row), {}, line=self.plan.lines.get(name, 0))):
                try:
                    catalog.remove(row, by=self.by, at=self.at)
                except catalog.InUseError:
                    catalog.archive(row, by=self.by, at=self.at)


@contextmanager
def _at_line(entry: Entry) -> Iterator[None]:
    """What the rooms refuse is told with the line that asked for it."""
    try:
        yield
    except (catalog.CatalogError, accounts.PeopleError, ShopError, templates.TemplateError, ValidationError) as error:
        raise BlueprintError([Problem(entry.line, f"“{entry.name}”: {_reason(error)}")]) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, templates.UnknownPlaceholderError):
        return _("Nothing stands for {%(name)s} in this mail.") % {"name": error}
    return str(next((words for kind, words in _REASONS.items() if isinstance(error, kind)), type(error).__name__))


def _known_statuses(entries: tuple[Entry, ...]) -> dict[str, Status]:
    """The desk's statuses by the name that the file gives them.

    One that is alone in its category, here and in the file, is renamed rather than replaced: its tickets go along.
    """
    rows = {row.name: row for row in Status.objects.all()}
    by_fold = {name.casefold(): row for name, row in rows.items()}
    known = {entry.name: by_fold[entry.name.casefold()] for entry in entries if entry.name.casefold() in by_fold}
    taken = {row.pk for row in known.values()}
    for category in Category:
        left = [row for row in rows.values() if row.category == category and row.pk not in taken]
        new = [entry for entry in entries if entry.text("category") == category and entry.name not in known]
        if len(left) == len(new) == 1:
            known[new[0].name] = left[0]
    return known


def _dependent_first(rows: Iterable[Field]) -> list[Field]:
    found = list(rows)
    above = {row.pk: row.shown_if_id for row in found}

    def depth(row: Field) -> int:
        steps, at = 0, above[row.pk]
        while at is not None:
            steps, at = steps + 1, above[at]
        return steps

    return sorted(found, key=depth, reverse=True)


def _above(path: str) -> str:
    return path.rpartition(SEPARATOR)[0]


def _count(places: dict[str, int], name: str) -> int:
    place = places.get(name, 0)
    places[name] = place + 1
    return place
