"""Purchases from a file: what a shop's export says, line by line, and what of it we know already."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core import bus
from deskhand.desk.models import Desk
from deskhand.desk.queries import current_desk
from deskhand.entitlements import policy
from deskhand.entitlements.changes import is_bought_by, people_of, record_purchase
from deskhand.entitlements.errors import InvalidOrderError, NotAllowedError, OrderDiffersError
from deskhand.entitlements.models import Product, Purchase
from deskhand.entitlements.order import Order, Sold, checked

MOST_ROWS: Final = 2_000
COLUMNS: Final = (
    "reference", "product", "email", "name", "bought_at", "support_until", "amount", "currency", "partner", "organization",
)  # fmt: skip
NEEDED: Final = ("reference", "product", "email", "bought_at")
_TOGETHER: Final = 20  # rows of one transaction: a writer that holds the database longer keeps people waiting


class Word(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    DIFFERS = "differs"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file (the first one is 1, and a row may be several). `problems` are sentences, in the active language."""

    line: int
    order: Order | None
    problems: list[str]
    word: Word


@dataclass(slots=True)
class Counts:
    """What became of the rows; `left` are those that are not written, with what is wrong with them by now."""

    new: int = 0
    known: int = 0
    new_people: int = 0
    left: list[Row] = field(default_factory=list)


def read(text: str, *, at: datetime) -> list[Row]:
    """What the file says: a header with names of COLUMNS in any order, then a purchase a line; comma, semicolon or tab.

    Days are 2026-03-02, times have a zone or are the desk's, an amount is 1234.50 or 1234,50. Cells are data, whatever they
    begin with; columns of other names are passed over (`unknown_columns`). Writes nothing.
    """
    reader = _reader(text)
    known = _Known(at)
    rows: list[Row] = []
    try:
        header = _header(reader)
        if missing := [name for name in NEEDED if name not in header]:
            return [_wrong(1, _("These columns are missing: %(names)s") % {"names": ", ".join(missing)})]
        for line, cells in islice(_lines(reader), MOST_ROWS + 1):
            if len(rows) == MOST_ROWS:
                rows.append(
                    _wrong(line, _("A file has at most %(count)d rows; the rest waits.") % {"count": MOST_ROWS})
                )
                break
            rows.append(_row(line, header, cells, known))
    except csv.Error as error:
        rows.append(_wrong(reader.line_num, _("This is no CSV: %(error)s") % {"error": error}))
    return known.compared(rows)


def unknown_columns(text: str) -> list[str]:
    """The names in the header that mean nothing here: one of them may be misspelled."""
    try:
        return [name for name in _header(_reader(text)) if name and name not in COLUMNS]
    except csv.Error:
        return []


def bring_in(rows: Sequence[Row], *, by: User | None, at: datetime, tells: bool = True) -> Counts:
    """Write down what is new. Whatever came in between counts: what is known by now is no error, and nothing is there twice.

    With tells=False nobody has a receipt or an invitation (purchases of former years); who wants to come in asks for a link
    with their address. Raises NotAllowedError.
    """
    if not policy.can_record(by):
        raise NotAllowedError
    counts = Counts(left=[row for row in rows if row.order is None or row.word not in {Word.NEW, Word.KNOWN}])
    good = iter([row for row in rows if row.order is not None and row.word in {Word.NEW, Word.KNOWN}])
    while batch := list(islice(good, _TOGETHER)):
        with transaction.atomic():
            for row in batch:
                _bring(row, counts, by=by, at=at, tells=tells)
    return counts


def _bring(row: Row, counts: Counts, *, by: User | None, at: datetime, tells: bool) -> None:
    if row.order is None:
        raise ValueError(row.line)
    try:
        if tells:
            found = record_purchase(order=row.order, via=Purchase.Via.CSV, by=by, at=at)
        else:
            with bus.quiet():
                found = record_purchase(order=row.order, via=Purchase.Via.CSV, by=by, at=at)
    except InvalidOrderError as error:
        counts.left.append(Row(row.line, row.order, list(error.errors.values()), Word.WRONG))
    except OrderDiffersError:
        counts.left.append(_differs(row))
    else:
        counts.new += found.is_new
        counts.known += not found.is_new
        counts.new_people += found.is_new_person


class _Known:
    """What the desk knows, asked once for all rows."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.desk: Desk = current_desk()
        self.products = {product.slug: product for product in Product.objects.all()}
        self.clean: dict[int, Sold] = {}
        self.people: dict[str, int] = {}

    def look(self, line: int, order: Order) -> None:
        """Keep the order of this line, clean. Raises InvalidOrderError."""
        self.clean[line] = checked(order, self.desk, at=self.at, products=self.products)

    def compared(self, rows: list[Row]) -> list[Row]:
        """The rows that could be new, compared with what was sold and with what stands above them in the file."""
        sold: dict[str, Purchase] = {}
        orders = iter(self.clean.values())
        while some := list(islice(orders, 500)):  # SQLite takes so many parameters
            sold |= {
                row.reference: row for row in Purchase.objects.filter(reference__in=[each.reference for each in some])
            }
            self.people |= people_of([each.email for each in some])
        above: dict[str, Sold] = {}
        compared = []
        for row in rows:
            if order := self.clean.get(row.line):
                first = above.setdefault(order.reference, order)
                row = self._against(row, order, first, sold.get(order.reference))
            compared.append(row)
        return compared

    def _against(self, row: Row, order: Sold, first: Sold, purchase: Purchase | None) -> Row:
        if purchase is not None:
            is_same = purchase.product_id == order.product.pk and self._is_buyer(order.email, purchase)
        elif first is not order:
            is_same = (first.product.pk, first.email) == (order.product.pk, order.email)
        else:
            return row
        return Row(row.line, row.order, [], Word.KNOWN) if is_same else _differs(row)

    def _is_buyer(self, email: str, purchase: Purchase) -> bool:
        person = self.people.get(email)
        return person == purchase.owner_id if person is not None else is_bought_by(purchase, email)


def _differs(row: Row) -> Row:
    problem = _("There is a purchase of this number, of another product or by somebody else.")
    return Row(row.line, row.order, [problem], Word.DIFFERS)


def _wrong(line: int, *problems: str) -> Row:
    return Row(line, None, list(problems), Word.WRONG)


def _reader(text: str) -> Any:  # noqa: ANN401 - csv's reader has no public type
    """The delimiter is the one that the header has most of."""
    text = text.removeprefix("\ufeff")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _header(reader: Any) -> list[str]:  # noqa: ANN401 - as above
    """The names, lower case, spaces as underscores; empty lines before them do not count."""
    cells: list[str] = next((cells for cells in reader if any(map(str.strip, cells))), [])
    return [cell.strip().lower().replace(" ", "_") for cell in cells]


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 - as above
    """Each row with the line on which it begins; empty ones do not count."""
    line = reader.line_num + 1
    for cells in reader:
        if any(map(str.strip, cells)):
            yield line, cells
        line = reader.line_num + 1


def _row(line: int, header: list[str], cells: list[str], known: _Known) -> Row:
    if len(cells) > len(header):
        return _wrong(line, _("There are more cells than columns: is a comma inside a cell without quotes?"))
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name in COLUMNS}
    problems: list[str] = []
    values: dict[str, Any] = {name: given.get(name, "") for name in COLUMNS}
    for name, parse, words in (
        ("bought_at", _moment, _("Write it like 2026-03-02 or 2026-03-02 14:30.")),
        ("support_until", _day, _("Write it like 2026-03-02.")),
        ("amount", _amount, _("Write it like 1234.50.")),
    ):
        values[name] = _parsed(name, values[name], parse, words, problems)
    if not values["bought_at"] and not problems:
        problems.append(f"bought_at: {_('When was it bought?')}")
    if problems:
        return _wrong(line, *problems)
    order = Order(**values)
    try:
        known.look(line, order)
    except InvalidOrderError as error:
        return Row(line, order, [f"{name}: {words}" for name, words in error.errors.items()], Word.WRONG)
    return Row(line, order, [], Word.NEW)


def _parsed(name: str, written: str, parse: Callable[[str], Any], words: str, problems: list[str]) -> Any:  # noqa: ANN401
    if not written:
        return None
    try:
        return parse(written)
    except (ValueError, ArithmeticError):
        problems.append(f"{name}: {words}")
        return None


def _moment(written: str) -> datetime:
    """A time without a zone is the desk's; a day is its beginning there."""
    zone = ZoneInfo(current_desk().time_zone)
    if len(written) == len("2026-03-02"):
        return datetime.combine(date.fromisoformat(written), time(), zone)
    moment = datetime.fromisoformat(written)
    return timezone.make_aware(moment, zone) if timezone.is_naive(moment) else moment


def _day(written: str) -> date:
    if len(written) != len("2026-03-02"):
        raise ValueError(written)
    return date.fromisoformat(written)


def _amount(written: str) -> Decimal:
    """A comma is a point when at most two digits follow: 1,234 may mean either, so it means nothing."""
    whole, comma, cents = written.partition(",")
    if comma:
        if not (len(cents) in {1, 2} and cents.isdigit()):
            raise ValueError(written)
        written = f"{whole}.{cents}"
    if not written.isascii() or "_" in written or (comma and "." in whole):
        raise ValueError(written)
    return Decimal(written)
