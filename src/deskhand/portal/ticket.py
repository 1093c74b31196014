"""One ticket as its customers see it, and all that they can do to it.

What is looked up here concerns the person, also for staff: whoever enters the portal reads as a customer. Nothing that only
staff may know (notes, team, tags, when a note was written) reaches a template.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib import messages
from django.contrib.messages import get_messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.core.html import compose
from deskhand.desk.queries import current_desk
from deskhand.portal.bought import about
from deskhand.portal.forms import ColleagueForm, ReplyForm
from deskhand.tickets import attachments, fields, policy, queries
from deskhand.tickets.changes import Change, ChangeError, ForeignFileError, change_ticket, mark_seen
from deskhand.tickets.errors import MessageTooLongError
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket, TicketQuerySet
from deskhand.tickets.queries import Line
from deskhand.tickets.support import longest_message
from deskhand.tickets.words import with_words
from deskhand.ui import gates
from deskhand.ui.attaching import again, gone, take
from deskhand.ui.files import File, shown
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, is_live, show
from deskhand.ui.uploads import takes_files

SENT: Final = "sent"  # tags the notice that stands at the reply box instead of at the top
SCRIPT: Final = "script"  # cookie of a browser that tells by itself what was shown
SCRIPT_S: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Said:
    """A message as `ui.message` shows it."""

    pk: int
    kind: str
    name: str
    full_name: str
    person_pk: int | None
    role: str
    at: datetime
    html: str
    is_redacted: bool
    files: Sequence[File]
    question: str  # "open", "answered", or empty: it asks nothing (S5.10)
    question_words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline; `is_first_new` is where "New since you were here" stands."""

    said: Said | None
    sentence: str
    at: datetime
    is_first_new: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part, with what they are to the ticket."""

    pk: int
    name: str
    full_name: str
    part: str
    may_be_removed: bool


@require_safe
@gates.portal
def ticket(request: SignedInRequest, number: int) -> HttpResponse:
    """The whole conversation (S3.9, S3.10, S4.15) and where the ticket stands.

    Reading is told by `seen`. A browser that never did that has no JavaScript (or is here for the first time); for it, and
    for a page only, looking is remembered right here: the one write on GET, a row of `seen` (F02).
    """
    found = _found(request, number)
    typed = {} if is_live(request) else kept(request, reverse("reply", args=[number])) or {}
    reply = ReplyForm(initial=typed, box=again(request, attachments, typed), most=_most(found))
    lines = _lines(request, found)
    response = _page(request, found, lines=lines, reply=reply)
    is_page = request.method == "GET" and not _is_part(request) and "Sec-Purpose" not in request.headers
    if is_page and SCRIPT not in request.COOKIES and any(line.is_new for line in lines):
        mark_seen(found, by=request.user, event=lines[-1].last_event)
    return response


@require_POST
@gates.portal
def seen(request: SignedInRequest, number: int) -> HttpResponse:
    """The page was shown up to `?event=`."""
    found = _found(request, number)
    event = text.number(request.GET.get("event", ""))
    if event is not None:
        mark_seen(found, by=request.user, event=min(event, found.last_public_event))
    response = HttpResponse(status=204)
    response.set_cookie(SCRIPT, "1", max_age=SCRIPT_S, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


@takes_files
@require_POST
@gates.portal
def reply(request: SignedInRequest, number: int) -> HttpResponse:
    """A further message; it brings back a ticket that was waiting, resolved or closed (S1.11, S3.17, S4.16)."""
    found, now = _found(request, number), timezone.now()
    box = take(request, attachments, at=now)
    form = ReplyForm(request.POST, box=box, most=_most(found))
    if form.is_valid():
        first, *others = [compose(part) for part in form.parts]
        page = reverse("ticket", args=[number])
        try:
            with once(request, leads_to=page) as sending:
                with change_ticket(found, by=request.user, via=Via.PORTAL, at=now) as change:
                    change.reply(first, files=box.whole(ForeignFileError))
                    for part in others:  # one change, one mail (S1.8)
                        change.reply(part)
                sending.leads_to = f"{page}#message-{change.events[0].message_id}"
        except ForeignFileError:
            form.add_error("files", gone())
        except MessageTooLongError as error:
            form.refuse_length(error.count, error.most)
        except ChangeError:
            form.add_error(None, _("You can no longer write in this ticket. Copy your text, it has not been sent."))
        else:
            messages.success(request, _("Sent. The answer comes here and to your mailbox."), extra_tags=SENT)
            return go(request, sending.leads_to)
    return _page(request, found, reply=form, status=box.status)


@require_POST
@gates.portal
def close(request: SignedInRequest, number: int) -> HttpResponse:
    """Nothing is left to do, says the customer (S1.13), or: yes, that solved it (S3.16)."""
    return _do(
        request, number, Change.close, done=_("The ticket is closed."), refused=_("You cannot close this ticket.")
    )


@require_POST
@gates.portal
def reopen(request: SignedInRequest, number: int) -> HttpResponse:
    """The problem is back (S3.17), or was never gone: the solution is not accepted (S4.16)."""
    return _do(
        request, number, Change.reopen, done=_("The ticket is open again."), refused=_("You cannot reopen this ticket.")
    )


@require_POST
@gates.portal
def follow(request: SignedInRequest, number: int) -> HttpResponse:
    """Let a colleague read along and write."""
    found = _found(request, number)
    form = ColleagueForm(request.POST)
    if form.is_valid():
        person = queries.colleague(found, user=request.user, email=form.cleaned_data["email"])
        if person is None:
            form.add_error("email", _("We know nobody of your organization with this address."))
        elif person.pk == found.requester_id:
            form.add_error("email", _("%(name)s opened this ticket.") % {"name": person.name})
        else:
            done = _("%(name)s follows this ticket now.") % {"name": person.name}
            return _do(
                request,
                number,
                lambda change: change.follow(person),
                done=done,
                refused=_("You cannot add people here."),
            )
    return _page(request, found, adding=form, status=422)


@require_POST
@gates.portal
def unfollow(request: SignedInRequest, number: int, user_id: int) -> HttpResponse:
    """Take a follower off; who takes themselves off may no longer see the ticket."""
    found = _found(request, number)
    person = next((user for user in queries.customers_following(found) if user.pk == user_id), None)
    if person is None:
        raise Http404
    is_leaving = person == request.user and not policy.owns(request.user, found)
    return _do(
        request, number, lambda change: change.unfollow(person),
        done=_("%(name)s no longer follows ticket #%(number)s.") % {"name": person.name, "number": number},
        refused=_("You cannot remove %(name)s.") % {"name": person.name},
        leads_to=reverse("tickets") if is_leaving else None,
    )  # fmt: skip


def _do(
    request: SignedInRequest,
    number: int,
    verb: Callable[[Change], None],
    *,
    done: str,
    refused: str,
    leads_to: str | None = None,
) -> HttpResponse:
    """Speak one verb; back to the ticket (or to `leads_to`), or the same page with the refusal."""
    found = _found(request, number)
    page = leads_to or reverse("ticket", args=[number])
    try:
        with (
            once(request, leads_to=page),
            change_ticket(found, by=request.user, via=Via.PORTAL, at=timezone.now()) as change,
        ):
            verb(change)
    except ChangeError:
        return _page(request, found, refusal=refused, status=422)
    messages.success(request, done)
    return go(request, page, whole_page=leads_to is not None)


def _found(request: SignedInRequest, number: int) -> Ticket:
    """The ticket, if it concerns this person; else the same 404 as for a number that nobody has (A02)."""
    own = _own(request).select_related("requester", "assignee")
    return with_words(get_object_or_404(own, number=number))


def _most(ticket: Ticket) -> int | None:
    """How long a customer's message here may be (S1.7)."""
    return longest_message(ticket.topic, current_desk())


def _own(request: SignedInRequest) -> TicketQuerySet:
    return Ticket.objects.visible_to(request.user).concerning(request.user)


def _follows(ticket: Ticket, request: SignedInRequest) -> Ticket | None:
    """The ticket this one follows, if this person may see it (S3.17)."""
    return _own(request).filter(pk=ticket.follows_id).first() if ticket.follows_id else None


def _page(
    request: SignedInRequest,
    ticket: Ticket,
    *,
    lines: list[Line] | None = None,
    reply: ReplyForm | None = None,
    adding: ColleagueForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    user, desk, now = request.user, current_desk(), timezone.now()
    lines = _lines(request, ticket) if lines is None else lines
    entries = _entries(lines, request, ticket, desk.name)
    spoken, due = [entry.said for entry in entries if entry.said], queries.promise_open(ticket)
    notices = [] if is_live(request) else list(get_messages(request))
    return show(
        request,
        "portal/ticket.html",
        {
            "number": ticket.number,
            "subject": ticket.subject,
            "category": ticket.category,
            "is_unsolved": ticket.is_unsolved,
            "status_name": ticket.status.customer_name,
            "explanation": ticket.status.explanation,
            "priority": ticket.priority,
            "topic": queries.topic_path(ticket.topic),
            "answers": fields.shown_values(ticket, as_staff=False),
            "due": due if due and due > now else None,
            "follows": _follows(ticket, request),
            "follow_ups": [] if ticket.is_unsolved else queries.follow_ups(ticket, user=user, as_staff=False),
            "created_at": ticket.created_at,
            "changed_at": ticket.public_updated_at,
            "standing": queries.standing(ticket, user=user),
            "last_said": spoken[-1] if spoken else None,
            "asked": next((said for said in spoken if said.question == "open"), None),
            "declined": ticket.out_of_scope,
            "about": about(ticket, user=user),
            "entries": entries,
            "people": _people(ticket, request),
            "may_add": user.organization_id is not None and user.organization_id == ticket.organization_id,
            "may_reply": policy.can_reply(user, ticket, Via.PORTAL, desk, at=now),
            "may_close": ticket.is_unsolved and policy.can_close(user, ticket, Via.PORTAL, desk),
            "may_confirm": ticket.category == Category.RESOLVED and policy.can_close(user, ticket, Via.PORTAL, desk),
            "may_reopen": not ticket.is_unsolved and policy.can_reopen(user, ticket, Via.PORTAL, desk, at=now),
            "may_follow_up": not ticket.is_unsolved and policy.can_follow_up(user, ticket, desk, at=now),
            "answerer": ticket.assignee.name if ticket.assignee else "",
            "reply": ReplyForm(most=_most(ticket)) if reply is None else reply,
            "adding": ColleagueForm() if adding is None else adding,
            "refusal": refusal,
            "messages": [],  # they stand in the page, where they belong, not in a corner
            "notices": [notice for notice in notices if SENT not in notice.tags],
            "sent": [notice for notice in notices if SENT in notice.tags],
            "last_event": lines[-1].last_event if lines else 0,
            "is_part": _is_part(request),
        },
        parts=("ticket",),
        status=status,
    )


def _is_part(request: SignedInRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _lines(request: SignedInRequest, ticket: Ticket) -> list[Line]:
    return queries.timeline(ticket, user=request.user, as_staff=False)


def _entries(lines: list[Line], request: SignedInRequest, ticket: Ticket, desk_name: str) -> list[Entry]:
    """The lines ready to show. The mark of what is new needs something old above it."""
    files = attachments.of_messages(line.message for line in lines if line.message)
    first_new = next((index for index, line in enumerate(lines) if line.is_new), 0)
    return [
        Entry(
            said=_said(line.message, line, request, ticket, desk_name, shown(files.get(line.message.pk, ())))
            if line.message
            else None,
            sentence=line.told,
            at=line.at,
            is_first_new=0 < index == first_new,
        )
        for index, line in enumerate(lines)
    ]


def _said(
    message: Message, line: Line, request: SignedInRequest, ticket: Ticket, desk_name: str, files: Sequence[File]
) -> Said:
    own = ticket.requester_id == request.user.pk
    return Said(
        pk=message.pk,
        kind="agent" if message.by_staff else "customer",
        name=_("You") if line.by_id == request.user.pk else line.by,
        full_name=line.by,
        person_pk=line.by_id,
        role=desk_name if message.by_staff else "",
        at=line.at,
        html=message.html,
        is_redacted=message.redacted_at is not None,
        files=files,
        question=queries.question(message, ticket),
        question_words=_("Needs your answer")
        if own
        else _("Needs an answer from %(name)s") % {"name": ticket.requester},
    )


def _people(ticket: Ticket, request: SignedInRequest) -> list[Person]:
    user = request.user
    is_owner = policy.owns(user, ticket)

    def person(who: User, part: str, *, follows: bool = False) -> Person:
        name = _("You") if who == user else who.name
        return Person(who.pk, name, who.name, part, may_be_removed=follows and (is_owner or who == user))

    followers = [person(who, _("follows"), follows=True) for who in queries.customers_following(ticket)]
    assignee = [person(ticket.assignee, _("looks after it"))] if ticket.assignee else []
    return [person(ticket.requester, _("opened it")), *assignee, *followers]
