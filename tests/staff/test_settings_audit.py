"""Settings → Audit trail: who changed what, from what to what, in words."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

import deskhand
from deskhand.accounts.changes import (
    _PROFILE,
    change_profile,
    change_role,
    put_in_organization,
    set_team_members,
)
from deskhand.accounts.roles import Role
from deskhand.core import audit
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.desk.models import Desk
from deskhand.entitlements import catalog as catalog_of_products
from deskhand.entitlements import changes as purchases
from deskhand.entitlements.senders import add_sender, revoke_sender
from deskhand.staff.audit_words import ABOUT, ACTIONS, FIELDS
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Topic
from tests import make
from tests.cast import Cast
from tests.forms import send

PAGE = "/desk/settings/audit/"
NAME = "/desk/settings/desk/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def said(page: str) -> list[str]:
    """Every entry's sentence, newest first."""
    return [re.sub(r"<.*?>", "", found) for found in re.findall(r"<p><span>(.*?)</span>", page)]


def differences(page: str) -> list[tuple[str, str]]:
    return re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)


def test_the_trail_shows_who_changed_what_from_what_to_what(otto: Client) -> None:
    send(otto, NAME, NAME, name="Tally <b>")
    page = otto.get(PAGE).content.decode()

    assert "Nordlys support → Tally &lt;b&gt;" in page
    assert said(page)[0] == "Otto changed the desk’s settings"


def test_the_trail_speaks_in_words_and_names(otto: Client, cast: Cast, at: datetime) -> None:
    change_role(cast.ada, role=Role.LEAD, by=cast.otto, at=at)
    put_in_organization(cast.eve, organization=cast.acme, is_manager=True, by=cast.otto, at=at)
    set_team_members(cast.private, members=[cast.bea, cast.lena], by=cast.otto, at=at)
    page = otto.get(PAGE).content.decode()

    assert said(page)[:3] == [
        "Otto changed who is in the team Legal",
        "Otto changed where Eve belongs",
        "Otto gave Ada another role",
    ]
    assert differences(page)[:4] == [
        ("Members", "Bea → Bea, Lena"),
        ("Organization", "Elsewhere → Acme"),
        ("Manager", "no → yes"),
        ("Role", "Agent → Lead"),
    ]


def test_a_topic_is_named_and_its_team_too(otto: Client, cast: Cast, at: datetime) -> None:
    topic = catalog.save_topic(by=cast.otto, at=at, name="CRM Support", team=cast.support)
    catalog.save_topic(by=cast.otto, at=at, topic=topic, name="CRM", team=cast.private)
    page = otto.get(PAGE).content.decode()

    assert said(page)[:2] == ["Otto changed the topic “CRM”", "Otto made the topic “CRM”"]
    assert differences(page)[:4] == [
        ("Name", "CRM Support → CRM"),
        ("Team", "Support → Legal"),
        ("Name", "CRM Support"),
        ("Team", "Support"),
    ]
    catalog.remove(Topic.objects.get(pk=topic.pk), by=cast.otto, at=at)
    assert said(otto.get(PAGE).content.decode())[0] == "Otto removed the topic “CRM”"


def test_lists_of_the_desk_are_read_out(otto: Client, cast: Cast, at: datetime) -> None:
    configure(
        by=cast.otto, at=at, labels={"topic": "Help topic"}, home=["tiles", "guide"], after_opening="list",
        tabs=[{"tab": "open", "name": "Opened"}, {"tab": "solved", "name": ""}], reopen_days=14,
    )  # fmt: skip

    assert differences(otto.get(PAGE).content.decode())[:5] == [
        ("Days in which a closed ticket reopens", "– → 14"),
        ("Words", "– → Topic: “Help topic”"),
        ("Blocks of the home page", "– → Two tiles: open a ticket, my tickets, When to open a ticket"),
        ("Tabs", "– → Opened, Solved"),
        ("After sending a ticket the customer is", "At the new ticket → At the list, with the new ticket marked"),
    ]


def test_what_became_of_a_purchase_is_read_out(otto: Client, cast: Cast, at: datetime) -> None:
    theme = make.product(at=at, kind="hosting", license_count=1)
    purchase = make.purchase(cast.carl, theme, at=at, amount=Decimal("49"), currency="EUR")
    placed = purchases.activate(key=purchase.licenses.get().key, domain="one.example", at=at)
    purchases.remove_installation(placed, by=cast.otto, at=at)
    purchases.change_support(purchase, support_until=date(2027, 12, 31), by=cast.otto, at=at)
    purchases.end_purchase(purchase, state="refunded", by=cast.otto, at=at)
    catalog_of_products.move_product(make.product("two", at=at), by=cast.otto, at=at, up=True)
    sender, secret = add_sender(name="My shop", by=cast.otto, at=at)
    revoke_sender(sender, by=cast.otto, at=at)
    bought = otto.get(f"{PAGE}?about=purchases").content.decode()
    sold = otto.get(f"{PAGE}?about=products").content.decode()

    assert said(bought) == [
        "Otto ended the purchase SHOP-1", "Otto changed the support of the purchase SHOP-1",
        "Otto took a license of the purchase SHOP-1 off a domain", "System activated a license of the purchase SHOP-1",
        "System recorded the purchase SHOP-1",
    ]  # fmt: skip
    assert differences(bought) == [
        ("State", "Active → Refunded"), ("Support until", "2027-03-02 → 2027-12-31"), ("Domain", "one.example → –"),
        ("Domain", "one.example"), ("E-mail", "carl@customer.example"), ("Order", "SHOP-1"), ("Product", "theme"),
        ("Amount", "49.00 EUR"), ("Came by", "API"), ("Support until", "2027-03-02"),
    ]  # fmt: skip
    assert said(sold) == [
        "Otto took nothing more from the shop “My shop”", "Otto let the shop “My shop” tell of purchases",
        "Otto moved the product “Two”", "System made the product “Two”", "System made the product “Theme”",
    ]  # fmt: skip
    assert ("Kind", "A hosting plan") in differences(sold)
    assert secret not in bought + sold


def test_one_sort_of_entries_alone(otto: Client, cast: Cast, at: datetime) -> None:
    catalog.save_topic(by=cast.otto, at=at, name="Devices")
    change_role(cast.ada, role=Role.LEAD, by=cast.otto, at=at)

    assert said(otto.get(f"{PAGE}?about=topics").content.decode()) == ["Otto made the topic “Devices”"]
    assert said(otto.get(f"{PAGE}?about=people").content.decode()) == ["Otto gave Ada another role"]
    assert "Nothing of this sort" in otto.get(f"{PAGE}?about=statuses").content.decode()
    assert said(otto.get(f"{PAGE}?about=nonsense").content.decode()) == said(otto.get(PAGE).content.decode())


def test_an_action_without_words_is_still_shown(otto: Client, cast: Cast, at: datetime) -> None:
    audit.record("desk.painted", by=None, at=at, subject="desk", after={"shade": {"a": [1]}})
    page = otto.get(PAGE).content.decode()

    assert said(page)[0] == "System desk.painted desk"
    assert differences(page)[0] == ("shade", "a: 1")


def source() -> str:
    return "".join(path.read_text() for path in Path(deskhand.__path__[0]).rglob("*.py"))


def test_every_action_has_words() -> None:
    """Those written out beside `audit.record` and `_change`, those of the catalog's four kinds of rows, and of purchases."""
    literal = set(re.findall(r'(?:audit\.record|_change)\(\s*(?:person, )?"([\w.]+)"', source()))
    verbs = re.findall(r'_tell(?:_license)?\(\s*(purchase|found), "(\w+)"', source())
    assert len(verbs) == 8
    literal |= {f"{'license' if subject == 'found' else subject}.{verb}" for subject, verb in verbs}
    kinds = {kind for _title, kinds in ABOUT.values() for kind in kinds}

    assert literal - set(ACTIONS) == set()
    assert {action.partition(".")[0] for action in ACTIONS} - kinds == set()


def test_every_field_of_the_trail_has_words() -> None:
    """What can stand in an entry: the desk's columns, a profile, and the literal keys next to each `audit.record`."""
    desk = {field.name for field in Desk._meta.get_fields()} - {"id", "set_up_at", "version"}
    changes = "".join(
        path.read_text() for path in Path(deskhand.__path__[0]).rglob("changes.py") if path.parent.name != "tickets"
    )
    literal = {
        key for sides in re.findall(r"(?:before|after)=\{(.*?)\}", changes) for key in re.findall(r'"(\w+)":', sides)
    }
    catalog_source = (Path(deskhand.__path__[0]) / "tickets" / "catalog.py").read_text()
    rows = {
        key for found in re.findall(r"values = \{(.*?)\n        \}", catalog_source, flags=re.S)
        for key in re.findall(r'"(\w+)":', found)
    }  # fmt: skip
    wanted = desk | _PROFILE | literal | rows | {"organization_id", "is_manager", "is_active", "is_private"}
    assert wanted - set(FIELDS) == set()


def test_the_trail_goes_on_page_by_page(otto: Client, cast: Cast, at: datetime) -> None:
    for number in range(110):
        configure(by=cast.otto, at=at + timedelta(minutes=number), name=f"Desk {number}")
    newest = otto.get(f"{PAGE}?about=desk").content.decode()
    entries = list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True))
    older = otto.get(f"{PAGE}?about=desk&before={entries[49]}").content.decode()

    assert f'href="{PAGE}?about=desk&amp;before={entries[49]}"' in newest
    assert ("Desk 108 → Desk 109" in newest, "Desk 59 → Desk 60" in newest) == (True, True)
    assert ("Desk 59 → Desk 60" in older, "Desk 58 → Desk 59" in older) == (False, True)
    assert otto.get(f"{PAGE}?before=nonsense").status_code == 200
    assert otto.get(f"{PAGE}?before={'9' * 30}").status_code == 200


@pytest.mark.parametrize("entries", [1, 30])
def test_the_trail_costs_the_same_queries_however_long(
    otto: Client, cast: Cast, at: datetime, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(entries):
        configure(by=cast.otto, at=at, name=f"Desk {number}")
        change_profile(cast.carl, by=cast.otto, at=at, name=f"Carl {number}")
    otto.get(PAGE)
    with django_assert_num_queries(3):
        otto.get(PAGE)
