"""Manual 2, "Professional support", row by row on the shop's preset: who has support, what it covers, and how one gets in."""

import json
import re
from collections.abc import Callable

from django.test import Client

from deskhand.accounts.changes import accept_invitation
from deskhand.accounts.models import User
from deskhand.core.signatures import signed_headers
from deskhand.entitlements.changes import activate
from deskhand.entitlements.models import Installation, Product, Purchase
from deskhand.entitlements.senders import add_sender
from deskhand.mail.models import Kind
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.ticket import Ticket
from tests.api.asking import Program, program
from tests.forms import fill, send
from tests.manuals.stage import NEW, Stage, facts, fresh, labels, options
from tests.portal import reading

GOOD = "a sentence of words"
COVERED = ["A bug or an error", "An issue related to the software", "Questions how something works"]
NOT_COVERED = [
    "Mentoring for CSS, PHP, HTML, JavaScript or other technologies",
    "Manual software updates (guiding the process is included)",
    "More than one installation of a theme",
    "Customized themes, or software not made by us",
    "Configuration of a server or of shared hosting",
    "Sign-up or support for services of others",
    "Customization of the software or of themes",
    "How to browse the internet",
    "Translation and other dictionary services",
]


def nina() -> User:
    """Who has bought something and was not known before."""
    return User.objects.get(email="nina@new.example")


def invitation(stage: Stage, count: int = 1) -> str:
    """The path of the link in the last of so many invitations."""
    found = [mail.secret for mail in stage.mails(nina()) if mail.kind == Kind.INVITATION]
    assert len(found) == count
    return found[-1].removeprefix("http://desk.example")


def clauses(html: str, heading: str) -> list[str]:
    """What stands beside the form below this heading."""
    found = re.search(rf"{heading}</h3>\s*<ul[^>]*>(.*?)</ul>", html, re.DOTALL)
    return [reading.words(each) for each in re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL)] if found else []


def test_s2_1_buyers_of_a_theme_or_of_hosting_through_a_partner_have_support(shop: Stage) -> None:
    carl, eve = shop.cast.carl, shop.cast.eve
    theme = shop.buy("premium-theme", email=carl.email)
    hosting = shop.buy("hosting", email=eve.email, partner="Harbor Hosting")
    for person, purchase in ((carl, theme), (eve, hosting)):
        assert shop.open(person).purchase == purchase
    assert "Bought from Harbor Hosting" in shop.words(eve, "/purchases/")
    assert "Harbor Hosting" not in shop.words(carl, "/purchases/")


def test_s2_2_a_benefit_that_was_not_claimed_is_shown_with_the_way_to_claim_it(shop: Stage) -> None:
    carl = shop.cast.carl
    purchase = shop.buy("hosting", email=carl.email)
    waits = "One premium theme of your choice : this comes with"
    for page in (NEW, "/purchases/"):
        assert waits in shop.words(carl, page)
        assert 'href="https://example.com/guides/claim-your-theme"' in shop.page(carl, page)
    claim = f"/purchases/{purchase.pk}/claim/"
    assert shop.of(shop.cast.eve).post(claim, {}).status_code == 404
    form = fill(shop.page(carl, NEW), claim)
    for _twice in range(2):
        assert shop.of(carl).post(claim, form).status_code == 303
    assert waits not in shop.words(carl, NEW)
    assert "Claimed: One premium theme of your choice" in shop.words(carl, "/purchases/")


def test_s2_3_a_purchase_makes_the_account_and_told_four_ways_it_is_one(shop: Stage) -> None:
    lena, otto = shop.cast.lena, shop.cast.otto
    sender, secret = add_sender(name="Shop", by=otto, at=shop.now)
    said = {"reference": "A-1", "product": "premium-theme", "email": "Nina@New.example", "name": "Nina"}
    told = {**said, "bought_at": shop.now.isoformat()}

    def by_api() -> int:
        shop_program = program(lena)
        shop_program.post("purchases", told)
        return shop_program.status

    def by_webhook(key: str = secret) -> int:
        body = json.dumps({"type": "purchase.created", "timestamp": shop.now.isoformat(), "data": told}).encode()
        headers = signed_headers(key, id="msg_1", at=shop.now, body=body)
        path = f"/api/v1/webhooks/purchases/{sender.pk}"
        return int(Client().generic("POST", path, body, content_type="application/json", headers=headers).status_code)

    def by_csv() -> int:
        page = "/desk/purchases/csv/"
        text = f"reference;product;email;name;bought_at\nA-1;premium-theme;nina@new.example;Nina;{shop.now:%Y-%m-%d}"
        looked = send(shop.of(lena), page, page, text=text, do="look").content.decode()
        return int(shop.of(lena).post(page, fill(looked, page, do="import")).status_code)

    def by_hand() -> int:
        page = "/desk/purchases/new/"
        typed = {**said, "bought_on": f"{shop.now:%Y-%m-%d}"}
        return int(send(shop.of(lena), page, page, **typed).status_code)

    ways: list[tuple[Callable[[], int], int]] = [(by_webhook, 200), (by_api, 200), (by_csv, 303), (by_hand, 303)]
    assert by_webhook("whsec_" + "A" * 32) == 401
    assert (Purchase.objects.count(), User.objects.filter(email="nina@new.example").count()) == (0, 0)
    for way, status in [*ways, *ways]:
        assert way() == status
        shop.work()
        assert Purchase.objects.filter(reference="A-1").count() == 1
        assert User.objects.filter(email="nina@new.example").count() == 1
    assert (nina().is_invited, nina().name, Purchase.objects.get().owner) == (True, "Nina", nina())
    assert sorted(mail.kind for mail in shop.mails(nina())) == [Kind.ACCOUNT, Kind.INVITATION]


def test_s2_4_a_mailed_link_sets_the_password_and_an_old_one_gets_a_fresh_one(shop: Stage) -> None:
    shop.buy(email="nina@new.example", name="Nina")
    old, client = invitation(shop), Client()
    refused = send(client, old, old, name="Nina Holm", password="short")
    assert (refused.status_code, nina().is_invited) == (422, True)
    shop.later(hours=73)
    assert "This link is old" in reading.words(client.get(old).content.decode())
    assert send(client, old, f"{old}again/").status_code == 303
    shop.work()
    link = invitation(shop, 2)
    done = send(client, link, link, name="Nina Holm", password=GOOD)
    assert (done.status_code, nina().is_invited, nina().name) == (303, False, "Nina Holm")
    assert "Premium theme" in client.get("/purchases/").content.decode()
    assert send(Client(), "/sign-in/", "/sign-in/", login="nina@new.example", password=GOOD).status_code == 303


def test_s2_5_the_invitation_is_sent_again_by_its_owner_and_by_staff(shop: Stage) -> None:
    lena = shop.cast.lena
    shop.buy(email="nina@new.example", name="Nina")
    first = invitation(shop)
    shop.later(minutes=10)
    lost = "/welcome/lost/"
    for address in ("nobody@new.example", "nina@new.example"):
        assert send(Client(), lost, lost, email=address).headers["Location"] == "/welcome/sent/"
    shop.work()
    second = invitation(shop, 2)
    shop.later(minutes=10)
    person = f"/desk/people/{nina().pk}/"
    assert shop.of(shop.cast.carl).post(f"{person}invitation/").status_code == 403
    assert send(shop.of(lena), person, f"{person}invitation/").status_code == 303
    shop.work()
    third = invitation(shop, 3)
    assert len({first, second, third}) == 3
    assert "This link is old" in reading.words(Client().get(second).content.decode())
    assert send(Client(), third, third, name="Nina", password=GOOD).status_code == 303
    assert nina().is_invited is False


def test_s2_6_a_second_purchase_joins_the_account_that_is_there(shop: Stage) -> None:
    carl = shop.cast.carl
    people = User.objects.count()
    first, second = shop.buy(email=carl.email), shop.buy("hosting", email="CARL@Customer.example", name="Somebody")
    assert (first.owner, second.owner, User.objects.count()) == (carl, carl, people)
    assert [mail.subject for mail in shop.mails(carl)] == ["Your purchase of Premium theme", "Your purchase of Hosting"]
    assert [mail.secret for mail in shop.mails(carl)] == ["", ""]
    shown = shop.words(carl, "/purchases/")
    assert ("Premium theme" in shown, "Hosting" in shown, User.objects.get(pk=carl.pk).name) == (True, True, "Carl")
    staff = shop.buy(email=shop.cast.ada.email)
    assert (staff.owner.role, staff.owner.is_invited) == ("agent", False)


def test_s2_7_only_an_account_that_is_set_up_opens_tickets(shop: Stage) -> None:
    shop.buy(email="nina@new.example", name="Nina")
    person = nina()
    sent = shop.submit(person)
    page = sent.content.decode()
    assert (sent.status_code, Ticket.objects.count()) == (422, 0)
    assert "Your account is not set up yet. Choose a password first" in reading.errors(page)
    assert fill(page, NEW)["text"] == ["Since this morning."]
    token = invitation(shop).split("/")[2]
    accept_invitation(token=token, name="Nina", password=GOOD, at=shop.now)
    shop.sign_in_again()
    assert shop.open(nina()).requester == person


def test_s2_8_new_stands_at_the_right_of_the_support_page(shop: Stage) -> None:
    carl = shop.cast.carl
    shop.buy(email=carl.email)
    page = shop.page(carl, "/tickets/")
    heading = re.search(r'<div class="heading">.*?</h1>.*?<div class="end">(.*?)</div>', page, re.DOTALL)
    right = re.findall(r'<a [^>]*href="([^"]*)"', heading[1]) if heading else []
    assert (right, reading.words(heading[1]) if heading else "") == ([NEW], "New")
    assert "<h1>New</h1>" in shop.page(carl, right[0])


def test_s2_9_the_form_asks_product_title_and_description_and_needs_a_product(shop: Stage) -> None:
    carl, eve = shop.cast.carl, shop.cast.eve
    first, second = shop.buy(email=carl.email), shop.buy("hosting", email=carl.email)
    foreign = shop.buy("support-pack", email=eve.email)
    page = shop.page(carl, NEW)
    assert labels(page)[1:4] == ["Product * required", "Title * required", "Description * required"]
    assert "Create" in re.findall(r"<button[^>]*data-kind=\"primary\"[^>]*>(?:<span>)?(\w+)", page)
    for wrong in ("", foreign.pk, "999999"):
        refused = shop.submit(carl, purchase=wrong)
        assert (refused.status_code, Ticket.objects.count()) == (422, 0)
        assert "Product : Choose" in reading.errors(refused.content.decode())
        assert fill(refused.content.decode(), NEW)["subject"] == ["The printer is on fire"]
    ticket = shop.open(carl, purchase=second.pk)
    assert (ticket.purchase, facts(shop.page(carl, f"/tickets/{ticket.number}/"))["Product"]) == (second, "Hosting")
    assert first.pk != second.pk


def test_s2_10_create_tells_the_team_at_once(shop: Stage) -> None:
    carl, ada, lena = shop.cast.carl, shop.cast.ada, shop.cast.lena
    shop.buy(email=carl.email)
    assert shop.submit(carl, subject="").status_code == 422
    shop.work()
    assert shop.mails(ada) == []
    ticket = shop.open(carl)  # the worker runs at the very moment
    assert [mail.subject for mail in shop.mails(ada)] == [f"[#{ticket.number}] The printer is on fire"]
    assert shop.mails(lena) == []  # not of the team
    assert [mail.created_at for mail in shop.mails(ada)] == [shop.now]
    assert "The printer is on fire" in shop.words(ada, "/desk/tickets/?view=unassigned")


def test_s2_11_the_customer_reads_that_an_answer_comes_as_soon_as_possible(shop: Stage) -> None:
    carl = shop.cast.carl
    shop.buy(email=carl.email)
    promise = "We answer as soon as possible."
    assert f"What happens next {promise}" in shop.words(carl, NEW)
    assert promise not in reading.words(shop.submit(carl, text="").content.decode()).partition("What happens next")[0]
    sent = shop.submit(carl)
    assert promise in shop.words(carl, sent.headers["Location"])


def test_s2_12_what_support_covers_is_said(shop: Stage) -> None:
    carl = shop.cast.carl
    assert COVERED[0] not in shop.words(carl, NEW)
    shop.buy(email=carl.email)
    assert clauses(shop.page(carl, NEW), "Covered") == COVERED
    guide = shop.words(carl, "/").partition("When to open a ticket")[2]
    for each in ("bug", "error", "issue related to the software", "not sure how something works"):
        assert each in guide


def test_s2_13_what_support_does_not_cover_is_said(shop: Stage) -> None:
    carl, eve = shop.cast.carl, shop.cast.eve
    shop.buy(email=carl.email)
    shop.buy("hosting", email=eve.email)
    assert clauses(shop.page(carl, NEW), "Not covered") == NOT_COVERED
    others = [each for each in NOT_COVERED if each != "More than one installation of a theme"]
    assert clauses(shop.page(eve, NEW), "Not covered") == others


def test_s2_14_the_list_is_a_setting_and_gives_the_reasons_to_close_a_ticket(shop: Stage) -> None:
    carl, ada, otto = shop.cast.carl, shop.cast.ada, shop.cast.otto
    shop.buy(email=carl.email)
    ticket = shop.open(carl)
    path = f"/desk/settings/products/{Product.objects.get(slug='premium-theme').pk}/"
    assert shop.of(ada).get(path).status_code == 403
    too_long = send(shop.of(otto), path, path, not_covered="x" * 201)
    assert (too_long.status_code, clauses(shop.page(carl, NEW), "Not covered")) == (422, NOT_COVERED)
    mine = "Questions about <the weather>"
    assert send(shop.of(otto), path, path, not_covered=f"{NOT_COVERED[-1]}\n{mine}").status_code == 303
    assert clauses(shop.page(carl, NEW), "Not covered") == [NOT_COVERED[-1], mine]

    here = f"/desk/tickets/{ticket.number}/"
    assert [mine in shop.words(ada, f"{here}decline/"), NOT_COVERED[0] in shop.words(ada, f"{here}decline/")] == [
        True,
        False,
    ]
    page = shop.of(ada).get(f"{here}decline/", {"clause": mine}).content.decode()
    message = fill(page, f"{here}decline/")
    assert f"> {mine}" in message["text"][0]
    stale = shop.of(ada).post(f"{here}decline/", {**message, "clause": [NOT_COVERED[0]]})
    assert (stale.status_code, fresh(ticket).category) == (422, Category.OPEN)
    assert shop.of(ada).post(f"{here}decline/", message).status_code == 303
    shop.later(seconds=30)
    assert (fresh(ticket).category, fresh(ticket).out_of_scope) == (Category.CLOSED, mine)
    shown = shop.words(carl, f"/tickets/{ticket.number}/")
    assert f"Outside what support covers {mine}" in shown
    assert mine in shop.mails(carl)[-1].text
    assert shop.write(carl, ticket, "But it is a bug.").status_code == 303
    assert (fresh(ticket).category, fresh(ticket).out_of_scope) == (Category.OPEN, None)


def test_s2_15_a_licence_counts_its_installations_and_the_form_asks_which_one(shop: Stage) -> None:
    carl, otto = shop.cast.carl, shop.cast.otto
    path = f"/desk/settings/products/{Product.objects.get(slug='premium-theme').pk}/"
    assert send(shop.of(otto), path, path, installations=2).status_code == 303
    key = shop.buy(email=carl.email).licenses.get().key
    calling = Program()
    for domain, status in (("one.example", 200), ("two.example", 200), ("three.example", 409), ("ONE.example", 200)):
        calling.post("licenses/activate", {"key": key, "domain": domain})
        assert calling.status == status
    assert [name for name, _chosen in options(shop.page(carl, NEW), "installation")] == [
        "Choose one", "one.example", "two.example",
    ]  # fmt: skip
    eve_s = shop.buy(email=shop.cast.eve.email).licenses.get().key
    foreign = activate(key=eve_s, domain="eve.example", at=shop.now)
    for wrong in ("", foreign.pk):
        refused = shop.submit(carl, installation=wrong)
        assert (refused.status_code, Ticket.objects.count()) == (422, 0)
        assert "Choose where it happens." in reading.errors(refused.content.decode())
    two = Installation.objects.get(domain="two.example")
    ticket = shop.open(carl, installation=two.pk)
    assert facts(shop.page(carl, f"/tickets/{ticket.number}/"))["Installation"] == "two.example"
    assert "Asked about two.example" in shop.words(shop.cast.ada, f"/desk/tickets/{ticket.number}/")

    # A move makes room; one a year by the customer
    remove = "/licenses/installations/{}/remove/"
    one = Installation.objects.get(domain="one.example")
    assert shop.of(shop.cast.eve).post(remove.format(one.pk)).status_code == 404
    kept = fill(shop.page(carl, "/licenses/"), remove.format(two.pk))
    assert send(shop.of(carl), "/licenses/", remove.format(one.pk)).status_code == 303
    calling.post("licenses/activate", {"key": key, "domain": "three.example"})
    assert calling.status == 200
    again = shop.of(carl).post(remove.format(two.pk), kept)
    assert (again.status_code, Installation.objects.filter(license__key=key, removed_at=None).count()) == (422, 2)
