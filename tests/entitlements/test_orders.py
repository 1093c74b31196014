"""Purchases from a file: whatever a spreadsheet makes of it is read, or named with its line."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.entitlements import orders
from deskhand.entitlements.errors import NotAllowedError
from deskhand.entitlements.models import Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.entitlements.orders import Row, Word, bring_in, read, unknown_columns
from deskhand.mail.models import Mail
from tests import make
from tests.cast import Cast

HEADER = "reference,product,email,name,bought_at"
LINE = "SHOP-1,theme,nina@new.example,Nina Holm,2026-03-01"


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    return make.product(at=at)


def words(rows: list[Row]) -> list[tuple[int, str]]:
    return [(row.line, str(row.word)) for row in rows]


def test_a_row_is_an_order(cast: Cast, theme: Product, at: datetime) -> None:
    configure(by=cast.otto, at=at, time_zone="Europe/Berlin")
    text = (
        "reference,product,email,name,bought_at,support_until,amount,currency,partner,organization\n"
        "SHOP-1,theme,Nina@New.example,Nina Holm,2026-03-01,2028-02-29,49.9,EUR,Fjord,Acme\n"
    )
    rows = read(text, at=at)
    order = Order(
        reference="SHOP-1", product="theme", email="Nina@New.example", name="Nina Holm",
        bought_at=datetime(2026, 2, 28, 23, tzinfo=UTC), support_until=date(2028, 2, 29), amount=Decimal("49.9"),
        currency="EUR", partner="Fjord", organization="Acme",
    )  # fmt: skip
    assert rows == [Row(2, order, [], Word.NEW)]
    assert Purchase.objects.count() == 0
    counts = bring_in(rows, by=cast.lena, at=at)
    assert (counts.new, counts.known, counts.new_people, counts.left) == (1, 0, 1, [])
    purchase = Purchase.objects.get()
    assert (purchase.reference, purchase.via, purchase.price, purchase.support_until) == (
        "SHOP-1", "csv", "49.90 EUR", date(2028, 2, 29),
    )  # fmt: skip
    assert (purchase.owner.email, purchase.owner.organization) == ("nina@new.example", cast.acme)


SHAPES = {
    "as excel saves it": f"\ufeff{HEADER}\r\n{LINE}\r\n",
    "semicolons": f"{HEADER}\n{LINE}\n".replace(",", ";"),
    "tabs": f"{HEADER}\n{LINE}".replace(",", "\t"),
    "quotes": HEADER + '\n"SHOP-1","theme","nina@new.example","Nina Holm","2026-03-01"\n',
    "another order": "Name, Bought at ,E-Mail,EMAIL,Product,Reference\nNina Holm,2026-03-01,x,nina@new.example,theme,SHOP-1\n",
    "empty lines": f"\n\n{HEADER}\n\n,,,,\n{LINE}\n\n",
    "spaces": f"{HEADER}\n{LINE}\n".replace(",", " , "),
    "a short row": f"{HEADER},amount,partner\n{LINE}\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_same_purchase_however_it_is_written(theme: Product, at: datetime, shape: str) -> None:
    rows = read(SHAPES[shape], at=at)
    assert [(row.word, row.problems) for row in rows] == [(Word.NEW, [])]
    order = Order("SHOP-1", "theme", "nina@new.example", "Nina Holm", datetime(2026, 3, 1, tzinfo=UTC))
    assert rows[0].order == order


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('"Holm; ""Nina"", AS"', 'Holm; "Nina", AS'),
        ('"=HYPERLINK(""http://evil.example"")"', '=HYPERLINK("http://evil.example")'),
        ("+1-2", "+1-2"),
        ("@SUM(A1)", "@SUM(A1)"),
        ('"Nina\nHolm"', "Nina Holm"),
        ("", "nina@new.example"),
        ("Ni\x00na", "Nina"),
    ],
)
def test_a_cell_is_data_whatever_it_begins_with(cast: Cast, theme: Product, at: datetime, cell: str, name: str) -> None:
    rows = read(f"{HEADER}\n{LINE.replace('Nina Holm', cell)}\n", at=at)
    assert bring_in(rows, by=cast.lena, at=at).new == 1
    assert Purchase.objects.get().owner.name == name


MOMENTS = {
    "2026-03-01": "2026-02-28T11:00:00+00:00",
    "2026-03-01 14:30": "2026-03-01T01:30:00+00:00",
    "2026-03-01T14:30:15": "2026-03-01T01:30:15+00:00",
    "2026-03-01T14:30Z": "2026-03-01T14:30:00+00:00",
    "2026-03-01 14:30+02:00": "2026-03-01T12:30:00+00:00",
    "2024-02-29": "2024-02-28T11:00:00+00:00",
}


@pytest.mark.parametrize("written", MOMENTS)
def test_a_time_without_a_zone_is_the_desks(cast: Cast, theme: Product, at: datetime, written: str) -> None:
    configure(by=cast.otto, at=at, time_zone="Pacific/Auckland")
    rows = read(f"{HEADER}\n{LINE.replace('2026-03-01', written)}\n", at=at)
    assert [row.order and row.order.bought_at for row in rows] == [datetime.fromisoformat(MOMENTS[written])]


@pytest.mark.parametrize(
    ("column", "written"),
    [
        *(("bought_at", cell) for cell in ("1.3.2026", "03/01/2026", "2026-02-29", "yesterday", "", "0001-01-01", "2030-01-01")),
        *(("support_until", cell) for cell in ("soon", "2027-02-29", "2027-01-01 10:00", "9999-12-31", "01/02/2027")),
        *(("amount", cell) for cell in ("1,234", "1,500", "1.234,50", "1,234.50", "12 EUR", "0.005", "-1", "NaN", "1_0")),
        ("amount", "٤٢"), ("amount", ","),
        ("product", "them"), ("email", "nina"), ("currency", "euro"), ("reference", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_column(
    theme: Product, at: datetime, column: str, written: str
) -> None:
    good = dict(zip(HEADER.split(","), LINE.split(","), strict=True))
    cells = {**good, column: written}
    text = "\n".join([";".join(cells), ";".join({**good, column: ""}.values() if column not in good else good.values()),
                      ";".join(cells.values())])  # fmt: skip
    rows = read(text, at=at)
    assert words(rows) == [(2, "new"), (3, "wrong")]
    assert [problem.partition(": ")[0] for problem in rows[1].problems] == [column]


@pytest.mark.parametrize(
    ("written", "price"), [("49,90", "49.90"), ("49,9", "49.90"), ("49", "49.00"), ("0.00", "0.00")]
)
def test_a_comma_is_a_point_where_cents_follow(
    cast: Cast, theme: Product, at: datetime, written: str, price: str
) -> None:
    rows = read(f"{HEADER},amount\n{LINE},{written}".replace(",", ";").replace("49;", "49,"), at=at)
    bring_in(rows, by=cast.lena, at=at)
    assert Purchase.objects.get().price == price


def test_rows_are_compared_with_what_is_known_and_with_each_other(cast: Cast, theme: Product, at: datetime) -> None:
    make.product("plugin", at=at)
    make.purchase(cast.carl, theme, at=at, reference="SHOP-1")
    text = "\n".join([
        HEADER,
        f"SHOP-1,theme,{cast.carl.email.upper()},,2026-03-01",
        "SHOP-1,theme,eve@customer.example,,2026-03-01",
        f"SHOP-1,plugin,{cast.carl.email},,2026-03-01",
        "SHOP-2,theme,nina@new.example,,2026-03-01",
        '"SHOP-2","theme","Nina@new.example","Nina\nHolm","2026-03-01"',
        "SHOP-2,plugin,nina@new.example,,2026-03-01",
        "SHOP-2,theme,nils@new.example,,2026-03-01",
        "SHOP-3,theme,nina@new.example,,x",
        "SHOP-3,theme,nina@new.example,,2026-03-01",
    ])  # fmt: skip
    rows = read(text, at=at)
    assert words(rows) == [
        (2, "known"), (3, "differs"), (4, "differs"), (5, "new"), (6, "known"), (8, "differs"), (9, "differs"), (10, "wrong"),
        (11, "new"),
    ]  # fmt: skip
    counts = bring_in(rows, by=cast.lena, at=at)
    assert (counts.new, counts.known, counts.new_people) == (2, 2, 1)
    assert [row.line for row in counts.left] == [3, 4, 8, 9, 10]
    again = read(text, at=at)
    assert [word for _, word in words(again)] == [
        "known",
        "differs",
        "differs",
        "known",
        "known",
        *["differs"] * 2,
        "wrong",
        "known",
    ]
    assert bring_in(again, by=cast.lena, at=at).new == 0
    assert Purchase.objects.count() == 3


def test_a_known_buyer_is_known_by_every_address(cast: Cast, theme: Product, at: datetime) -> None:
    """A confirmed second one, one that somebody else only claims, and one that the buyer has left since."""
    EmailAddress.objects.create(user=cast.carl, email="carl@home.example", verified=True, primary=False)
    EmailAddress.objects.create(user=cast.eve, email=cast.mona.email, verified=False, primary=False)
    make.purchase(cast.carl, theme, at=at, reference="SHOP-1")
    make.purchase(cast.mona, theme, at=at, reference="SHOP-2")
    left = make.purchase("nina@new.example", theme, at=at, reference="SHOP-3").owner
    EmailAddress.objects.filter(user=left).delete()
    User.objects.get_queryset().filter(pk=left.pk).update(email="nina@moved.example")
    addresses = ["Carl@home.example", cast.mona.email, "nina@new.example", "nobody@new.example"]
    lines = [f"SHOP-{min(number, 3)},theme,{email},,2026-03-01" for number, email in enumerate(addresses, 1)]
    rows = read("\n".join([HEADER, *lines]), at=at)
    assert [word for _, word in words(rows)] == ["known", "known", "known", "differs"]


def test_what_came_in_between_is_no_error(cast: Cast, theme: Product, at: datetime) -> None:
    rows = read(f"{HEADER}\n{LINE}\nSHOP-2,theme,nina@new.example,,2026-03-01\n", at=at)
    make.purchase("nina@new.example", theme, at=at, reference="SHOP-1")
    make.purchase(cast.eve, theme, at=at, reference="SHOP-2")
    counts = bring_in(rows, by=cast.lena, at=at)
    assert (counts.new, counts.known, words(counts.left)) == (0, 1, [(3, "differs")])


def test_two_thousand_rows_and_one_more(cast: Cast, theme: Product, at: datetime) -> None:
    lines = [f"SHOP-{number},theme,nina@new.example,,2026-03-01" for number in range(2001)]
    rows = read("\n".join([HEADER, *lines[:2000]]), at=at)
    assert (len(rows), {row.word for row in rows}, rows[-1].line) == (2000, {Word.NEW}, 2001)
    rows = read("\n".join([HEADER, *lines]), at=at)
    assert (len(rows), [row.line for row in rows if row.word is Word.WRONG]) == (2001, [2002])
    assert bring_in(rows[1990:], by=cast.lena, at=at).new == 10


def test_a_known_file_of_many_rows_asks_little(cast: Cast, theme: Product, at: datetime) -> None:
    """More references than SQLite takes parameters in one question."""
    lines = [f"SHOP-{number},theme,nina@new.example,,2026-03-01" for number in range(1100)]
    make.purchase("nina@new.example", theme, at=at, reference="SHOP-1099")
    rows = read("\n".join([HEADER, *lines]), at=at)
    assert words(rows[-2:]) == [(1100, "new"), (1101, "known")]


BROKEN = {
    "nothing": ("", [(1, "wrong")]),
    "blank": ("\ufeff\n \n", [(1, "wrong")]),
    "a header alone": (HEADER, []),
    "no reference": ("product,email,bought_at\n", [(1, "wrong")]),
    "a quote that never ends": (f'{HEADER}\n{LINE}\nSHOP-2,theme,"nina', [(2, "new"), (3, "wrong")]),
    "a comma without quotes": (f"{HEADER}\n{LINE},more\n", [(2, "wrong")]),
    "a cell without end": (
        f"{HEADER}\n{LINE}\n{'x' * 140_000},theme,a@b.example,,2026-03-01",
        [(2, "new"), (3, "wrong")],
    ),
    "a picture": ("\x89PNG\r\n\x1a\n\x00\x00", [(1, "wrong")]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_such_file_says_so(theme: Product, at: datetime, case: str) -> None:
    text, expected = BROKEN[case]
    rows = read(text, at=at)
    assert words(rows) == expected
    assert all(row.problems for row in rows if row.word is Word.WRONG)


def test_columns_that_mean_nothing_are_named() -> None:
    assert unknown_columns("\ufeffreference;Suport until;Product;;vat\n1;2;3;4;5\n") == ["suport_until", "vat"]
    assert unknown_columns(HEADER) == []
    assert unknown_columns('"x') == []


def test_purchases_of_former_years_come_in_quietly(cast: Cast, theme: Product, at: datetime) -> None:
    rows = read(f"{HEADER}\n{LINE}\n", at=at)
    assert bring_in(rows, by=cast.lena, at=at, tells=False).new_people == 1
    jobs.run_due(at=at)
    assert list(Mail.objects.all()) == []
    assert User.objects.get(email="nina@new.example").is_invited
    more = read(f"{HEADER}\n{LINE.replace('SHOP-1', 'SHOP-2')}\n", at=at)
    assert bring_in(more, by=cast.lena, at=at).new == 1
    jobs.run_due(at=at)
    assert list(Mail.objects.values_list("to_address", flat=True)) == ["nina@new.example"]


@pytest.mark.parametrize("person", ["ada", "carl", "mona", "eve"])
def test_only_leads_and_administrators_bring_it_in(cast: Cast, theme: Product, at: datetime, person: str) -> None:
    rows = read(f"{HEADER}\n{LINE}\n", at=at)
    for given in (rows, []):
        with pytest.raises(NotAllowedError):
            bring_in(given, by=getattr(cast, person), at=at)
    assert Purchase.objects.count() == 0


def test_the_columns_are_those_of_an_order() -> None:
    assert tuple(Order.__dataclass_fields__) == orders.COLUMNS
