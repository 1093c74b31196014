"""A ticket for something that was bought: the gate, what can be chosen, where it happens, what support covers."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.desk.changes import configure
from deskhand.entitlements.models import Purchase
from deskhand.tickets.models.choices import Need, Priority, Topic
from deskhand.tickets.models.message import Attachment
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.forms import Values, fill, send
from tests.portal import reading, shop
from tests.test_words import bare, data_in_the_database
from tests.test_words import pseudo as pseudo  # a fixture

NEW = "/tickets/new/"
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def _noon(at: datetime) -> Iterator[None]:
    """Support ends on a day: the page's clock is the test's."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def help_topic(cast: Cast) -> Topic:
    """The default topic, in which a ticket needs active support."""
    return shop.topic()


@pytest.fixture
def carl(client: Client, cast: Cast, help_topic: Topic) -> Client:
    client.force_login(cast.carl)
    return client


def options(page: str, name: str = "purchase") -> list[str]:
    """What a select offers, in words."""
    found = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    return [reading.words(option) for option in re.findall(r"<option.*?</option>", found[0])] if found else []


def look(client: Client, **typed: object) -> HttpResponse:
    """Press the button that shows what is asked, without JavaScript."""
    return client.post(NEW, fill(client.get(NEW).content.decode(), NEW, **typed) | {"look": ["asked"]})


def form(answer: HttpResponse) -> Values:
    return fill(answer.content.decode(), NEW)


# The gate


def test_s1_1_who_bought_nothing_reads_why_instead_of_a_form(carl: Client) -> None:
    answer = carl.get(NEW)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "A ticket needs something you bought from us, and we know of no purchase of yours." in reading.words(page)
    assert f'action="{NEW}"' not in page
    assert 'href="/purchases/"' in page
    assert "Renew support" not in page


def test_s1_c4_support_that_is_over_says_when_and_where_to_renew(carl: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(at=at, renew_url="https://shop.example/renew")
    shop.bought(cast.carl, theme, at=at - YEAR, until=date(2026, 3, 1))
    make.topic("Closed down", is_archived=True)
    page = carl.get(NEW).content.decode()
    assert "Support for Harbor theme ended on 1 Mar 2026." in reading.words(page)
    assert "Your earlier tickets stay: you can read them, and write in them." in reading.words(page)
    assert 'href="https://shop.example/renew"' in page
    assert f'action="{NEW}"' not in page


def test_s1_c6_what_was_refunded_gives_no_support(carl: Client, cast: Cast, at: datetime) -> None:
    shop.refund(shop.bought(cast.carl, shop.product(at=at, renew_url="https://shop.example/"), at=at), at=at)
    page = carl.get(NEW).content.decode()
    assert "The purchase of Harbor theme was taken back, so it has no support any more." in reading.words(page)
    assert "shop.example" not in page


@pytest.mark.parametrize("kind", ["product", "hosting", "support"])
def test_s1_1_each_kind_of_purchase_opens_a_ticket(carl: Client, cast: Cast, at: datetime, kind: str) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at, kind=kind), at=at)
    assert send(carl, NEW, NEW, subject="x", text="y").status_code == 303
    assert Ticket.objects.get().purchase == purchase


def test_s1_c4_a_refund_while_the_form_is_open_refuses_it_and_keeps_text_and_files(
    carl: Client, cast: Cast, at: datetime
) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at)
    values = fill(carl.get(NEW).content.decode(), NEW, subject="kept", text="kept, too")
    shop.refund(purchase, at=at)
    answer = carl.post(NEW, {**values, "files": [files.upload("a.pdf", files.pdf())]})
    page = answer.content.decode()
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert "The purchase of Harbor theme was taken back" in reading.errors(page)
    again = fill(page, NEW)
    assert (again["subject"], again["text"], len(again["file"])) == (["kept"], ["kept, too"], 1)
    assert Attachment.objects.get().message is None


def test_s1_c4_support_that_ends_at_midnight_is_over_a_second_later(carl: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, time_zone="Pacific/Auckland")
    shop.bought(cast.carl, shop.product(at=at), at=at - YEAR, until=date(2026, 3, 3))
    end = datetime.fromisoformat("2026-03-03T23:59:59+13:00")
    with time_machine.travel(end, tick=False):
        carl.force_login(cast.carl)
        values = fill(carl.get(NEW).content.decode(), NEW, subject="x", text="y")
    with time_machine.travel(end + timedelta(seconds=1), tick=False):
        late = carl.post(NEW, values)
        assert (late.status_code, Ticket.objects.count()) == (422, 0)
        assert "Support for Harbor theme ended on 3 Mar 2026." in reading.errors(late.content.decode())
    with time_machine.travel(end, tick=False):
        assert carl.post(NEW, values).status_code == 303


def test_the_door_itself_says_why_when_the_form_was_a_moment_too_early(
    carl: Client, cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at, renew_url="https://shop.example/renew"), at=at - YEAR)
    values = fill(carl.get(NEW).content.decode(), NEW, subject="x", text="y")
    Purchase.objects.filter(pk=purchase.pk).update(support_until=date(2026, 3, 1))
    monkeypatch.setattr("deskhand.portal.forms.choosable", lambda user, topic, at: [purchase])
    page = carl.post(NEW, values).content.decode()
    assert "Support for Harbor theme ended on 1 Mar 2026." in reading.errors(page)
    assert 'href="https://shop.example/renew"' in page
    assert Ticket.objects.count() == 0


def test_s1_c4_only_a_topic_that_needs_support_is_shut_and_says_so_where_it_is_chosen(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    sales = make.topic("Sales", position=5)
    page = carl.get(NEW).content.decode()
    assert "we know of no purchase of yours" in reading.words(page)
    refused = carl.post(NEW, fill(page, NEW, subject="kept", text="y"))
    assert (refused.status_code, Ticket.objects.count()) == (422, 0)
    assert "we know of no purchase of yours" in reading.errors(refused.content.decode())
    other = fill(refused.content.decode(), NEW, topic=sales.pk)
    assert "You can still choose: Sales." in reading.words(refused.content.decode())
    assert "purchase of yours" not in carl.post(NEW, other | {"look": ["asked"]}).content.decode()
    assert carl.post(NEW, other).status_code == 303


def test_a_bug_can_be_reported_without_support_where_the_product_says_so(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    bug = make.topic("Bug", purchase=Need.REQUIRED, is_bug_report=True, position=5)
    welcoming = shop.product("Harbor", at=at, takes_bug_reports=True)
    purchase = shop.bought(cast.carl, welcoming, at=at - YEAR, until=date(2026, 3, 1))
    shop.bought(cast.carl, shop.product("Other", at=at), at=at - YEAR, until=date(2026, 3, 1))
    assert options(carl.get(NEW).content.decode()) == []
    page = look(carl, topic=bug.pk).content.decode()
    assert options(page) == ["Harbor, support ended on 1 Mar 2026"]
    assert carl.post(NEW, fill(page, NEW, subject="x", text="y")).status_code == 303
    assert Ticket.objects.get().purchase == purchase


# What can be chosen


def test_s2_9_s1_c3_the_purchases_with_support_are_offered_each_told_apart(
    carl: Client, cast: Cast, at: datetime
) -> None:
    theme = shop.product(at=at)
    shop.bought(cast.carl, theme, at=at - timedelta(days=3), until=date(2027, 3, 14), places=("shop.example",))
    shop.bought(cast.carl, theme, at=at - timedelta(days=2), until=date(2027, 3, 14), reference="A-7")
    shop.bought(
        cast.carl, shop.product("Hosting", at=at, grace_days=7), at=at - YEAR, until=date(2026, 3, 1),
        places=("a.example", "b.example"),
    )  # fmt: skip
    shop.bought(cast.carl, shop.product("For ever", at=at, support_days=None), at=at - timedelta(days=4))
    shop.bought(cast.carl, shop.product("Over", at=at), at=at - YEAR, until=date(2026, 3, 1))
    shop.bought(cast.eve, shop.product("Of eve", at=at), at=at)
    page = carl.get(NEW).content.decode()
    assert options(page) == [
        "Choose one",
        "Harbor theme, supported until 14 Mar 2027, order A-7",
        "Harbor theme, supported until 14 Mar 2027, shop.example, order order-1",
        "For ever, supported without end",
        "Hosting, support ended on 1 Mar 2026, tickets until 8 Mar 2026, a.example and 1 more",
    ]
    label = re.search(r'<label for="id_purchase">.*?</label>', page)
    assert label is not None
    assert reading.words(label[0]) == "Purchase * required"
    assert form(carl.get(NEW))["purchase"] == [""]


def test_s2_9_the_desk_calls_it_product_and_needs_it(carl: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, labels={"purchase": "Product"})
    theme = shop.product(at=at)
    first, second = (shop.bought(cast.carl, theme, at=at) for _ in range(2))
    refused = send(carl, NEW, NEW, subject="kept", text="y")
    page = refused.content.decode()
    assert (refused.status_code, Ticket.objects.count()) == (422, 0)
    assert reading.errors(page) == "One thing needs your attention Product : Choose what you need support for."
    assert carl.post(NEW, fill(page, NEW, purchase=second.pk)).status_code == 303
    assert Ticket.objects.get().purchase == second
    assert first != second


def test_a_single_purchase_is_chosen_already(carl: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at, until=date(2027, 3, 14))
    page = carl.get(NEW).content.decode()
    assert options(page) == ["Harbor theme, supported until 14 Mar 2027"]
    assert fill(page, NEW)["purchase"] == [str(purchase.pk)]


def test_where_a_purchase_may_be_named_it_need_not_be(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    shop.topic(Need.ASKED)
    shop.bought(cast.carl, shop.product(at=at), at=at, until=date(2027, 3, 14))
    page = carl.get(NEW).content.decode()
    assert options(page) == ["Not about one of these", "Harbor theme, supported until 14 Mar 2027"]
    assert fill(page, NEW)["purchase"] != [""]
    assert carl.post(NEW, fill(page, NEW, subject="x", text="y", purchase="")).status_code == 303
    assert Ticket.objects.get().purchase is None


def test_a_topic_that_asks_for_none_shows_none_and_keeps_none(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at)
    shop.topic(Need.NONE)
    page = carl.get(NEW).content.decode()
    assert options(page) == []
    assert carl.post(NEW, fill(page, NEW, subject="x", text="y", purchase=purchase.pk)).status_code == 303
    assert Ticket.objects.get().purchase is None


def test_s4_7_another_topic_swaps_the_purchases_and_loses_nothing(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    theme = shop.product(at=at)
    _first, second = (shop.bought(cast.carl, theme, at=at) for _ in range(2))
    sales = make.topic("Sales", position=5)
    typed = {"subject": "kept", "text": "also\nkept", "purchase": second.pk}
    without = look(carl, topic=sales.pk, **typed)
    assert options(without.content.decode()) == []
    back = carl.post(
        NEW, form(without) | {"topic": [str(help_topic.pk)], "look": ["asked"], "purchase": [str(second.pk)]}
    )
    values = form(back)
    assert (values["subject"], values["text"], values["purchase"]) == (["kept"], ["also\nkept"], [str(second.pk)])


def test_an_address_can_name_the_purchase(carl: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(at=at)
    _first, second = (shop.bought(cast.carl, theme, at=at) for _ in range(2))
    assert form(carl.get(f"{NEW}?purchase={second.pk}"))["purchase"] == [str(second.pk)]


@pytest.mark.parametrize("whose", ["eve", "nobody"])
def test_eve_s_purchase_is_as_good_as_none(carl: Client, cast: Cast, at: datetime, whose: str) -> None:
    theme = shop.product(at=at)
    foreign = shop.bought(cast.eve, shop.product("Secret plan", at=at), at=at, places=("eve.example",))
    for _ in range(2):
        shop.bought(cast.carl, theme, at=at)
    key = foreign.pk if whose == "eve" else 999_999
    assert "Secret plan" not in carl.get(f"{NEW}?purchase={key}").content.decode()
    values = fill(carl.get(NEW).content.decode(), NEW, subject="x", text="y", purchase=key)
    for sent in (values, values | {"look": ["asked"]}):
        page = carl.post(NEW, sent).content.decode()
        assert "Secret plan" not in page
        assert "eve.example" not in page
    assert reading.errors(carl.post(NEW, values).content.decode()) == (
        "One thing needs your attention Purchase : Choose one of your own purchases."
    )
    assert Ticket.objects.count() == 0
    assert Purchase.objects.get(product__name="Secret plan") == foreign


# Where it happens


def test_s2_15_which_installation_is_asked_when_there_are_several(carl: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at, places=("a.example", "b.example"))
    page = carl.get(NEW).content.decode()
    assert options(page, "installation") == ["Choose one", "a.example", "b.example"]
    refused = carl.post(NEW, fill(page, NEW, subject="x", text="kept"))
    assert "Installation : Choose where it happens." in reading.errors(refused.content.decode())
    place = purchase.licenses.get().bound.get(domain="b.example")
    assert carl.post(NEW, fill(refused.content.decode(), NEW, installation=place.pk)).status_code == 303
    assert Ticket.objects.get().installation == place


def test_s2_15_the_only_installation_is_taken_and_not_asked(carl: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at, places=("a.example",))
    page = carl.get(NEW).content.decode()
    assert options(page, "installation") == []
    assert carl.post(NEW, fill(page, NEW, subject="x", text="y")).status_code == 303
    assert Ticket.objects.get().installation == purchase.licenses.get().bound.get()


def test_s2_15_another_purchase_asks_for_its_own_installations_with_and_without_scripts(
    carl: Client, cast: Cast, at: datetime
) -> None:
    theme = shop.product(at=at)
    one = shop.bought(cast.carl, theme, at=at, places=("one.example",))
    two = shop.bought(cast.carl, theme, at=at, places=("a.example", "b.example"))
    page = carl.get(NEW).content.decode()
    assert "Show what is asked for it" in page
    values = fill(page, NEW, subject="kept", text="kept, too", purchase=two.pk) | {"look": ["asked"]}
    whole = carl.post(NEW, values).content.decode()
    assert options(whole, "installation") == ["Choose one", "a.example", "b.example"]
    assert (fill(whole, NEW)["subject"], fill(whole, NEW)["text"]) == (["kept"], ["kept, too"])
    part = carl.post(NEW, values, headers={"HX-Request": "true", "HX-Target": "asked"}).content.decode()
    (swapped,) = re.findall(r'<div hx-swap-oob="innerHTML:#bought">(.*?)\n    </div>', part, re.DOTALL) or [part]
    assert options(swapped, "installation") == ["Choose one", "a.example", "b.example"]
    assert 'name="subject"' not in part
    place = two.licenses.get().bound.all()[0]
    wrong = fill(whole, NEW, purchase=one.pk, installation=place.pk)
    assert carl.post(NEW, wrong).status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.purchase, ticket.installation) == (one, one.licenses.get().bound.get())


def test_an_installation_that_was_removed_meanwhile_is_asked_again(carl: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(
        cast.carl, shop.product(at=at, installations=3), at=at, places=("a.example", "b.example", "c.example")
    )
    place = purchase.licenses.get().bound.get(domain="b.example")
    values = fill(carl.get(NEW).content.decode(), NEW, subject="x", text="kept", installation=place.pk)
    type(place).objects.filter(pk=place.pk).update(removed_at=at)
    answer = carl.post(NEW, values)
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert options(answer.content.decode(), "installation") == ["Choose one", "a.example", "c.example"]


# Beside the form


def test_s2_12_s2_13_what_support_covers_stands_beside_of_what_is_chosen(
    carl: Client, cast: Cast, at: datetime
) -> None:
    theme = shop.product(at=at, covered="A bug\nAn error", not_covered="Mentoring for <CSS>\n\nTranslation")
    hosting = shop.product("Hosting", at=at, covered="Outages")
    first = shop.bought(cast.carl, theme, at=at)
    shop.bought(cast.carl, hosting, at=at)
    shop.bought(cast.eve, shop.product("Of eve", at=at, covered="Secret"), at=at)
    beside = r'<details class="card padded covers".*?</details>'
    both = re.findall(beside, carl.get(NEW).content.decode(), re.DOTALL)
    assert [reading.words(each) for each in both] == [
        "What support covers Hosting Covered Outages",
        "What support covers Harbor theme Covered A bug An error Not covered Mentoring for <CSS> Translation",
    ]
    assert [" open>" in each.split("\n")[0] for each in both] == [False, False]
    one = re.findall(beside, look(carl, purchase=first.pk).content.decode(), re.DOTALL)
    assert [reading.words(each) for each in one] == [reading.words(both[1])]
    assert " open>" in one[0].split("\n")[0]


def test_s2_2_a_benefit_that_waits_is_told_with_its_guide_and_claimed_by_its_owner_alone(
    carl: Client, cast: Cast, at: datetime
) -> None:
    hosting = shop.product("Hosting", at=at, benefit="A free theme", benefit_url="https://shop.example/guide")
    purchase = shop.bought(cast.carl, hosting, at=at)
    claim = f"/purchases/{purchase.pk}/claim/"
    page = carl.get(NEW).content.decode()
    assert "A free theme : this comes with Hosting, and you have not claimed it yet." in reading.words(page)
    assert 'href="https://shop.example/guide"' in page
    carl.force_login(cast.eve)
    assert carl.post(claim, {}).status_code == 404
    carl.force_login(cast.carl)
    assert carl.get(claim).status_code == 405
    assert carl.post(claim, {}).status_code == 400
    answer = send(carl, NEW, claim)
    assert (answer.status_code, answer["Location"]) == (303, NEW)
    purchase.refresh_from_db()
    assert purchase.claimed_at == at
    after = carl.get(NEW).content.decode()
    assert "Noted: you have claimed A free theme." in after
    assert "you have not claimed it yet" not in after


def test_s2_2_a_benefit_of_something_that_was_refunded_meanwhile_is_none(
    carl: Client, cast: Cast, at: datetime
) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at, benefit="A free theme"), at=at)
    claim = f"/purchases/{purchase.pk}/claim/"
    values = fill(carl.get(NEW).content.decode(), claim)
    shop.refund(purchase, at=at)
    assert carl.post(claim, values).status_code == 303
    assert "There is nothing to claim any more." in carl.get("/").content.decode()
    purchase.refresh_from_db()
    assert purchase.claimed_at is None


def test_s2_2_of_many_benefits_two_are_told_and_the_others_counted(carl: Client, cast: Cast, at: datetime) -> None:
    hosting = shop.product("Hosting", at=at, benefit="A free theme")
    for _ in range(4):
        shop.bought(cast.carl, hosting, at=at)
    page = carl.get(NEW).content.decode()
    assert page.count("I have claimed it") == 2
    assert "2 more wait among your purchases" in reading.words(page)


def test_what_was_refunded_says_nothing_of_its_coverage(carl: Client, cast: Cast, at: datetime) -> None:
    gone = shop.bought(cast.carl, shop.product("Gone", at=at, covered="Old promise"), at=at)
    for name in ("One", "Two"):
        shop.bought(cast.carl, shop.product(name, at=at, covered=f"Promise of {name}"), at=at)
    shop.refund(gone, at=at)
    page = carl.get(NEW).content.decode()
    assert "Old promise" not in page
    assert "Promise of One" in page


def test_s2_11_a_desk_without_a_target_promises_an_answer_as_soon_as_possible(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    shop.topic(Need.NONE, asks_priority=False)
    assert "What happens next We answer as soon as possible." in reading.words(carl.get(NEW).content.decode())
    sent = send(carl, NEW, NEW, subject="x", text="y")
    assert "We answer as soon as possible. We send you" in reading.words(carl.get(sent["Location"]).content.decode())
    make.promises(**{priority.slug: 60 for priority in Priority.objects.all()})
    page = reading.words(carl.get(NEW).content.decode())
    assert "What happens next You hear from us by 13:00." in page
    assert "as soon as possible" not in page


# What it costs, and who it is for


@pytest.mark.usefixtures("pseudo")
def test_every_word_of_the_gate_and_the_form_comes_through_gettext(
    carl: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    def left(names: set[str]) -> list[str]:
        page = carl.get(NEW)
        return bare(page.content.decode(), {*data_in_the_database(), "Nordlys support", "Deskhand", *names})

    assert left(set()) == []
    theme = shop.product(
        at=at, covered="A bug", not_covered="Translation", benefit="A gift", benefit_url="https://x.example/"
    )
    purchase = shop.bought(cast.carl, theme, at=at, places=("a.example", "b.example"))
    shop.bought(cast.carl, theme, at=at)
    configure(by=cast.otto, at=at, longest_message=1000, short_message=50)
    known = {"Harbor theme", "A bug", "Translation", "A gift", "a.example", "b.example", "order-1", "order-2"}
    page = carl.get(f"{NEW}?purchase={purchase.pk}").content.decode()
    assert options(page, "installation") == ["⟦Choose one⟧", "a.example", "b.example"]
    assert bare(page, {*data_in_the_database(), "Nordlys support", "Deskhand", *known}) == []
    configure(by=cast.otto, at=at, opens_in_steps=True)
    make.topic("Sales", position=5)
    assert left(known) == []


@pytest.mark.parametrize("count", [1, 12])
def test_the_form_costs_the_same_queries_for_one_purchase_and_for_twelve(
    carl: Client, cast: Cast, at: datetime, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    theme = shop.product(at=at)
    for number in range(count):
        shop.bought(cast.carl, theme, at=at, places=(f"{number}.example",))
    carl.get(NEW)
    with django_assert_num_queries(
        6
    ):  # who asks; is there support; purchases, licenses, installations; which can be chosen
        assert len(options(carl.get(NEW).content.decode())) == (count if count == 1 else count + 1)


def test_s2_7_somebody_whose_account_is_not_set_up_opens_nothing(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.carl, shop.product(at=at), at=at)
    values = fill(carl.get(NEW).content.decode(), NEW, subject="kept", text="y")
    type(cast.carl).objects.filter(pk=cast.carl.pk).update(activated_at=None)
    answer = carl.post(NEW, values)
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert fill(answer.content.decode(), NEW)["subject"] == ["kept"]
    assert "Your account is not set up yet. Choose a password first" in reading.errors(answer.content.decode())


def test_staff_in_the_portal_are_customers_like_all(
    client: Client, cast: Cast, help_topic: Topic, at: datetime
) -> None:
    client.force_login(cast.ada)
    shop.bought(cast.carl, shop.product(at=at), at=at)
    page = client.get(NEW).content.decode()
    assert "we know of no purchase of yours" in reading.words(page)
    assert "Harbor theme" not in page
