"""The only writer of what tickets can be: topics, fields, statuses, priorities.

Each change is one transaction and one audit entry, and holds on the next page of every process; what changes nothing writes
nothing. by=None is the system (a blueprint, a demo). Writers wait for each other, so what is looked at here holds until it is
written. What no column takes (too long, not among the choices) raises Django's ValidationError.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils.text import slugify

from deskhand.accounts.models import Team, User
from deskhand.core import text
from deskhand.desk.models import Desk
from deskhand.tickets.catalog_rows import end, has_values, is_used, make_room, number, peers, told, write
from deskhand.tickets.fields import NO, YES
from deskhand.tickets.models.choices import Need, Priority, Status, Topic
from deskhand.tickets.models.field import Access, Field

Row = TypeVar("Row", bound=Model)
MOST_OPTIONS: Final = 200
LONGEST_OPTION: Final = 200  # characters, as `Field.shown_value`
LISTS: Final = frozenset({Field.Kind.CHOICE, Field.Kind.SEVERAL})
_WORDS: Final = frozenset({Field.Kind.LINE, Field.Kind.TEXT})


class CatalogError(Exception):
    """The change was refused and nothing was written. The subclasses say why."""


class NotAllowedError(CatalogError):
    """This person may not configure the desk."""


class GoneError(CatalogError):
    """Somebody has removed it in the meantime."""


class NameTakenError(CatalogError):
    """There is another one of that name in that place (of any capitals); a field's slug is taken."""


class InUseError(CatalogError):
    """Tickets, topics or fields have it: it can be archived, not removed, and not become something else."""


class LoopError(CatalogError):
    """A topic would lie below itself, a field would be shown by itself."""


class ArchivedAboveError(CatalogError):
    """The topic above is archived, so nobody would find this one."""


class NeedsDefaultError(CatalogError):
    """It is the default; make another one the default first."""


class OptionsError(CatalogError):
    """A list needs 1 to MOST_OPTIONS options of at most LONGEST_OPTION characters."""


class ConditionError(CatalogError):
    """A condition names a field that is not archived, and of a list or a checkbox a value that it can have."""


def save_topic(
    *, by: User | None, at: datetime, name: str, topic: Topic | None = None, parent: Topic | None = None,
    team: Team | None = None, priority: Priority | None = None, assignee: User | None = None, asks_priority: bool = True,
    purchase: str = Need.NONE, is_bug_report: bool = False, longest_message: int | None = None,
    is_default: bool = False, is_archived: bool = False, position: int | None = None,
) -> Topic:  # fmt: skip
    """Make a topic, or give one all of these values. Archived it takes those below it along (S4.4, S4.5).

    `is_default` is given, never taken: the default before is it no more. Without `position` it stays, or comes last.
    Raises NotAllowedError, GoneError, NameTakenError, LoopError, ArchivedAboveError, NeedsDefaultError.
    """
    with _alone(by):
        row, parent = _fresh(Topic, topic), parent and _fresh(Topic, parent)
        above = list(_way_up(parent))
        if row.pk and row in above:
            raise LoopError
        if not is_archived and any(each.is_archived for each in above):
            raise ArchivedAboveError
        beside = Topic.objects.filter(parent=parent).exclude(pk=row.pk)
        if position is None:
            stays = bool(row.pk) and row.parent_id == (parent.pk if parent else None)
            position = row.position if stays else end(beside)
        if is_archived:
            _archive_below(row, by=by, at=at)
        values = {
            "name": _free_name(name, beside.values_list("name", flat=True)), "parent": parent, "team": team, "priority": priority,
            "assignee": assignee, "asks_priority": asks_priority, "purchase": purchase, "is_bug_report": is_bug_report,
            "longest_message": longest_message, "position": position,
        }  # fmt: skip
        write(row, by=by, at=at, values=values | _standing(row, is_default=is_default, is_archived=is_archived))
    return row


def save_field(
    *, by: User | None, at: datetime, label: str, field: Field | None = None, slug: str | None = None,
    kind: str = Field.Kind.LINE, hint: str = "", options: Sequence[str] = (), customers: str = Access.WRITE,
    staff: str = Access.WRITE, is_global: bool = False, topics: Sequence[Topic] = (), shown_if: Field | None = None,
    shown_value: str = "", position: int | None = None, is_archived: bool = False,
) -> Field:  # fmt: skip
    """Make a field, or give one all of these values (S4.6 to S4.8). Its slug is made from the label and never changes.

    `options` are for lists only, `topics` for what is not asked everywhere. Of what kind it is changes only while no ticket
    has a value, but between a line and a long text. Raises NotAllowedError, GoneError, NameTakenError (the slug),
    InUseError (a value, or another field's condition), LoopError, OptionsError, ConditionError.
    """
    with _alone(by):
        row = _fresh(Field, field)
        options = _options(options) if kind in LISTS else []
        if row.pk:
            _keep_what_hangs_on(row, kind=kind, options=options, is_archived=is_archived)
        else:
            row.slug = _free_slug(slug or slugify(label)[:30] or "field", is_given=slug is not None)
        if shown_if is None:
            shown_value = ""
        else:
            shown_if = _fresh(Field, shown_if)
            _check_loop(row, shown_if)
            if not is_archived:
                _check_condition(shown_if, shown_value)
        if position is None:
            position = row.position if row.pk else end(Field.objects.all())
        values = {
            "label": text.one_line(label), "hint": text.one_line(hint), "kind": kind, "options": options,
            "customers": customers, "staff": staff, "is_global": is_global, "shown_if": shown_if, "shown_value": shown_value,
            "position": position, "is_archived": is_archived,
            "topics": [] if is_global else sorted(set(topics), key=lambda topic: topic.pk),
        }  # fmt: skip
        write(row, by=by, at=at, values=values)
    return row


def save_status(
    *, by: User | None, at: datetime, name: str, category: str, customer_name: str = "", explanation: str = "",
    status: Status | None = None, is_default: bool = False, is_archived: bool = False, position: int | None = None,
) -> Status:  # fmt: skip
    """Make a status, or give one all of these values (S3.8). Customers read `customer_name`, else the name.

    Each category keeps a default, which is given and never taken. A status changes its category only while no ticket has it.
    Raises NotAllowedError, GoneError, NameTakenError, InUseError, NeedsDefaultError.
    """
    with _alone(by):
        row = _fresh(Status, status)
        if row.pk and row.category != category:
            _leave_category(row)
        if position is None and not row.pk:
            position = make_room(category)
        name = _free_name(name, Status.objects.exclude(pk=row.pk).values_list("name", flat=True))
        row.category = category if not row.pk else row.category
        values = {
            "name": name, "category": category, "customer_name": text.one_line(customer_name) or name,
            "explanation": text.one_line(explanation), "position": row.position if position is None else position,
        }  # fmt: skip
        write(row, by=by, at=at, values=values | _standing(row, is_default=is_default, is_archived=is_archived))
    return row


def save_priority(
    *, by: User | None, at: datetime, priority: Priority, name: str, meaning: str, first_response_minutes: int | None,
    is_default: bool = False,
) -> Priority:  # fmt: skip
    """Rename one of the four, say what it means, and what is promised (clock minutes; None: nothing) (S3.4, S3.14).

    A promise that was given stays as it was. Raises NotAllowedError, NameTakenError.
    """
    with _alone(by):
        row = _fresh(Priority, priority)
        values = {
            "name": _free_name(name, Priority.objects.exclude(pk=row.pk).values_list("name", flat=True)),
            "meaning": text.one_line(meaning), "first_response_minutes": first_response_minutes or None,
            "is_default": is_default or row.is_default,
        }  # fmt: skip
        write(row, by=by, at=at, values=values)
    return row


def move(thing: Topic | Field | Status, *, up: bool, by: User | None, at: datetime) -> None:
    """Change places with the one before or after it that is not archived: of the same parent, of the same category.

    At the end of its row it stays. Raises NotAllowedError, GoneError.
    """
    with _alone(by):
        row = _fresh(type(thing), thing)
        order = peers(row)
        live = [each for each in order if not each.is_archived or each == row]
        place = live.index(row) + (-1 if up else 1)
        if not 0 <= place < len(live):
            return
        to = order.index(live[place])
        order.remove(row)
        order.insert(to, row)
        before = row.position
        number(order)
        row.refresh_from_db(fields=["position"])
        told(row, "moved", by=by, at=at, before={"position": before}, after={"position": row.position})


def archive(thing: Topic | Field | Status, *, by: User | None, at: datetime) -> None:
    """Choose it no more; what has it keeps it. A topic takes those below it along.

    Raises NotAllowedError, GoneError, NeedsDefaultError, InUseError (another field's condition names this one).
    """
    with _alone(by):
        row = _fresh(type(thing), thing)
        if isinstance(row, Topic):
            _archive_below(row, by=by, at=at)
        if isinstance(row, Field):
            _keep_what_hangs_on(row, kind=row.kind, options=row.options, is_archived=True)
        _archive(row, by=by, at=at)


def restore(thing: Topic | Field | Status, *, by: User | None, at: datetime) -> None:
    """Choose it again; of topics this one alone. Raises NotAllowedError, GoneError, ArchivedAboveError, ConditionError."""
    with _alone(by):
        row = _fresh(type(thing), thing)
        if isinstance(row, Topic) and any(each.is_archived for each in _way_up(row.parent)):
            raise ArchivedAboveError
        if isinstance(row, Field) and row.shown_if:
            _check_condition(row.shown_if, row.shown_value)
        write(row, by=by, at=at, values={"is_archived": False})


def remove(thing: Topic | Field | Status, *, by: User | None, at: datetime) -> None:
    """Delete what nothing has. Raises NotAllowedError, GoneError, NeedsDefaultError, InUseError."""
    with _alone(by):
        row = _fresh(type(thing), thing)
        if not isinstance(row, Field) and row.is_default:
            raise NeedsDefaultError
        if is_used(row):
            raise InUseError
        told(row, "removed", by=by, at=at, before={"name": str(row)}, after={})
        row.delete()


@contextmanager
def _alone(by: User | None) -> Iterator[None]:
    """One writer at a time: all of them hold the desk's row."""
    if by is not None and not by.can("desk.configure"):
        raise NotAllowedError
    with transaction.atomic():
        Desk.objects.get_or_create(pk=1)
        Desk.objects.select_for_update().get(pk=1)
        yield


def _fresh(model: type[Row], given: Row | None) -> Row:
    """The row as it is now, ours to change; the one that was given may be shared (`tickets.words`)."""
    if given is None:
        return model()
    found = model._default_manager.filter(pk=given.pk).first()  # noqa: SLF001 - Django's documented API
    if found is None:
        raise GoneError
    return found


def _standing(row: Topic | Status, *, is_default: bool, is_archived: bool) -> dict[str, bool]:
    """Whether it is the default and archived, which cannot be both."""
    is_default = is_default or row.is_default
    if is_default and is_archived:
        raise NeedsDefaultError
    return {"is_default": is_default, "is_archived": is_archived}


def _archive(row: Topic | Field | Status, *, by: User | None, at: datetime) -> None:
    if not isinstance(row, Field) and row.is_default:
        raise NeedsDefaultError
    write(row, by=by, at=at, values={"is_archived": True})


def _archive_below(row: Topic, *, by: User | None, at: datetime) -> None:
    for child in Topic.objects.filter(parent=row).order_by("pk") if row.pk else ():
        _archive_below(child, by=by, at=at)
        _archive(child, by=by, at=at)


def _way_up(topic: Topic | None) -> Iterator[Topic]:
    while topic:
        yield topic
        topic = topic.parent


def _free_name(name: str, taken: Iterable[str]) -> str:
    name = text.one_line(name)
    if name.casefold() in {each.casefold() for each in taken}:
        raise NameTakenError
    return name


def _free_slug(slug: str, *, is_given: bool) -> str:
    taken = set(Field.objects.values_list("slug", flat=True))
    if slug not in taken:
        return slug
    if is_given:
        raise NameTakenError
    return next(free for number in range(2, len(taken) + 3) if (free := f"{slug}-{number}") not in taken)


def _options(given: Sequence[str]) -> list[str]:
    options = list(dict.fromkeys(filter(None, map(text.one_line, given))))
    if not 1 <= len(options) <= MOST_OPTIONS or max(map(len, options)) > LONGEST_OPTION:
        raise OptionsError
    return options


def _can_be(field: Field, value: str) -> bool:
    return not value or value in ((YES, NO) if field.kind == Field.Kind.CHECKBOX else field.options)


def _check_condition(shown_if: Field, value: str) -> None:
    if shown_if.is_archived or not _can_be(shown_if, value):
        raise ConditionError


def _check_loop(row: Field, above: Field | None) -> None:
    """Also of what is archived: who follows conditions upward must come to an end."""
    while above:
        if above == row:
            raise LoopError
        above = above.shown_if


def _keep_what_hangs_on(row: Field, *, kind: str, options: list[str], is_archived: bool) -> None:
    """Values of another kind could not be read; a condition needs its field and its value."""
    if kind != row.kind and not {kind, row.kind} <= _WORDS and has_values(row):
        raise InUseError
    will_be = Field(kind=kind, options=options)
    for each in Field.objects.filter(shown_if=row, is_archived=False):
        if is_archived or not _can_be(will_be, each.shown_value):
            raise InUseError


def _leave_category(row: Status) -> None:
    if row.is_default:
        raise NeedsDefaultError
    if is_used(row):
        raise InUseError
