"""Purchases from a CSV file: rehearsed line by line, then brought in, and nothing is lost or there twice."""

import re
from datetime import datetime

import pytest
from django.test import Client

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.entitlements.models import Purchase
from deskhand.mail.models import Mail
from deskhand.staff import purchases_csv
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/purchases/csv/"
HEADER = "reference;product;email;name;bought_at;amount;currency"


@pytest.fixture
def lena(client: Client, cast: Cast, at: datetime) -> Client:
    make.product(at=at)
    make.product("plugin", at=at)
    client.force_login(cast.lena)
    return client


def csv(*lines: str) -> str:
    return "\n".join([HEADER, *lines])


def rows(page: str) -> list[tuple[str, str, str]]:
    """Line, word and order of each row of the rehearsal."""
    table = page.partition('class="tickets orders"')[2]
    return re.findall(
        r'<td class="num" data-label="Line">(\d+)</td><td><span class="badge" data-status="\w+">(\w+)</span></td><td>(.*?)</td>',
        table,
    )


def test_the_rehearsal_says_what_becomes_of_each_line_and_writes_nothing(
    lena: Client, cast: Cast, at: datetime
) -> None:
    bought = make.product("theme-2", at=at)
    make.purchase(cast.carl, bought, at=at, reference="KNOWN-1")
    text = csv(
        "NEW-1;theme;nina@new.example;Nina;2026-10-01;49,00;EUR",
        f"KNOWN-1;theme-2;{cast.carl.email};;2026-10-01;;",
        f"KNOWN-1;theme;{cast.carl.email};;2026-10-01;;",
        "WRONG-1;nothing;nina@new.example;;2026-10-01;;",
        '"=HYPERLINK(""x"")";theme;<b>nina</b>;;2026-10-01;;',
    )
    answer = send(lena, PAGE, PAGE, text=text, do="look")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert rows(page) == [
        ("4", "differs", "KNOWN-1"), ("5", "wrong", "WRONG-1"), ("6", "wrong", "=HYPERLINK(&#34;x&#34;)"),
        ("2", "new", "NEW-1"), ("3", "known", "KNOWN-1"),
    ]  # fmt: skip
    assert ("One purchase would be brought in" in page, "There is no product “nothing”." in page, "<b>nina" in page) == (
        True, True, False,
    )  # fmt: skip
    assert fill(page, PAGE)["text"] == [text]
    assert Purchase.objects.count() == 1


def test_one_press_brings_in_what_is_right(lena: Client, cast: Cast, at: datetime) -> None:
    text = csv(
        "S-1;theme;nina@new.example;Nina;2026-10-01;49.00;EUR",
        f"S-2;plugin;{cast.carl.email};;2026-10-02 14:30;;",
        "S-3;plugin;nina@new.example;;2026-10-02;;",
    )
    looked = send(lena, PAGE, PAGE, text=text, do="look").content.decode()
    answer = lena.post(PAGE, fill(looked, PAGE, do="import"))
    assert (answer.status_code, answer["Location"]) == (303, "/desk/purchases/")
    assert "3 purchases were brought in. 1 person is new here." in lena.get("/desk/purchases/").content.decode()
    assert list(Purchase.objects.order_by("reference").values_list("reference", "product__slug", "owner__email", "via")) == [
        ("S-1", "theme", "nina@new.example", "csv"), ("S-2", "plugin", cast.carl.email, "csv"),
        ("S-3", "plugin", "nina@new.example", "csv"),
    ]  # fmt: skip
    again = lena.post(PAGE, fill(looked, PAGE, do="import"))
    assert (again.status_code, Purchase.objects.count()) == (303, 3)


def test_what_is_wrong_stays_to_be_corrected(lena: Client, cast: Cast, at: datetime) -> None:
    text = csv(
        "S-1;theme;nina@new.example;Nina;2026-10-01;49.00;EUR",
        "S-2;theem;nina@new.example;Nina;2026-10-01;;",
        "",
        'S-3;theme;"nina@new',
        '.example";;2026-10-01;;',
        "S-4;theme;nina@new.example;;2026-10-01;;",
    )
    looked = send(lena, PAGE, PAGE, text=text, do="look").content.decode()
    answer = lena.post(PAGE, fill(looked, PAGE, do="import"))
    page = answer.content.decode()
    assert (answer.status_code, "2 purchases were brought in." in page) == (200, True)
    left = fill(page, PAGE)["text"][0]
    assert left == csv(
        "S-2;theem;nina@new.example;Nina;2026-10-01;;", "", 'S-3;theme;"nina@new', '.example";;2026-10-01;;'
    )

    corrected = left.replace("theem", "theme").replace('"nina@new\n.example"', "nina@new.example")
    looked = lena.post(PAGE, fill(page, PAGE, text=corrected, do="look")).content.decode()
    assert [word for _line, word, _order in rows(looked)] == ["new", "new"]
    assert lena.post(PAGE, fill(looked, PAGE, do="import")).status_code == 303
    assert sorted(Purchase.objects.values_list("reference", flat=True)) == ["S-1", "S-2", "S-3", "S-4"]


def test_a_file_that_is_none_is_refused_and_kept(lena: Client, cast: Cast) -> None:
    for text, words in (
        ("", "Paste a file, or choose one."),
        ("hello", "These columns are missing: reference, product, email, bought_at"),
        ("x" * 2_000_001, "at most 2000000"),
    ):
        answer = send(lena, PAGE, PAGE, text=text, do="look")
        page = answer.content.decode()
        assert (answer.status_code, words in page, fill(page, PAGE)["text"]) == (422, True, [text])


def test_a_long_file_goes_in_by_steps_that_say_how_far_they_are(
    lena: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchases_csv, "SECONDS", 0.0)  # one batch each time
    text = csv(*(f"S-{number};theme;{cast.carl.email};;2026-10-01;;" for number in range(45)))
    page = send(lena, PAGE, PAGE, text=text, do="look", tells=None).content.decode()
    steps = []
    for _step in range(5):
        answer = lena.post(PAGE, fill(page, PAGE, do="import"))
        steps.append((answer.status_code, Purchase.objects.count()))
        if answer.status_code != 200:
            break
        page = answer.content.decode()
        assert f"{Purchase.objects.count()} purchases are in so far" in page
        assert f'max="45" value="{Purchase.objects.count()}"' in page
    assert steps == [(200, 20), (200, 40), (303, 45)]
    assert "45 purchases were brought in." in lena.get("/desk/purchases/").content.decode()


def test_purchases_of_former_years_mail_nobody(lena: Client, cast: Cast, at: datetime) -> None:
    text = csv("S-1;theme;nina@new.example;Nina;2024-10-01;;")
    quiet = send(lena, PAGE, PAGE, text=text, do="look", tells=None).content.decode()
    lena.post(PAGE, fill(quiet, PAGE, do="import"))
    jobs.run_due(at=at)
    assert (User.objects.filter(email="nina@new.example").count(), Mail.objects.count()) == (1, 0)

    told = send(lena, PAGE, PAGE, text=csv("S-2;theme;otis@new.example;;2026-10-01;;"), do="look").content.decode()
    lena.post(PAGE, fill(told, PAGE, do="import"))
    jobs.run_due(at=Purchase.objects.latest("pk").created_at)
    assert sorted(Mail.objects.values_list("to_address", "kind")) == [
        ("otis@new.example", "account"), ("otis@new.example", "invitation"),
    ]  # fmt: skip
