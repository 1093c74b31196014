"""Tickets for programs: what their owner may read and do, no more. Agents see what the workspace shows, customers the portal."""

import re
from collections.abc import Callable
from typing import Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from deskhand.accounts.models import User
from deskhand.accounts.tokens import Scope
from deskhand.api import rows
from deskhand.api.answering import changed, created, shown
from deskhand.api.bearer import ApiRequest, Bearer
from deskhand.api.problems import REFUSALS, Problem, missing, wrong
from deskhand.api.shapes import (
    AssigneeIn,
    Choices,
    MessageOut,
    Messages,
    NoteIn,
    Nothing,
    Page,
    PriorityOut,
    ReplyIn,
    Sight,
    StatusIn,
    StatusOut,
    TicketIn,
    TicketOut,
    Tickets,
    TicketsAsked,
)
from deskhand.core import text
from deskhand.core.html import compose
from deskhand.desk.layout import Tab
from deskhand.entitlements.domains import normalized
from deskhand.entitlements.errors import InvalidDomainError
from deskhand.entitlements.models import Installation, Purchase
from deskhand.tickets import attachments, policy, queries, support
from deskhand.tickets.changes import Change, change_ticket, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.legs import LATEST_PUBLIC, View
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.paging import Page as Found
from deskhand.tickets.paging import page_of
from deskhand.tickets.words import with_words

router = Router(tags=["Tickets"])
read, write = Bearer(Scope.READ_TICKETS), Bearer(Scope.WRITE_TICKETS)

_ID: Final = re.compile(r"[0-9]{1,15}")


# Read


@router.get("/choices", auth=read, response={200: Choices, **REFUSALS})
def choices(request: ApiRequest) -> HttpResponse:
    """What can be chosen: topics with what they ask, priorities, and for staff statuses."""
    as_staff = request.auth.user.can("staff.enter")
    return shown(
        Choices(
            topics=[rows.of_topic(choice, as_staff=as_staff) for choice in queries.topic_choices()],
            priorities=[PriorityOut(slug=each.slug, name=each.name) for each in queries.priorities()],
            statuses=[StatusOut(id=each.pk, category=each.category, name=each.name) for each in queries.statuses()]
            if as_staff
            else None,
        )
    )


@router.get("/tickets", auth=read, response={200: Tickets, **REFUSALS})
def list_tickets(request: ApiRequest, asked: Query[TicketsAsked]) -> HttpResponse:
    """Tickets, the latest activity first.

    A ticket that changes while you turn pages moves to the front: ask for what has changed since you began (`updated_after`),
    and none is missed.
    """
    user = request.auth.user
    as_staff = user.can("staff.enter")
    found = _staff_page(asked, user) if as_staff else _customer_page(asked, user)
    since = asked.updated_after
    kept = [row for row in found.rows if since is None or row.at > since]
    return shown(
        Tickets(
            tickets=[rows.of_list(row, as_staff=as_staff) for row in kept],
            next=found.next if len(kept) == len(found.rows) else "",
        )
    )


@router.get("/tickets/{int:number}", auth=read, response={200: TicketOut, **REFUSALS})
def one_ticket(request: ApiRequest, number: int) -> HttpResponse:
    """One ticket. One that is not yours to see reads like one that there is not."""
    user = request.auth.user
    ticket = _found(user, number)
    return shown(rows.of_ticket(ticket, user=user, as_staff=policy.works_on(user, ticket)))


@router.get("/tickets/{int:number}/messages", auth=read, response={200: Messages, **REFUSALS})
def list_messages(request: ApiRequest, number: int, asked: Query[Page]) -> HttpResponse:
    """The conversation, the oldest message first; notes for staff only."""
    user = request.auth.user
    ticket = _found(user, number)
    messages = Message.objects.visible_to(user).filter(ticket=ticket).select_related("author").order_by("pk")
    if _ID.fullmatch(asked.after):
        messages = messages.filter(pk__gt=int(asked.after))
    elif asked.after:
        raise wrong("after", _("This is not `next` of a page."))
    found = list(messages[: asked.limit + 1])
    page = found[: asked.limit]
    files = attachments.of_messages(page)
    return shown(
        Messages(
            messages=[rows.of_message(message, files.get(message.pk, ())) for message in page],
            next=str(page[-1].pk) if len(found) > len(page) else "",
        )
    )


# Write


@router.post("/tickets", auth=write, response={201: TicketOut, 204: None, **REFUSALS})
def open_one(request: ApiRequest, given: TicketIn) -> HttpResponse:
    """Open a ticket: for yourself or, as staff, for somebody else.

    204: it is open, and went to a team whose tickets you do not see.
    """
    user, at = request.auth.user, request.auth.at
    requester = _requester(given.requester, user)
    topic = _topic(given.topic)
    priority = _priority(given.priority, topic, as_staff=user.can("staff.enter"))
    purchase = _purchase(given.purchase, user)
    installation = _installation(given.installation, purchase)
    follows = _found(user, given.follows, field="follows") if given.follows else None
    body = compose(given.text)

    def work() -> TicketOut | None:
        with open_ticket(
            requester=requester, subject=given.subject, body=body, topic=topic, priority=priority, by=user, via=Via.API,
            at=at, fields=given.fields, follows=follows, purchase=purchase, installation=installation,
        ) as change:  # fmt: skip
            pass
        return _again(user, change.ticket.number)

    return changed(request, work, status=created)


@router.post("/tickets/{int:number}/replies", auth=write, response={201: MessageOut, **REFUSALS})
def reply(request: ApiRequest, number: int, given: ReplyIn) -> HttpResponse:
    """A public message. Staff may ask a question with it and set the status in the same change."""
    status = _status(given.status, request.auth.user) if given.status else None
    body = compose(given.text)

    def speak(change: Change) -> None:
        change.reply(body, is_question=given.is_question)
        if status:
            change.set_status(status)

    return _said(request, number, speak)


@router.post("/tickets/{int:number}/notes", auth=write, response={201: MessageOut, **REFUSALS})
def note(request: ApiRequest, number: int, given: NoteIn) -> HttpResponse:
    """A message for staff alone."""
    body = compose(given.text)
    return _said(request, number, lambda change: change.note(body))


@router.post("/tickets/{int:number}/status", auth=write, response={200: TicketOut, **REFUSALS})
def status(request: ApiRequest, number: int, given: StatusIn) -> HttpResponse:
    """Another status; for staff."""
    chosen = _status(given.status, request.auth.user)
    return _done(request, number, lambda change: change.set_status(chosen))


@router.post("/tickets/{int:number}/assignee", auth=write, response={200: TicketOut, 204: None, **REFUSALS})
def assignee(request: ApiRequest, number: int, given: AssigneeIn) -> HttpResponse:
    """Somebody else looks after it, or nobody; for staff. 204: it is done, and you do not see the ticket any more."""
    ticket = _found(request.auth.user, number)
    agent = _agent(given.assignee, ticket, request.auth.user)
    return _done(request, number, lambda change: change.assign(agent))


@router.post("/tickets/{int:number}/close", auth=write, response={200: TicketOut, **REFUSALS})
def close(request: ApiRequest, number: int, given: Nothing | None = None) -> HttpResponse:
    """Nothing is left to do. A closed ticket stays closed."""
    return _done(request, number, Change.close)


@router.post("/tickets/{int:number}/reopen", auth=write, response={200: TicketOut, **REFUSALS})
def reopen(request: ApiRequest, number: int, given: Nothing | None = None) -> HttpResponse:
    """The problem is back; from a customer: the solution is none."""
    return _done(request, number, Change.reopen)


def _done(request: ApiRequest, number: int, speak: Callable[[Change], None]) -> HttpResponse:
    """Speak a verb and show the ticket."""
    user, at = request.auth.user, request.auth.at
    ticket = _found(user, number)

    def work() -> TicketOut | None:
        with change_ticket(ticket, by=user, via=Via.API, at=at) as change:
            speak(change)
        return _again(user, number)

    return changed(request, work)


def _said(request: ApiRequest, number: int, speak: Callable[[Change], None]) -> HttpResponse:
    """Speak a verb that says something, and show the message."""
    user, at = request.auth.user, request.auth.at
    ticket = _found(user, number)

    def work() -> MessageOut:
        with change_ticket(ticket, by=user, via=Via.API, at=at) as change:
            speak(change)
        message = next(event.message for event in change.events if event.message)
        return rows.of_message(message)

    return changed(request, work, status=created)


# Look up


def _found(user: User, number: int, *, field: str = "") -> Ticket:
    """The ticket, if this person may see it; else the same as for a number that nobody has."""
    tickets = Ticket.objects.visible_to(user)
    related = tickets.select_related("requester", "assignee", "organization", "purchase", "installation")
    ticket = related.filter(number=number).first()
    if ticket is None:
        raise wrong(field, _("There is no such ticket.")) if field else missing()
    return with_words(ticket)


def _again(user: User, number: int) -> TicketOut | None:
    """The ticket as it is now; None if this person no longer sees it."""
    try:
        ticket = _found(user, number)
    except Problem:
        return None
    return rows.of_ticket(ticket, user=user, as_staff=policy.works_on(user, ticket))


_VIEWS: Final = {Sight(view): view for view in View}
_TABS: Final = {Sight(tab): tab for tab in Tab}


def _staff_page(asked: TicketsAsked, user: User) -> Found:
    """One list at a time: each is a range of an index."""
    if sum([asked.view is not None, bool(asked.requester), bool(asked.q)]) > 1:
        raise Problem(422, _("Ask for a view, for a requester or for words, one at a time."))
    if asked.q:
        return queries.staff_search(text.one_line(asked.q), user=user, after=asked.after, limit=asked.limit)
    if asked.requester:
        theirs = Ticket.objects.visible_to(user).worked_by(user).filter(requester=_person(asked.requester, user))
        return page_of(theirs, user=user, after=asked.after, limit=asked.limit, customer=False, order=LATEST_PUBLIC)
    view = _VIEWS.get(asked.view or Sight.OPEN)
    if view is None:
        raise wrong("view", _("Staff have: %(known)s.") % {"known": ", ".join(_VIEWS)})
    return queries.staff_page(view, user=user, after=asked.after, limit=asked.limit)


def _customer_page(asked: TicketsAsked, user: User) -> Found:
    tab = _TABS.get(asked.view or Sight.OPEN)
    if tab is None:
        raise wrong("view", _("Customers have: %(known)s.") % {"known": ", ".join(_TABS)})
    requester = _person(asked.requester, user) if asked.requester else None
    words = text.one_line(asked.q)
    return queries.portal_page(tab, user=user, requester=requester, words=words, after=asked.after, limit=asked.limit)


def _person(written: str, user: User) -> int:
    """The id of somebody by id or address; 0, which nobody has, for somebody this person does not know."""
    if _ID.fullmatch(written):
        return int(written)
    found = User.objects.visible_to(user).filter(email__iexact=written).first()
    return found.pk if found else 0


def _requester(address: str | None, user: User) -> User:
    if not address or address.lower() == user.email:
        return user
    if not user.can("ticket.open_for"):
        raise wrong("requester", _("You open tickets for yourself."))
    found = User.objects.visible_to(user).filter(email__iexact=address).first()
    if found is None:
        raise wrong("requester", _("We know nobody with this address."))
    return found


def _topic(pk: int | None) -> Topic:
    topics = queries.topics()
    if pk is None:
        return next((topic for topic in topics if topic.is_default), topics[0])
    found = next((topic for topic in topics if topic.pk == pk), None)
    if found is None:
        raise wrong("topic", _("There is no such topic."))
    return found


def _priority(slug: str | None, topic: Topic, *, as_staff: bool) -> Priority | None:
    if slug is None:
        return None
    if not as_staff and not topic.asks_priority:
        raise wrong("priority", _("This topic has its own priority."))
    found = next((priority for priority in queries.priorities() if priority.slug == slug), None)
    if found is None:
        raise wrong("priority", _("There is no such priority."))
    return found


def _purchase(reference: str | None, user: User) -> Purchase | None:
    if not reference:
        return None
    purchases = Purchase.objects.visible_to(user).select_related("product", "owner")
    found = purchases.filter(reference=text.one_line(reference)).first()
    if found is None:
        raise wrong("purchase", _("There is no such purchase of this person."))
    return found


def _installation(domain: str | None, purchase: Purchase | None) -> Installation | None:
    if not domain:
        return None
    try:
        name = normalized(domain).lower()
    except InvalidDomainError:
        name = ""
    bound = support.places_of(purchase) if purchase else []
    found = next((each for each in bound if each.domain.lower() == name), None)
    if found is None:
        raise wrong("installation", _("There is no such installation of this purchase."))
    return found


def _status(pk: int, user: User) -> Status:
    """Customers have no statuses to choose: what there are is not for them."""
    if not user.can("ticket.status"):
        raise Problem(403)
    found = next((each for each in queries.statuses() if each.pk == pk), None)
    if found is None:
        raise wrong("status", _("There is no such status."))
    return found


def _agent(address: str | None, ticket: Ticket, user: User) -> User | None:
    """Who works here is not for customers to find out."""
    if not policy.can_work(user, ticket, Via.API, "ticket.assign"):
        raise Problem(403)
    if address is None:
        return None
    found = next((each for each in queries.assignable_agents(ticket) if each.email == address.lower()), None)
    if found is None:
        raise wrong("assignee", _("This person cannot look after the ticket."))
    return found
