"""What a customer bought: the purchases with their support, and the licenses with where they run (S1.4, S2.2, S2.15)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.contrib.messages import get_messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deskhand.desk.queries import current_desk
from deskhand.entitlements import queries
from deskhand.entitlements.changes import YEAR, remove_installation
from deskhand.entitlements.errors import MovesUsedUpError, ShopError
from deskhand.entitlements.models import Installation, Purchase
from deskhand.entitlements.policy import day_of, is_counted
from deskhand.entitlements.queries import Held, LicenseRow
from deskhand.tickets.models.choices import Need
from deskhand.tickets.purchases import Asked, asked_about_each
from deskhand.tickets.queries import topics
from deskhand.ui import gates
from deskhand.ui.filters import day
from deskhand.ui.forms import once
from deskhand.ui.http import SignedInRequest, go, show

SOON: Final = 30  # days before the end from which on the page says where to renew


@dataclass(frozen=True, slots=True)
class Days:
    """The meter: how many of the bought days of support are left."""

    left: int
    most: int


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase as its card shows it."""

    purchase: Purchase
    badge: str  # a status' color, see ui.badge
    state: str
    support: str
    days: Days | None
    renews: bool  # support is over, or will be soon: say where to renew
    ticket_url: str  # empty where it opens none
    is_for_bugs: bool
    asked: Asked
    license_count: int


@dataclass(frozen=True, slots=True)
class Key:
    """A license as its card shows it; `moves` says how often its customer may still move it."""

    row: LicenseRow
    purchase: Purchase
    state: str
    badge: str
    moves: str
    may_move: bool
    ask_url: str  # where to ask an agent for it


@require_safe
@gates.portal
def purchases(request: SignedInRequest) -> HttpResponse:
    """All that this person bought, the newest first: what support it has, and what to do with it."""
    now = timezone.now()
    held = queries.held_by(request.user, at=now)
    asked = asked_about_each(request.user) if held else {}
    bug_topic = next((str(topic.pk) for topic in topics() if topic.is_bug_report and topic.purchase != Need.NONE), "")
    cards = [_bought(each, asked, bug_topic, at=now) for each in held]
    return show(request, "portal/purchases.html", {"cards": cards, "notices": _notices(request), "messages": []})


@require_safe
@gates.portal
def licenses(request: SignedInRequest) -> HttpResponse:
    """All licenses of this person: the key, until when it is valid, and where it runs."""
    return _licenses(request)


@require_POST
@gates.portal
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a license off a domain, so that it can run on another one: a move (S2.15)."""
    found = queries.own_installation(request.user, pk)
    if found is None:
        raise Http404
    page = f"{reverse('licenses')}#license-{found.license_id}"
    try:
        with once(request, leads_to=page):
            remove_installation(found, by=request.user, at=timezone.now())
    except MovesUsedUpError as error:
        return _licenses(request, refusal=_refused(found, error), status=422)
    except ShopError:
        return _licenses(request, refusal=_("%(place)s cannot be removed here.") % {"place": found.domain}, status=422)
    messages.success(
        request, _("%(place)s is removed. The license is free for the next installation.") % {"place": found.domain}
    )
    return go(request, page)


def _licenses(request: SignedInRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    held = queries.held_by(request.user, at=now)
    rows = [(each.purchase, row) for each in held for row in each.licenses]
    moves = queries.moves_of(request.user, since=now - YEAR) if rows and is_counted(request.user) else None
    context = {
        "cards": [_key(row, purchase, moves) for purchase, row in rows],
        "refusal": refusal, "has_purchases": bool(held), "notices": _notices(request), "messages": [],
    }  # fmt: skip
    return show(request, "portal/licenses.html", context, status=status)


def _notices(request: SignedInRequest) -> list[object]:
    """They stand in the page: what was done to a license is read in peace."""
    return list(get_messages(request))


def _bought(held: Held, asked: Mapping[int, Asked], bug_topic: str, *, at: datetime) -> Bought:
    purchase, product = held.purchase, held.purchase.product
    takes_bugs = purchase.is_active and product.takes_bug_reports and bool(bug_topic) and not held.is_covered
    chosen = {"purchase": str(purchase.pk), **({"topic": bug_topic} if takes_bugs else {})}
    badge, state = _state(held)
    days = _days(held, at=at)
    is_ending = days is not None and days.left <= SOON
    return Bought(
        purchase=purchase, badge=badge, state=state, support=_support(held, days), days=days,
        renews=purchase.is_active and purchase.has_support and (is_ending or not held.is_covered or held.is_in_grace),
        ticket_url=f"{reverse('new_ticket')}?{urlencode(chosen)}" if held.is_covered or takes_bugs else "",
        is_for_bugs=takes_bugs, asked=asked.get(purchase.pk, Asked([], 0)), license_count=len(held.licenses),
    )  # fmt: skip


def _state(held: Held) -> tuple[str, str]:
    """A color and one word or two; whoever does not see the color reads the words."""
    purchase = held.purchase
    if purchase.state == Purchase.State.REFUNDED:
        return "closed", _("Refunded")
    if not purchase.is_active:
        return "closed", _("Taken back")
    if not purchase.has_support:
        return "closed", _("No support")
    if held.is_in_grace:
        return "waiting", _("Support ended, days of grace")
    return ("resolved", _("Supported")) if held.is_covered else ("waiting", _("Support ended"))


def _support(held: Held, days: Days | None) -> str:
    """Until when there is support, in one sentence."""
    purchase, until = held.purchase, held.purchase.support_until
    if not purchase.is_active:
        return _("It has no support any more, and its licenses are off.")
    if not purchase.has_support:
        return _("It comes without support.")
    if until is None:
        return _("Supported without end.")
    if held.is_in_grace and held.covered_until:
        return _("Support ended on %(day)s. New tickets are taken until %(last)s.") % {
            "day": day(until), "last": day(held.covered_until),
        }  # fmt: skip
    if not held.is_covered:
        return _("Support ended on %(day)s.") % {"day": day(until)}
    words = _("Supported until %(day)s.") % {"day": day(until)}
    return _("%(until)s Today is the last day.") % {"until": words} if days and days.left == 0 else words


def _days(held: Held, *, at: datetime) -> Days | None:
    """None without support that runs out; a bar is never of no days."""
    until, desk = held.purchase.support_until, current_desk()
    if until is None or not held.is_covered or held.is_in_grace:
        return None
    left = (until - day_of(at, desk)).days
    return Days(left, max((until - day_of(held.purchase.bought_at, desk)).days, 1))


def _key(row: LicenseRow, purchase: Purchase, moves: Mapping[int, Sequence[datetime]] | None) -> Key:
    badge, state = ("resolved", _("Valid")) if row.is_valid else ("closed", _ended(row, purchase))
    words, may_move = _moves(purchase.product.moves_a_year, None if moves is None else moves.get(row.license.pk, ()))
    ask = f"{reverse('new_ticket')}?{urlencode({'purchase': str(purchase.pk)})}"
    return Key(row, purchase, state, badge, words, may_move, ask)


def _ended(row: LicenseRow, purchase: Purchase) -> str:
    if row.license.deactivated_at is not None or not purchase.is_active:
        return _("Switched off")
    return _("Run out")


def _moves(most: int, made: Iterable[datetime] | None) -> tuple[str, bool]:
    """How often this license can still be moved within the year, in words, and whether it can. made=None: nobody counts."""
    if made is None:
        return "", True
    times = sorted(made)
    left = most - len(times)
    if left > 0:
        return _("You can move it %(left)d of %(most)d times within a year.") % {"left": left, "most": most}, True
    return (_again(times[-most] + YEAR if most else None)), False


def _refused(found: Installation, error: MovesUsedUpError) -> str:
    words = _("%(place)s stays.") % {"place": found.domain}
    return f"{words} {_again(error.again_at)}"


def _again(at: datetime | None) -> str:
    """When the next move is possible (S2.15); a day later than the moment is right for everybody."""
    if at is None:
        return _("We move it for you: ask us in a ticket.")
    again = timezone.localdate(at + timedelta(days=1))
    return _(
        "It has been moved as often as a year allows. The next time from %(day)s on; before that ask us in a ticket."
    ) % {"day": day(again)}
