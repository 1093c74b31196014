"""The receipt: what somebody bought, where to download it, and how long its support lasts (S1.3)."""

import uuid
from datetime import date, datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deskhand.core.bus import Write
from deskhand.desk.queries import current_desk
from deskhand.entitlements.models import Purchase
from deskhand.mail import links
from deskhand.mail.changes import post
from deskhand.mail.letters import Letter, for_reader, render
from deskhand.mail.models import Kind

_RECEIPTS: Final = uuid.UUID("6f1d8c5e-2a0b-5d0c-9a64-0c6d1f0b7a35")  # names a purchase's receipt: none comes twice


def receipt(purchase: Purchase, *, at: datetime, is_again: bool = False) -> Write | None:
    """The writing that posts the receipt to the account's address; None when nobody is to be told.

    A purchase has one receipt, however often it is told of; `is_again` is another one, because somebody asks for it. Nobody is
    told when the purchase has ended already or its buyer was deactivated. It goes to the account's own address also when another
    one of theirs bought it, and in the reader's language. An invitation is a mail of its own (`user.invited`).
    """
    if not purchase.is_active or not purchase.owner.is_active:
        return None
    with for_reader(purchase.owner):
        rendered = render(_letter(purchase))
    change = uuid.uuid4() if is_again else uuid.uuid5(_RECEIPTS, str(purchase.pk))

    def write() -> None:
        post(rendered, kind=Kind.ACCOUNT, to=purchase.owner, at=at, change=change)

    return write


def _letter(purchase: Purchase) -> Letter:
    product = purchase.product
    words = {"product": product.name, "desk": current_desk().name}
    support = _("When you need help, open a ticket: %(address)s") % {"address": links.public("/")}
    return Letter(
        subject=_("Your purchase of %(product)s") % words,
        headline=_("You bought %(product)s") % words,
        sentences=(_("Thank you. This is your order, and what comes with it."),),
        facts=tuple(_facts(purchase)),
        link=product.download_url or links.public("/"),
        link_words=_("Download %(product)s") % words if product.download_url else _("Open %(desk)s") % words,
        after=(*([support] if product.download_url else []), *_still_invited(purchase)),
        why=_("You get this because %(order)s was ordered with your e-mail address.") % {"order": purchase.reference},
    )


def _facts(purchase: Purchase) -> list[tuple[str, str]]:
    keys = list(purchase.licenses.order_by("pk").values_list("key", flat=True))
    facts = [
        (_("Order"), purchase.reference),
        (_("Product"), purchase.product.name),
        (_("Amount"), purchase.price),
        (_("Bought on"), _day(timezone.localdate(purchase.bought_at))),
        (_("Sold by"), purchase.partner),
        (_("Support until"), _support(purchase)),
        (ngettext("License", "Licenses", len(keys)), "\n".join(keys)),
        (_("Comes with it"), " – ".join(filter(None, [purchase.product.benefit, purchase.product.benefit_url]))),
    ]
    return [(name, value) for name, value in facts if value]


def _support(purchase: Purchase) -> str:
    """The last day of it; nothing where a product has none."""
    if not purchase.has_support:
        return ""
    return _("without end") if purchase.support_until is None else _day(purchase.support_until)


def _still_invited(purchase: Purchase) -> list[str]:
    """Who has not set up the account finds the way in here also when the invitation is long gone (S2.5)."""
    if not purchase.owner.is_invited:
        return []
    return [_("Your account waits for a password. The link to choose one came in a mail of its own; on the sign-in page you "
              "get a fresh one.")]  # fmt: skip


def _day(day: date) -> str:
    return date_format(day, "j M Y")
