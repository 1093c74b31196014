"""What a shop tells us: an order, its end. With a token, or by a webhook signed as Standard Webhooks says."""

import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import ValidationError

from deskhand.accounts.models import User
from deskhand.accounts.tokens import Scope
from deskhand.api.answering import changed, shown
from deskhand.api.bearer import ApiRequest, Bearer, failed
from deskhand.api.problems import REFUSALS, Problem, sentences, wrong
from deskhand.api.reading import read
from deskhand.api.shapes import EndIn, Heard, In, OrderIn, PurchaseOut, RecordedOut, ReferenceIn
from deskhand.core import crypto
from deskhand.core.signatures import TOLERANCE, SignatureError, verify
from deskhand.entitlements import senders
from deskhand.entitlements.changes import Recorded, end_by_reference, record_purchase
from deskhand.entitlements.errors import (
    InvalidOrderError,
    NotAllowedError,
    OrderDiffersError,
    ShopError,
    StandingError,
    UnknownOrderError,
)
from deskhand.entitlements.models import Purchase, Sender
from deskhand.entitlements.order import Order
from deskhand.entitlements.queries import held

log = logging.getLogger("deskhand.api")
router = Router(tags=["Purchases"])
write = Bearer(Scope.WRITE_PURCHASES)

LONGEST_MESSAGE: Final = 64 * 1024  # bytes; the longest order has 2,000


@router.post("/purchases", auth=write, response={200: RecordedOut, 201: RecordedOut, **REFUSALS})
def record(request: ApiRequest, given: OrderIn) -> HttpResponse:
    """Somebody has bought something.

    201: it is new, and its buyer hears of it; 200: we knew this order; 409: another one has this reference.
    """
    user, at = request.auth.user, request.auth.at
    _may(user)

    def work() -> RecordedOut:
        told = _refusing(lambda: record_purchase(order=_order(given), via=Purchase.Via.API, by=user, at=at))
        return _told(told, at=at)

    return changed(request, work, status=lambda told: HTTPStatus.CREATED if told.is_new else HTTPStatus.OK)


@router.post("/purchases/{path:reference}/end", auth=write, response={200: PurchaseOut, **REFUSALS})
def end(request: ApiRequest, reference: str, given: EndIn) -> HttpResponse:
    """Its money went back, or it was fraud: no ticket is opened with it any more, its licenses are off. Again changes nothing."""
    user, at = request.auth.user, request.auth.at
    _may(user)

    def work() -> PurchaseOut:
        ended = _refusing(lambda: end_by_reference(reference=reference, state=given.state, by=user, at=at))
        return _purchase(ended, at=at)

    return changed(request, work)


class PurchaseCreated(In):
    """`purchase.created`."""

    data: OrderIn


class PurchaseEnded(In):
    """`purchase.refunded`, `purchase.fraud`."""

    data: ReferenceIn


@router.post("/webhooks/purchases/{int:sender}", auth=None, response={200: Heard, **REFUSALS})
def hear(request: HttpRequest, sender: int) -> HttpResponse:
    """A shop's message, signed as Standard Webhooks says.

    {"type": "purchase.created", "timestamp": "…", "data": {an order}}; the data of `purchase.refunded` and `purchase.fraud` is
    a `reference`. A message that was heard before changes nothing.
    """
    at = timezone.now()
    if len(request.body) > LONGEST_MESSAGE:
        raise Problem(413)
    shop = senders.sender(sender)
    try:
        if shop is None or shop.revoked_at is not None:
            raise SignatureError("no such sender")
        message = verify(senders.secret_of(shop), headers=request.headers, body=request.body, at=at)
    except (SignatureError, ValueError) as error:  # ValueError: another desk has sealed the secret
        log.warning("a message for sender %s was not taken: %s", sender, error)
        raise _unsigned(request, at=at) from None
    senders.note_heard(shop, at=at)
    kind, data = _parts(read(request.body))
    with transaction.atomic():
        result = _refusing(lambda: _follow(kind, data, at=at)) if _is_news(shop, message) else "known"
    return shown(Heard(result=result))


def _is_news(shop: Sender, message: str) -> bool:
    """Was it not heard before? Remembered for as long as a copy of it would be taken for fresh; undone if it fails."""
    key = f"heard:{crypto.mac('heard', f'{shop.pk}:{message}')}"
    return cache.add(key, 1, timeout=3 * TOLERANCE.total_seconds())


def _unsigned(request: HttpRequest, *, at: datetime) -> Problem:
    problem = failed(request, at=at)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return Problem(401, _("The signature is missing, wrong or too old."))
    return problem


def _parts(found: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(found, dict):
        raise wrong("body", _("This must be an object."))
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise wrong("type", _("One of: %(known)s.") % {"known": ", ".join(_KINDS)})
    return kind, {"data": found.get("data")}


def _follow(kind: str, data: dict[str, Any], *, at: datetime) -> str:
    try:
        if kind == "purchase.created":
            order = _order(PurchaseCreated.model_validate(data).data)
            told = record_purchase(order=order, via=Purchase.Via.WEBHOOK, by=None, at=at)
            return "created" if told.is_new else "known"
        reference = PurchaseEnded.model_validate(data).data.reference
    except ValidationError as error:
        raise Problem(422, errors=sentences(error.errors(include_url=False))) from None
    end_by_reference(reference=reference, state=_KINDS[kind], by=None, at=at)
    return "ended"


_KINDS: Final = {"purchase.created": "", "purchase.refunded": "refunded", "purchase.fraud": "fraud"}


def _may(user: User) -> None:
    if not user.can("purchase.change"):
        raise Problem(403)


def _order(given: OrderIn) -> Order:
    return Order(
        reference=given.reference, product=given.product, email=given.email, name=given.name, bought_at=given.bought_at,
        support_until=given.support_until, amount=given.amount, currency=given.currency, partner=given.partner,
        organization=given.organization,
    )  # fmt: skip


def _told(recorded: Recorded, *, at: datetime) -> RecordedOut:
    purchase = _purchase(recorded.purchase, at=at)
    return RecordedOut(purchase=purchase, is_new=recorded.is_new, is_new_person=recorded.is_new_person)


def _purchase(purchase: Purchase, *, at: datetime) -> PurchaseOut:
    return PurchaseOut(
        reference=purchase.reference, product=purchase.product.slug, state=purchase.state,
        support_until=purchase.support_until, bought_at=purchase.bought_at,
        license_keys=[row.license.key for row in held(purchase, at=at).licenses],
    )  # fmt: skip


def _refusing(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the work gives
    """What the shop's changes refuse, as an answer."""
    try:
        return work()
    except InvalidOrderError as error:
        raise Problem(422, errors=error.errors) from error
    except OrderDiffersError as error:
        said = _("There is another purchase of this reference.")
        raise Problem(409, said, errors={"reference": said}) from error
    except StandingError as error:
        raise Problem(409, _("This purchase has ended in another way.")) from error
    except UnknownOrderError as error:
        raise Problem(404) from error
    except NotAllowedError as error:
        raise Problem(403) from error
    except ShopError as error:
        raise Problem(422) from error
