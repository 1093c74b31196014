"""Manual 1, "Premium Support System", row by row on the shop's preset: purchases open support, and New, Hold and Closed."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.entitlements.changes import activate
from deskhand.entitlements.models import License, Product, Purchase
from deskhand.mail.models import Mail
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests.api.asking import Program, program
from tests.cast import PASSWORD
from tests.files import picture, upload
from tests.forms import fill, send
from tests.manuals.stage import NEW, Stage, facts, fresh, headings, labels, options, rows
from tests.portal import reading

PRODUCTS = "/desk/settings/products/"
POLICIES = "/desk/settings/policies/"
NOBODY = "A ticket needs something you bought from us, and we know of no purchase of yours."


def said(ticket: Ticket) -> list[str]:
    """The messages of a ticket, in their order."""
    return list(Message.objects.filter(ticket=ticket).order_by("pk").values_list("text", flat=True))


def here(ticket: Ticket) -> str:
    """The customer's page of it."""
    return f"/tickets/{ticket.number}/"


def desk(ticket: Ticket) -> str:
    """The agents' page of it."""
    return f"/desk/tickets/{ticket.number}/"


def link(html: str, words: str) -> str:
    """Where the link leads that says this."""
    each = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    found = [unescape(address) for address, said_there in each if reading.words(said_there) == words]
    assert found, f"no link {words}"
    return found[0]


# What the manual says


@pytest.mark.parametrize("product", ["premium-theme", "hosting", "support-pack"])
def test_s1_1_any_of_three_kinds_opens_the_desk_and_none_keeps_it_shut(shop: Stage, product: str) -> None:
    carl, eve = shop.cast.carl, shop.cast.eve
    assert NOBODY in shop.words(carl, NEW)
    purchase = shop.buy(product, email=carl.email)
    sent = shop.submit(carl)
    assert (sent.status_code, Ticket.objects.count()) == (303, 1)
    assert Ticket.objects.get().purchase == purchase
    typed = fill(shop.page(carl, NEW), NEW, subject="Mine, too", text="Since this morning.")
    assert NOBODY in shop.words(eve, NEW)
    stolen = shop.of(eve).post(
        NEW, {**typed, "form_key": fill(shop.page(eve, "/account/"), "/account/profile/")["form_key"]}
    )
    assert (stolen.status_code, Ticket.objects.count()) == (422, 1)


def test_s1_2_customer_and_team_talk_in_the_ticket(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    ticket = shop.open(carl, text="The menu is gone.")
    shop.answer(ada, ticket, "Which browser?")
    assert shop.write(carl, ticket, "Firefox.").status_code == 303
    assert reading.said(shop.page(carl, here(ticket))) == [
        ("You", "The menu is gone."), ("Ada", "Which browser?"), ("You", "Firefox."),
    ]  # fmt: skip
    assert shop.write(carl, ticket, " ").status_code == 422
    assert shop.of(shop.cast.eve).get(here(ticket)).status_code == 404


def test_s1_3_a_purchase_sends_the_download_and_the_account_in_two_mails(shop: Stage) -> None:
    purchase = shop.buy(email="Nina@New.example", name="Nina")
    nina = User.objects.get(email="nina@new.example")
    receipt, invitation = sorted(shop.mails(nina), key=lambda mail: mail.kind)
    assert (receipt.subject, invitation.subject) == (
        "Your purchase of Premium theme",
        "Your account at Nordlys support",
    )
    assert "https://example.com/downloads" in receipt.text
    assert purchase.licenses.get().key in receipt.text
    assert "/welcome/" in invitation.secret
    assert "/welcome/" not in receipt.text + receipt.secret
    assert shop.buy(email="nina@new.example", reference=purchase.reference) == purchase
    assert len(shop.mails(nina)) == 2


def test_s1_4_one_login_with_the_purchase_address_opens_purchases_licences_and_support(shop: Stage) -> None:
    carl, client = shop.cast.carl, Client()
    shop.buy(email=carl.email)
    for password, status in (("not the one", 422), (PASSWORD, 303)):
        answer = send(client, "/sign-in/", "/sign-in/", login=carl.email.upper(), password=password)
        assert answer.status_code == status
    home = client.get("/").content.decode()
    side = home[home.index('<nav class="side"') : home.index("</nav>", home.index('<nav class="side"'))]
    assert reading.words(side.partition(">")[2]) == "Home Support Purchases Licences Account"
    for area in ("Purchases", "Licences", "Support"):
        page = client.get(link(side, area)).content.decode()
        assert reading.words(page[page.index("<h1>") : page.index("</h1>")]) == area
    assert Client().get("/purchases/").status_code == 303


def test_s1_5_the_navigation_stands_at_the_left_with_support_and_in_it_new(shop: Stage) -> None:
    carl = shop.cast.carl
    home = shop.page(carl, "/")
    assert re.findall(r"<body[^>]* data-side", home) != []
    support = shop.page(carl, link(home[home.index('<nav class="side"') :], "Support"))
    assert 'href="/tickets/" aria-current="page"' in support
    assert link(support[support.index("<main") :], "New") == NEW


def test_s1_6_new_is_a_form_with_title_and_description(shop: Stage) -> None:
    carl = shop.cast.carl
    shop.buy(email=carl.email)
    page = shop.page(carl, NEW)
    assert labels(page) == ["Topic", "Product", "Title * required", "Description * required", "Files"]
    refused = shop.submit(carl, subject=" ", text="")
    errors = reading.errors(refused.content.decode())
    assert (refused.status_code, "Title :" in errors, "Description :" in errors) == (422, True, True)
    ticket = shop.open(carl, subject="No menu", text="It is gone.")
    assert (ticket.subject, said(ticket)) == ("No menu", ["It is gone."])


def test_s1_7_a_thousand_characters_a_message_and_the_rest_in_a_second_one_at_once(shop: Stage) -> None:
    carl = shop.cast.carl
    shop.buy(email=carl.email)
    refused = shop.submit(carl, text="a" * 1001)
    assert (refused.status_code, Ticket.objects.count()) == (422, 0)
    assert fill(refused.content.decode(), NEW)["text"] == ["a" * 1001]
    ticket = shop.open(carl, text="a" * 1000)
    again = shop.write(carl, ticket, "b" * 1001)
    assert (again.status_code, "b" * 1001 in again.content.decode()) == (422, True)
    assert shop.write(carl, ticket, "b" * 1000).status_code == 303
    assert said(ticket) == ["a" * 1000, "b" * 1000]
    assert fresh(ticket).first_responded_at is None


def test_s1_8_the_form_counts_down_and_offers_to_send_the_rest_as_a_reply(shop: Stage) -> None:
    carl = shop.cast.carl
    shop.buy(email=carl.email)
    assert 'data-limit="1000"' in shop.page(carl, NEW)
    long = " ".join(["word"] * 260)
    page = shop.submit(carl, text=long).content.decode()
    assert "Send the first part and continue in a reply" in reading.errors(page)
    assert re.findall(r'<button[^>]* name="in_parts"[^>]*>', page)[0].count(" hidden") == 0
    assert shop.of(carl).post(NEW, fill(page, NEW) | {"in_parts": ["1"]}).status_code == 303
    ticket = Ticket.objects.get()
    assert " ".join(said(ticket)) == long
    assert [len(text) <= 1000 for text in said(ticket)] == [True, True]
    shop.work()
    assert len(shop.mails(carl)) == 2  # the receipt, and one for both parts


def test_s1_9_the_list_shows_every_ticket_as_opened_hold_or_closed(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    tickets = {status: shop.open(carl, subject=status) for status in ("New", "Read", "Hold", "Solved", "Closed")}
    for status, ticket in tickets.items():
        if status != "New":
            shop.put(ada, ticket, status)
    shown = {row[0]: row[-2] for row in shop.tab(carl, "all")}
    assert shown == {"New": "Opened", "Read": "Opened", "Hold": "Hold", "Solved": "Closed", "Closed": "Closed"}
    tabs = re.findall(r'<a href="/tickets/\?tab=(\w+)"[^>]*>(.*?)</a>', shop.page(carl, "/tickets/"), re.DOTALL)
    assert [(tab, reading.words(name).split()[0]) for tab, name in tabs[:4]] == [
        ("all", "All"), ("open", "Opened"), ("waiting", "Hold"), ("closed", "Closed"),
    ]  # fmt: skip
    assert rows(shop.page(shop.cast.eve, "/tickets/?tab=all")) == []


def test_s1_10_an_agents_reply_puts_the_ticket_on_hold_by_itself(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    ticket, other = shop.open(carl), shop.open(carl, subject="Untouched")
    shop.answer(ada, ticket, "Which browser?")
    assert (facts(shop.page(carl, here(ticket)))["Status"], fresh(ticket).status.name) == ("Hold", "Hold")
    assert fresh(other).status.name == "New"
    page = shop.page(ada, desk(other))
    note = fill(page, f"{desk(other)}messages/", kind="note", text="Seen.")
    shop.of(ada).post(f"{desk(other)}messages/", note)
    assert fresh(other).status.name == "New"


def test_s1_11_a_customers_reply_takes_it_off_hold(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    ticket = shop.open(carl)
    shop.answer(ada, ticket, "Which browser?")
    assert shop.write(carl, ticket, "").status_code == 422
    assert fresh(ticket).category == Category.WAITING
    assert shop.write(carl, ticket, "Firefox.").status_code == 303
    assert (fresh(ticket).status.name, facts(shop.page(carl, here(ticket)))["Status"]) == ("New", "Opened")
    assert "The printer is on fire" in shop.words(ada, "/desk/tickets/?view=open")


def test_s1_12_a_reply_button_in_each_row_leads_to_the_whole_conversation(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    ticket = shop.open(carl, text="The menu is gone.")
    shop.answer(ada, ticket, "Which browser?")
    page = shop.page(carl, "/tickets/?tab=all")
    buttons = re.findall(r'<td class="reply"><a class="button"[^>]* href="([^"]*)" aria-label="([^"]*)"', page)
    assert buttons == [(f"{here(ticket)}#reply", f"Reply to #{ticket.number} The printer is on fire")]
    opened = shop.page(carl, buttons[0][0].partition("#")[0])
    order = [opened.index(each) for each in ("<p>The menu is gone.", "<p>Which browser?", '<form id="reply"')]
    assert order == sorted(order)
    assert headings(page) == ["Title", "Opened on", "Last activity", "Last replier", "Status", "Reply"]


def test_s1_13_from_there_the_customer_reads_replies_or_closes(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    ticket = shop.open(carl)
    shop.answer(ada, ticket, "Which browser?")
    shop.write(carl, ticket, "Firefox.")
    page = shop.page(carl, here(ticket))
    assert [text for _name, text in reading.said(page)] == ["Since this morning.", "Which browser?", "Firefox."]
    assert f'action="{here(ticket)}close/"' in page
    assert shop.of(shop.cast.eve).post(f"{here(ticket)}close/").status_code == 404
    assert shop.press(carl, ticket, "close").status_code == 303
    assert facts(shop.page(carl, here(ticket)))["Status"] == "Closed"


def test_s1_14_only_the_purchase_address_opens_support_or_a_second_one_that_was_confirmed(shop: Stage) -> None:
    carl, client = shop.cast.carl, shop.of(shop.cast.carl)
    add = {"action_add": "1", "email": "Carl@Home.example"}
    asked = client.post("/account/addresses/", add)
    send(client, asked.headers["Location"], "/account/it-is-you/", password=PASSWORD)
    shop.buy(email="carl@home.example", reference="EARLY-1")
    assert NOBODY in shop.words(carl, NEW)  # written down for whoever has that mailbox, which nobody has shown
    early = User.objects.get(email="carl@home.example")
    assert (early.is_invited, early == carl) == (True, False)

    confirm = shop_link(shop, "carl@home.example", "/confirm/")
    assert shop.of(shop.cast.eve).get(confirm).status_code == 200
    assert NOBODY in shop.words(carl, NEW)  # a link that was looked at confirms nothing
    assert send(client, confirm, confirm).status_code == 303
    jobs.run_due(at=jobs.database_now())  # allauth confirms by the clock of the database
    assert shop.open(carl).purchase == Purchase.objects.get(reference="EARLY-1")
    later = shop.buy("hosting", email="CARL@Home.example")
    assert (later.owner, EmailAddress.objects.filter(user=carl, verified=True).count()) == (carl, 2)
    assert shop.open(carl, purchase=later.pk).purchase == later


def shop_link(stage: Stage, address: str, part: str) -> str:
    """The path of the link with this in it that was mailed to this address last."""
    stage.work()
    secrets = [mail.secret for mail in Mail.objects.filter(to_address=address).order_by("pk")]
    return next(secret for secret in secrets if part in secret).removeprefix("http://desk.example")


def test_s1_15_others_install_it_under_their_own_name_and_color(shop: Stage) -> None:
    carl, otto = shop.cast.carl, shop.cast.otto
    page = "/desk/settings/desk/"
    before = shop.page(carl, "/")
    refused = send(shop.of(otto), page, page, name=" ", hue=25)
    assert (refused.status_code, current_desk().name) == (422, "Nordlys support")
    assert send(shop.of(otto), page, page, name="Harbor Help", hue=25).status_code == 303
    after = shop.page(carl, "/")
    styles = [re.findall(r'href="(/brand\.css[^"]*)"', html)[0] for html in (before, after)]
    assert styles[0] != styles[1]
    assert shop.of(carl).get(styles[1]).content.decode() == ":root{--accent-hue:25}"
    assert ("Nordlys" in reading.words(after), "Harbor Help" in reading.words(after)) == (False, True)
    shop.buy(email="nina@new.example")
    nina = User.objects.get(email="nina@new.example")
    assert "Your account at Harbor Help" in [mail.subject for mail in shop.mails(nina)]


# What the manual's own program does


def test_s1_c1_new_read_hold_closed_and_a_look_claims_only_where_the_desk_says_so(shop: Stage) -> None:
    carl, ada, otto = shop.cast.carl, shop.cast.ada, shop.cast.otto
    names = Status.objects.filter(is_archived=False).order_by("position", "pk").values_list("name", flat=True)
    assert list(names) == ["New", "Read", "Hold", "Solved", "Closed"]
    shop.buy(email=carl.email)
    ticket = shop.open(carl)

    def look() -> None:
        seen = f"{desk(ticket)}seen/"
        page = shop.page(ada, desk(ticket))
        token = re.findall(r'"X-CSRFToken": "(\w+)"', page)[0]
        shop.of(ada).post(f"{seen}?event={fresh(ticket).last_event}", {"csrfmiddlewaretoken": token})

    look()
    assert (fresh(ticket).assignee, fresh(ticket).status.name) == (None, "New")
    assert send(shop.of(otto), POLICIES, POLICIES, claims_on_open="on").status_code == 303
    look()
    assert fresh(ticket).assignee == ada


def test_s1_c2_how_long_titles_and_messages_may_be_is_a_setting_and_little_is_a_hint(shop: Stage) -> None:
    carl, otto = shop.cast.carl, shop.cast.otto
    shop.buy(email=carl.email)
    assert (current_desk().longest_subject, current_desk().longest_message, current_desk().short_message) == (
        145,
        1000,
        50,
    )
    assert shop.submit(carl, subject="t" * 146).status_code == 422
    assert shop.open(carl, subject="t" * 145, text="Help").subject == "t" * 145
    wrong = send(shop.of(otto), POLICIES, POLICIES, longest_message="-1", longest_subject="20")
    assert (wrong.status_code, current_desk().longest_subject) == (422, 145)
    sent = send(shop.of(otto), POLICIES, POLICIES, longest_message="100", longest_subject="20")
    assert sent.status_code == 303
    refused = shop.submit(carl, subject="t" * 21, text="a" * 101).content.decode()
    assert "at most 20 characters (it has 21)" in reading.errors(refused)
    assert "That are 101 characters, and a message has at most 100." in reading.errors(refused)
    assert said(shop.open(carl, subject="t" * 20, text="a" * 100)) == ["a" * 100]


def test_s1_c3_a_ticket_belongs_to_a_purchase_with_support_to_the_last_second_of_its_day(shop: Stage) -> None:
    carl, otto = shop.cast.carl, shop.cast.otto
    configure(by=otto, at=shop.now, time_zone="Pacific/Auckland")
    first = shop.buy(email=carl.email, reference="A-1", support_until=date(2026, 3, 5))
    second = shop.buy(email=carl.email, reference="A-2", support_until=date(2026, 3, 6))
    assert options(shop.page(carl, NEW), "purchase") == [
        ("Choose one", True),
        ("Premium theme, supported until 6 Mar 2026, order A-2", False),
        ("Premium theme, supported until 5 Mar 2026, order A-1", False),
    ]
    ticket = shop.open(carl, purchase=first.pk)
    assert ticket.purchase == first
    assert facts(shop.page(carl, here(ticket)))["Product"] == "Premium theme"
    end = datetime.fromisoformat("2026-03-06T23:59:59+13:00").astimezone(UTC)
    shop.later(seconds=(end - shop.now).total_seconds())
    assert shop.open(carl).purchase == second
    shop.later(seconds=1)
    assert "Support for Premium theme ended on 6 Mar 2026." in shop.words(carl, NEW)
    assert Ticket.objects.count() == 2


def test_s1_c4_without_support_no_new_ticket_also_when_it_ends_while_the_form_is_open(shop: Stage) -> None:
    carl, otto = shop.cast.carl, shop.cast.otto
    hosting = shop.buy("hosting", email=carl.email, support_until=date(2026, 3, 4))  # and seven days of grace
    ticket = shop.open(carl)
    shop.later(days=9, hours=11)
    assert "support ended on 4 Mar 2026, tickets until 11 Mar 2026" in shop.words(carl, NEW)
    typed = fill(shop.page(carl, NEW), NEW, subject="Kept", text="Kept, too")
    shop.later(days=1)
    late = shop.of(carl).post(NEW, {**typed, "files": [upload("smoke.png", picture())]})
    page = late.content.decode()
    assert (late.status_code, Ticket.objects.count()) == (422, 1)
    assert "Support for Hosting ended on 4 Mar 2026." in reading.errors(page)
    kept = fill(page, NEW)
    assert (kept["subject"], kept["text"], len(kept["file"])) == (["Kept"], ["Kept, too"], 1)
    assert link(shop.page(carl, NEW), "Renew support") == "https://example.com/hosting"
    assert shop.write(carl, ticket, "It burns again.").status_code == 303
    assert said(ticket) == ["Since this morning.", "It burns again."]

    path = f"/desk/purchases/{hosting.pk}/"
    assert send(shop.of(otto), path, f"{path}support/", support_until="2026-04-01").status_code == 303
    typed = fill(shop.page(carl, NEW), NEW, subject="Kept", text="Kept, too")
    asked = f"{path}state/"
    confirm = shop.of(otto).get(asked, {"to": "refunded"}).content.decode()
    assert shop.of(otto).post(asked, fill(confirm, asked)).status_code == 303
    refused = shop.of(carl).post(NEW, typed)
    assert (refused.status_code, Ticket.objects.count()) == (422, 1)
    assert "The purchase of Hosting was taken back" in reading.errors(refused.content.decode())
    assert fill(refused.content.decode(), NEW)["text"] == ["Kept, too"]


def test_s1_c5_a_product_says_days_licences_and_domains_and_a_licence_keeps_to_them(shop: Stage) -> None:
    carl, otto = shop.cast.carl, shop.cast.otto
    new = f"{PRODUCTS}new/"
    given: dict[str, Any] = {
        "name": "Plugin",
        "slug": "plugin",
        "support_days": 30,
        "license_count": 2,
        "license_days": 60,
        "installations": 1,
    }
    refused = send(shop.of(otto), new, new, **given | {"installations": 0})
    assert (refused.status_code, Product.objects.filter(slug="plugin").count()) == (422, 0)
    assert send(shop.of(otto), new, new, **given).status_code == 303
    purchase = shop.buy("plugin", email=carl.email)
    keys = list(License.objects.filter(purchase=purchase).order_by("pk"))
    assert [(key.valid_until, key.installations) for key in keys] == [(date(2026, 5, 1), 1)] * 2
    assert purchase.support_until == date(2026, 4, 1)
    calling = Program()
    for domain, status in (("https://www.Carl.example/shop/", 200), ("carl.example", 200), ("other.example", 409)):
        calling.post("licenses/activate", {"key": keys[0].key, "domain": domain})
        assert calling.status == status
    shown = shop.words(carl, "/licenses/")
    assert [key.key in shown for key in keys] == [True, True]
    assert ("carl.example" in shown, "other.example" in shown) == (True, False)
    shop.later(days=61)
    calling.post("licenses/activate", {"key": keys[0].key, "domain": "carl.example"})
    assert calling.status == 403


def test_s1_c6_a_refund_ends_the_licence_and_agents_see_it(shop: Stage) -> None:
    carl, ada, lena = shop.cast.carl, shop.cast.ada, shop.cast.lena
    purchase = shop.buy(email=carl.email)
    key = purchase.licenses.get().key
    activate(key=key, domain="carl.example", at=shop.now)
    ticket = shop.open(carl)
    assert "refunded" not in shop.words(ada, desk(ticket)).lower()
    api = program(lena)
    api.post("purchases/nothing/end", {"state": "refunded"})
    assert api.status == 404
    for _twice in range(2):
        api.post(f"purchases/{purchase.reference}/end", {"state": "refunded"})
        assert api.status == 200
    shop.work()
    words = shop.words(ada, desk(ticket))
    assert "The purchase of this ticket was refunded. Since" in words
    assert "its licenses are off, and no ticket can be opened with it." in words
    calling = Program()
    calling.post("licenses/activate", {"key": key, "domain": "carl.example"})
    assert calling.status == 403
    assert "refunded" not in shop.words(carl, here(ticket)).lower()
    assert "The purchase of Premium theme was taken back" in shop.words(carl, NEW)


def test_s1_c7_who_gets_which_mail(shop: Stage) -> None:
    carl, ada, lena = shop.cast.carl, shop.cast.ada, shop.cast.lena
    shop.buy(email=carl.email)

    def told() -> list[tuple[str, str]]:
        """To whom, with which words of those that were said, since the last time."""
        found = [(mail.to_address, mail.text) for mail in Mail.objects.order_by("pk")][len(heard) :]
        heard.extend(found)
        words = ("Since this morning.", "Which browser?", "Firefox.")
        return [(address, next((word for word in words if word in text), "")) for address, text in found]

    heard: list[tuple[str, str]] = []
    told()
    ticket = shop.open(carl)
    assert sorted(told()) == [(ada.email, "Since this morning."), (carl.email, "Since this morning.")]
    shop.write(carl, ticket, "Firefox.")
    assert told() == [(ada.email, "Firefox.")]  # nobody looks after it: the team
    shop.set(ada, ticket, "assignee", lena.pk)
    assert sorted(told()) == [(carl.email, ""), (lena.email, "")]
    shop.answer(lena, ticket, "Which browser?")
    assert told() == [(carl.email, "Which browser?")]
    shop.write(carl, ticket, "Firefox.")
    assert told() == [(lena.email, "Firefox.")]
    shop.put(lena, ticket, "Closed")
    assert told() == [(carl.email, "")]
    assert f"[#{ticket.number}]" in shop.mails(carl)[-1].subject
    assert [mail for mail in heard if shop.cast.eve.email in mail] == []


def test_s1_c8_a_mailed_link_is_for_one_thing_expires_and_changes_nothing_by_being_opened(shop: Stage) -> None:
    shop.buy(email="nina@new.example", name="Nina")
    nina = User.objects.get(email="nina@new.example")
    invitation = next(mail for mail in shop.mails(nina) if mail.secret)
    path = invitation.secret.removeprefix("http://desk.example")
    scanner = Client()
    for _each in range(3):
        assert scanner.get(path).status_code == 200
        assert scanner.head(path).status_code == 200
    assert (User.objects.get(pk=nina.pk).is_invited, scanner.get("/account/").status_code) == (True, 303)
    assert scanner.get(f"{path[:-2]}x/").status_code == 404
    form = fill(scanner.get(path).content.decode(), path, name="Nina", password="a sentence of words")
    shop.later(hours=72)
    scanner.post(path, form)
    assert User.objects.get(pk=nina.pk).is_invited is True
    assert "This link is old" in reading.words(scanner.get(path).content.decode())
    carl = shop.cast.carl
    shop.sign_in_again()
    shop.buy(email=carl.email)
    ticket = shop.open(carl)
    assert Client().get(here(ticket)).headers["Location"] == f"/sign-in/?{urlencode({'next': here(ticket)})}"


def test_s1_c9_another_assignee_makes_it_new_again_and_is_told(shop: Stage) -> None:
    carl, ada, lena = shop.cast.carl, shop.cast.ada, shop.cast.lena
    shop.buy(email=carl.email)
    ticket = shop.open(carl)
    shop.set(ada, ticket, "assignee", ada.pk)
    shop.put(ada, ticket, "Read")
    shop.set(ada, ticket, "assignee", lena.pk)
    assert (fresh(ticket).assignee, fresh(ticket).status.name) == (lena, "New")
    assert [mail.subject for mail in shop.mails(lena)] == [f"[#{ticket.number}] The printer is on fire"]
    nobody = fill(shop.page(ada, desk(ticket)), f"{desk(ticket)}assignee/", assignee=carl.pk)
    shop.of(ada).post(f"{desk(ticket)}assignee/", nobody)
    assert fresh(ticket).assignee == lena


def test_s1_c10_agents_see_orders_licences_and_all_tickets_beside_the_ticket(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    theme = shop.buy(email=carl.email, amount=Decimal("49.00"), currency="EUR", reference="A-1")
    shop.buy("hosting", email=carl.email, reference="A-2", partner="Hoster")
    shop.buy("hosting", email=shop.cast.eve.email, reference="EVES-1")
    activate(key=theme.licenses.get().key, domain="carl.example", at=shop.now)
    shop.open(carl, subject="An earlier one", purchase=theme.pk)
    ticket = shop.open(carl, purchase=theme.pk)
    page = shop.page(ada, desk(ticket))
    section = re.search(r'<section[^>]*aria-labelledby="bought-title".*?</section>', page, re.DOTALL)
    assert section is not None
    words = reading.words(section[0])
    for known in (
        "Order A-1",
        "49.00",
        "Support until 2 Mar 2027.",
        theme.licenses.get().key,
        "carl.example",
        "Order A-2",
    ):
        assert known in words
    assert ("EVES-1" in page, carl.email in page) == (False, True)
    found = shop.words(ada, link(page, "All their tickets"))
    assert ("An earlier one" in found, "The printer is on fire" in found) == (True, True)


def test_s1_c11_lists_can_put_first_what_needs_an_answer_and_are_searched_by_number_address_and_text(
    shop: Stage,
) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    waits, closed, new = (shop.open(carl, subject=subject) for subject in ("Waits", "Closed", "New"))
    shop.answer(ada, waits, "Which browser?")
    shop.put(ada, closed, "Closed")
    shop.later(minutes=1)
    shop.write(carl, new, "And again.")
    assert [row[0] for row in shop.tab(carl, "all")] == ["New", "Closed", "Waits"]
    assert [row[0] for row in shop.tab(carl, "all", "&sort=needs")] == ["Waits", "New", "Closed"]
    assert [row[0] for row in shop.tab(carl, "all", "&sort=nonsense")] == ["New", "Closed", "Waits"]
    assert shop.of(carl).get(f"/tickets/?q=%23{waits.number}").headers["Location"] == here(waits)
    assert [row[0] for row in shop.tab(carl, "all", "&q=clos")] == ["Closed"]
    assert shop.tab(shop.cast.eve, "all", "&q=clos") == []
    for words, count in ((carl.email, 3), ("Waits", 1), (shop.cast.eve.email, 0)):
        found = shop.page(ada, f"/desk/search/?q={words}")
        assert len(set(re.findall(r'<li id="row-(\d+)"', found))) == count


def test_s1_c12_what_is_on_hold_for_a_month_is_closed_after_a_warning(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    held, answered = shop.open(carl), shop.open(carl, subject="Answered")
    for ticket in (held, answered):
        shop.answer(ada, ticket, "Which browser?")
    told = len(shop.mails(carl))
    shop.later(days=22, hours=23)
    assert len(shop.mails(carl)) == told
    shop.later(hours=1)
    assert sorted(mail.subject for mail in shop.mails(carl)[told:]) == [
        f"[#{held.number}] The printer is on fire", f"[#{answered.number}] Answered",
    ]  # fmt: skip
    assert "will close the ticket on" in shop.mails(carl)[told].text
    shop.sign_in_again()
    shop.write(carl, answered, "Firefox.")
    shop.later(days=6)
    assert fresh(held).category == Category.WAITING
    shop.later(days=2)
    assert (fresh(held).category, fresh(answered).category) == (Category.CLOSED, Category.OPEN)


def test_s1_c13_whether_a_closed_ticket_can_be_answered_is_decided_on_the_server(shop: Stage) -> None:
    carl, ada, otto = shop.cast.carl, shop.cast.ada, shop.cast.otto
    shop.buy(email=carl.email)
    ticket = shop.open(carl)
    shop.put(ada, ticket, "Closed")
    page = shop.page(carl, here(ticket))
    assert "This ticket is closed. Sending a message reopens it." in reading.words(page)
    direct = fill(page, f"{here(ticket)}replies/", text="Straight past the page.")
    assert send(shop.of(otto), POLICIES, POLICIES, customers_may_reopen=None).status_code == 303
    assert f'action="{here(ticket)}replies/"' not in shop.page(carl, here(ticket))
    refused = shop.of(carl).post(f"{here(ticket)}replies/", direct)
    assert (refused.status_code, "Straight past the page." in refused.content.decode()) == (422, True)
    assert (fresh(ticket).category, said(ticket)) == (Category.CLOSED, ["Since this morning."])
    assert send(shop.of(otto), POLICIES, POLICIES, customers_may_reopen="on").status_code == 303
    assert shop.write(carl, ticket, "Once more.").status_code == 303
    assert fresh(ticket).category == Category.OPEN


def test_s1_c14_the_old_codes_mistakes_are_not_made_again(shop: Stage) -> None:
    carl, ada = shop.cast.carl, shop.cast.ada
    shop.buy(email=carl.email)
    ticket = shop.open(carl, upload("smoke.png", picture()))
    # Closing takes a form with its token: no link, no other site's form
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(carl)
    assert (strict.get(f"{here(ticket)}close/").status_code, strict.post(f"{here(ticket)}close/").status_code) == (
        405,
        403,
    )
    assert fresh(ticket).category == Category.OPEN
    # No password in any mail, and no newsletter decides about mails of a ticket
    mails = shop.mails(carl)
    assert [mail.subject for mail in mails] == [
        "Your purchase of Premium theme",
        f"[#{ticket.number}] The printer is on fire",
    ]
    assert [PASSWORD in mail.text + mail.html for mail in mails] == [False, False]
    # A customer's reply is no answer of ours, and reading is not answering
    shop.write(carl, ticket, "And the scanner.")
    shop.page(ada, desk(ticket))
    assert (fresh(ticket).first_responded_at, fresh(ticket).status.name) == (None, "New")
    # Files, notes for the team alone, and a search that finds each ticket once
    assert "smoke.png" in shop.words(ada, desk(ticket))
    messages = f"{desk(ticket)}messages/"
    note = fill(shop.page(ada, desk(ticket)), messages, kind="note", text="He is cross.")
    assert shop.of(ada).post(messages, note).status_code == 303
    shop.work()
    assert ("He is cross." in shop.words(ada, desk(ticket)), "He is cross." in shop.words(carl, here(ticket))) == (
        True,
        False,
    )
    assert len(shop.mails(carl)) == 2
    found = shop.page(ada, f"/desk/search/?q={carl.email}")
    assert re.findall(r'<li id="row-(\d+)"', found) == [str(ticket.number)]
