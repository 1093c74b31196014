"""A new ticket: the first of two steps, the form, the questions of what is chosen, and where its sender is led."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deskhand.core import text
from deskhand.core.html import Prose, compose
from deskhand.desk.layout import AfterOpening, Tab
from deskhand.desk.queries import current_desk
from deskhand.entitlements.queries import Held
from deskhand.portal import new_steps
from deskhand.portal.bought import coverage, held_by, refusal, refusal_of, unclaimed
from deskhand.portal.forms import TicketForm, soon, typed
from deskhand.tickets import attachments, policy, queries
from deskhand.tickets.changes import ChangeError, FieldsError, ForeignFileError, open_ticket
from deskhand.tickets.errors import (
    ForeignPurchaseError,
    InstallationNeededError,
    MessageTooLongError,
    NoSupportError,
    PurchaseNeededError,
)
from deskhand.tickets.events import Via
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.support import Shut, is_shut, longest_subject, open_topics
from deskhand.ui import gates
from deskhand.ui.attaching import Box, again, gone, take
from deskhand.ui.filters import by_when
from deskhand.ui.forms import kept, once, put_back
from deskhand.ui.http import SignedInRequest, go, part_wanted, show
from deskhand.ui.uploads import takes_files

LOOK: Final = "look"  # the button that only shows the questions of what is chosen
AREA: Final = "area"  # what it says on the button that leads back to the first step
PARTS: Final = ("asked",)
CARRIED: Final = ("subject", "purchase")  # what an address may say beside the topic


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
@gates.portal
def new_ticket(request: SignedInRequest) -> HttpResponse:
    """The form, with `?subject=` typed in already, or following up on `?follows=` (S3.17); sent, it opens the ticket.

    Sent by the button `look`, or by a change of the topic or the purchase, it opens nothing: it comes back with what is asked
    there and with all that was typed (S4.7). Who can open no ticket at all reads why, instead of a form (S1.c4). A desk that
    opens in two steps asks for the area and the issue type first (S5.7); `?topic=` is the second.
    """
    if request.method == "POST":
        return _received(request)
    now = timezone.now()
    if shut := is_shut(request.user, at=now):
        return _closed(request, shut)
    follows = _followed(request, request.GET.get("follows", ""), at=now)
    topic, steps = request.GET.get("topic", ""), new_steps.has_first_step(current_desk())
    if steps and not follows and not any(str(each.pk) == topic for each in queries.topics()):
        return _first_step(request)
    held = kept(request, request.path)
    begun = {**held, "topic": topic or held.get("topic")} if held and steps else held
    if held and not follows:
        follows = _followed(request, str(held.get("follows", "")), at=now)
    bought = held_by(request.user, at=now)
    form = TicketForm(
        initial=begun or _begun(request, follows), box=again(request, attachments, held),
        user=request.user, held=bought, at=now,
    )  # fmt: skip
    return _page(request, form, bought, follows)


def _received(request: SignedInRequest) -> HttpResponse:
    """The form as it was sent."""
    now = timezone.now()
    follows = _followed(request, request.POST.get("follows", ""), at=now)
    box: Box[Any] = take(request, attachments, at=now)
    values = typed(dict(request.POST.lists()))
    if request.POST.get(LOOK) == AREA:
        return _back(request, values, box)
    bought = held_by(request.user, at=now)
    if LOOK in request.POST:
        form = TicketForm(initial=values, box=box, user=request.user, held=bought, at=now)
        return _page(request, form, bought, follows)
    form = TicketForm(request.POST, box=box, user=request.user, held=bought, at=now)
    if request.POST.get("follows") and not follows:
        form.add_error(None, _("The ticket you follow up on is open again, or gone. Write there, or open a new one."))
    if form.is_valid():
        first, *others = [compose(part) for part in form.parts]
        try:
            with once(request) as sending:
                ticket = _opened(request, form, first, others, follows=follows, at=now)
                sending.leads_to = _after(ticket)
        except ChangeError as error:
            _refuse(form, error, is_invited=request.user.is_invited)
        else:
            messages.success(request, _told(ticket))
            return go(request, sending.leads_to)
    return _page(request, form, bought, follows, status=box.status)


def _opened(
    request: SignedInRequest, form: TicketForm, first: Prose, others: list[Prose], *, follows: Ticket | None, at: datetime
) -> Ticket:  # fmt: skip
    """One change, however many messages a long text became (S1.8): one mail tells of it."""
    with open_ticket(
        requester=request.user, subject=form.cleaned_data["subject"], body=first, by=request.user,
        topic=form.chosen_topic, priority=form.chosen_priority(), fields=form.given, follows=follows,
        purchase=form.purchase, installation=form.installation,
        via=Via.PORTAL, at=at, files=form.box.whole(ForeignFileError),
    ) as change:  # fmt: skip
        for part in others:
            change.reply(part)
    return change.ticket


def _refuse(form: TicketForm, error: ChangeError, *, is_invited: bool) -> None:
    """Say where it belongs why the ticket was not opened; what happened between the page and its sending is told here."""
    about = "purchase" if "purchase" in form.fields else None
    match error:
        case ForeignFileError():
            form.add_error("files", gone())
        case FieldsError():
            form.refuse(error.errors)
        case MessageTooLongError():
            form.refuse_length(error.count, error.most)
        case NoSupportError():
            form.shut = Shut(error.reason, error.purchase)
            form.add_error(about, refusal(error.reason, error.purchase))
        case PurchaseNeededError() | ForeignPurchaseError():
            form.add_error(about, _("Choose what you need support for."))
        case InstallationNeededError():
            where = "installation" if "installation" in form.fields else about
            form.add_error(where, _("Choose where it happens."))
        case _ if is_invited:
            form.add_error(
                None, _("Your account is not set up yet. Choose a password first: the link is in our invitation.")
            )
        case _:
            form.add_error(None, _("You cannot open a ticket here. Ask us by another way, please."))


def _page(
    request: SignedInRequest,
    form: TicketForm,
    held: list[Held],
    follows: Ticket | None,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    desk = current_desk()
    chosen = [form.offer.purchase] if form.offer else [each.purchase for each in held if each.purchase.is_active]
    others = [each.name for each in open_topics(request.user, at=form.at)] if form.shut else []
    context = {
        "form": form,
        "follows": follows,
        "tips": [line.strip() for line in desk.tips.splitlines() if line.strip()],
        "is_part": bool(part_wanted(request, PARTS)),
        "in_steps": desk.opens_in_steps and "topic" in form.fields,
        "way": queries.topic_path(form.chosen_topic),
        "refusal": refusal_of(form.shut) if form.shut else "",
        "shut": form.shut,
        "others": [name for name in others if name != form.chosen_topic.name],
        "coverage": coverage(purchase.product for purchase in chosen),
        "unclaimed": unclaimed(held),
        "promised": form.promised,
        "short": desk.short_message,
    }
    return show(request, "portal/new.html", context, parts=PARTS, status=status)


def _closed(request: SignedInRequest, shut: Shut) -> HttpResponse:
    """Why there is no form, and what else there is (S1.c4)."""
    return show(request, "portal/new_closed.html", {"refusal": refusal_of(shut), "shut": shut})


def _first_step(request: SignedInRequest) -> HttpResponse:
    """The area and the issue type; both chosen, it leads to the second step, with all that its address carried."""
    areas, carried = new_steps.areas(), {name: request.GET[name] for name in CARRIED if name in request.GET}
    choice = new_steps.chosen(request.GET.dict(), areas)
    if choice.topic:
        return go(request, f"{reverse('new_ticket')}?{urlencode({'topic': str(choice.topic.pk), **carried})}")
    context = {"areas": areas, "choice": choice, "kept": carried}
    return show(request, "portal/new_area.html", context, status=422 if choice.error else 200)


def _back(request: SignedInRequest, values: dict[str, Any], box: Box[Any]) -> HttpResponse:
    """To the first step, with what was chosen there; what was typed since waits for the second one."""
    rows = {name: row if isinstance(row, list) else [row] for name, row in values.items()}
    rows["file"] = [str(file.key) for file in box.files]
    with transaction.atomic():
        put_back(request, request.path, rows)
    return go(request, f"{reverse('new_ticket')}?{urlencode({'change': values.get('topic', '')})}")


def _followed(request: SignedInRequest, number: str, *, at: datetime) -> Ticket | None:
    """The ticket with this number, if this person may follow up on it."""
    own = Ticket.objects.visible_to(request.user).concerning(request.user)
    asked = text.number(number)
    found = own.filter(number=asked).first() if asked else None
    return found if found and policy.can_follow_up(request.user, found, current_desk(), at=at) else None


def _begun(request: SignedInRequest, follows: Ticket | None) -> dict[str, Any]:
    """What stands in a form that nobody has typed into: what its address says, and the ticket it follows."""
    given = request.GET
    begun = {name: given[name] for name in ("topic", "purchase") if name in given}
    if follows:
        return begun | {"subject": follows.subject, "topic": str(follows.topic_id)}
    return begun | {"subject": text.one_line(given.get("subject", ""))[: longest_subject(current_desk())]}


def _after(ticket: Ticket) -> str:
    """The new ticket, or the list with its row marked (S5.8)."""
    desk = current_desk()
    if desk.after_opening == AfterOpening.TICKET:
        return reverse("ticket", args=[ticket.number])
    tab = Tab.OPEN if any(shown["tab"] == Tab.OPEN for shown in desk.list_tabs) else Tab.ALL
    return f"{reverse('tickets')}?tab={tab}#row-{ticket.number}"


def _told(ticket: Ticket) -> str:
    due = queries.promise_open(ticket)
    told = _("Ticket #%(number)s is open and our team has been told.") % {"number": ticket.number}
    promised = _("You will hear from us by %(when)s.") % {"when": by_when(due)} if due else soon()
    after = _("We send you a confirmation by e-mail and answer here; every answer also comes to your mailbox.")
    return " ".join([told, promised, after])
