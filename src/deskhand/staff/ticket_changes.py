"""What an agent does to a ticket: one view for one verb, each a POST that answers 303, or 422 with the reasons."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deskhand.core import text
from deskhand.core.html import compose
from deskhand.desk.queries import current_desk
from deskhand.staff.forms import FollowForm, MessageForm, OneOf, PropertyForm, TagsForm
from deskhand.staff.listing import Place, place
from deskhand.staff.thread import asks, attached, declined, written
from deskhand.staff.tickets import look_up, show_ticket
from deskhand.tickets import attachments
from deskhand.tickets.actions import Action, dismiss, prepare, schedule, take_back
from deskhand.tickets.changes import (
    CannotBeAssignedError,
    Change,
    ChangeError,
    ForeignFileError,
    NothingWrittenError,
    change_ticket,
    mark_seen,
)
from deskhand.tickets.errors import UnknownClauseError
from deskhand.tickets.events import Via
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.policy import claims_by_opening
from deskhand.tickets.queries import (
    assignable_agents,
    has_change,
    pending_changes,
    priorities,
    spoken_since,
    statuses,
    teams_for,
)
from deskhand.tickets.undo import undo as undo_change
from deskhand.ui import gates
from deskhand.ui.attaching import KEY, Box, gone, take
from deskhand.ui.fields import LineField
from deskhand.ui.forms import once, put_back
from deskhand.ui.http import SignedInRequest, go
from deskhand.ui.uploads import takes_files

Speak = Callable[[Change, dict[str, Any]], None]


@takes_files
@gates.staff("ticket.reply")
@require_POST
def message(request: SignedInRequest, number: int) -> HttpResponse:
    """Reply (after the mail window, until then it can be taken back) or note (at once), as the composer's mode says.

    An answer to a conversation that has gone on is held once, so that its writer can read what came (I08).
    """
    ticket, where, now = look_up(request, number), place(request.POST), timezone.now()
    box = take(request, attachments, at=now)
    form = MessageForm(request.POST, choices=statuses(), box=box)
    if not form.is_valid():
        return show_ticket(request, ticket, where, composer=form, status=box.status)
    is_note, shown = form.cleaned_data["kind"] == "note", form.cleaned_data["shown"]
    if not is_note and shown is not None and (news := spoken_since(ticket, event=shown, user=request.user)):
        return show_ticket(request, ticket, where, composer=form, just_come=news, status=422)
    try:
        _send(request, ticket, where, form.cleaned_data, box, at=now)
    except ForeignFileError:
        form.add_error("files", gone())
        return show_ticket(request, ticket, where, composer=form, status=422)
    except ChangeError as error:
        form.add_error(None, in_words(error))
        return show_ticket(request, ticket, where, composer=form, status=422)
    return go(request, where.ticket(number))


def _send(
    request: SignedInRequest, ticket: Ticket, where: Place, sent: dict[str, Any], box: Box[Any], *, at: datetime
) -> None:
    window = settings.MAIL_WINDOW_S
    if sent["kind"] == "note":
        body = compose(sent["text"])
        door = change_ticket(ticket, by=request.user, via=Via.STAFF, at=at)
        with once(request, leads_to=where.ticket(ticket.number)), door as change:
            change.note(body, files=box.whole(ForeignFileError))
        messages.success(request, _("Note added."), extra_tags="sent-note")
        return
    reply: Action = {"do": "reply", "text": sent["text"], "files": [str(file.key) for file in box.files]}
    actions = [reply | ({"is_question": True} if sent["is_question"] else {})]
    if sent["status"]:
        actions.append({"do": "set_status", "status": sent["status"].pk})
    prepared = prepare(actions)
    with once(request, leads_to=where.ticket(ticket.number)):
        box.whole(ForeignFileError)
        schedule(ticket, prepared, by=request.user, via=Via.STAFF, at=at, delay=timedelta(seconds=window))
    words = _("Your reply leaves in %(s)d seconds.") % {"s": window} if window else _("Your reply is sent.")
    messages.success(request, words, extra_tags="sent-reply")


@gates.staff("ticket.reply")
@require_POST
def take_message_back(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Cancel a reply that has not left yet (or was refused) and put its text back into the composer.

    What would have declined the ticket goes back to where its clause was chosen.
    """
    ticket, where = look_up(request, number), place(request.POST)
    found = next((change for change in pending_changes(ticket, user=request.user) if change.pk == pk), None)
    with once(request, leads_to=where.ticket(number)) as sending:
        actions = _taken_back(found, request) if found else None
        if actions is None:
            messages.warning(request, _("It has been sent already."))
        elif clause := declined(actions):
            path = reverse("staff:decline", args=[number])
            put_back(request, path, {"clause": [clause], "text": [written(actions)]})
            sending.leads_to = path + where.query()
        else:
            typed = {"kind": ["reply"], "text": [written(actions)], KEY: attached(actions)}
            if asks(actions):
                typed["is_question"] = ["on"]
            put_back(request, reverse("staff:messages", args=[number]), typed)
    return go(request, sending.leads_to)


def _taken_back(change: ScheduledChange, request: SignedInRequest) -> list[Action] | None:
    if change.state == ScheduledChange.State.REFUSED:
        dismiss(change, by=request.user)
        return list(change.actions)
    return take_back(change, by=request.user)


def _change(request: SignedInRequest, ticket: Ticket, form: forms.Form, speak: Speak) -> HttpResponse:
    """Speak one verb with what the form says."""
    where = place(request.POST)
    if form.is_valid():
        try:
            door = change_ticket(ticket, by=request.user, via=Via.STAFF, at=timezone.now())
            with once(request, leads_to=where.ticket(ticket.number)), door as change:
                speak(change, form.cleaned_data)
            return after(request, ticket, where)
        except ChangeError as error:
            form.add_error(None, in_words(error))
    return show_ticket(request, ticket, where, refused=form, status=422)


def after(request: SignedInRequest, ticket: Ticket, where: Place) -> HttpResponse:
    """Back to the ticket; or to the page of the list, when whoever let go of it does not see it any more."""
    if Ticket.objects.visible_to(request.user).worked_by(request.user).filter(pk=ticket.pk).exists():
        return go(request, where.ticket(ticket.number))
    return go(request, where.address, whole_page=True)


@gates.staff("ticket.status")
@require_POST
def status(request: SignedInRequest, number: int) -> HttpResponse:
    """Another status."""
    ticket = look_up(request, number)
    form = PropertyForm(request.POST, status=OneOf(statuses(), label=_("Status")))
    return _change(request, ticket, form, lambda change, sent: change.set_status(sent["status"]))


@gates.staff("ticket.priority")
@require_POST
def priority(request: SignedInRequest, number: int) -> HttpResponse:
    """Another priority."""
    ticket = look_up(request, number)
    form = PropertyForm(request.POST, priority=OneOf(priorities(), label=_("Priority")))
    return _change(request, ticket, form, lambda change, sent: change.set_priority(sent["priority"]))


@gates.staff("ticket.assign")
@require_POST
def assignee(request: SignedInRequest, number: int) -> HttpResponse:
    """Somebody else looks after it, or nobody."""
    ticket = look_up(request, number)
    words = {"invalid_choice": _("This person cannot look after the ticket.")}
    agents = assignable_agents(ticket)
    field = OneOf(agents, none=_("Nobody"), required=False, label=_("Assignee"), error_messages=words)
    form = PropertyForm(request.POST, assignee=field)
    return _change(request, ticket, form, lambda change, sent: change.assign(sent["assignee"]))


@gates.staff("ticket.move")
@require_POST
def team(request: SignedInRequest, number: int) -> HttpResponse:
    """Another team's queue."""
    ticket = look_up(request, number)
    field = OneOf(teams_for(request.user), none=_("No team"), required=False, label=_("Team"))
    form = PropertyForm(request.POST, team=field)
    return _change(request, ticket, form, lambda change, sent: change.move_to_team(sent["team"]))


@gates.staff("ticket.status")
@require_POST
def subject(request: SignedInRequest, number: int) -> HttpResponse:
    """Another subject."""
    ticket = look_up(request, number)
    form = PropertyForm(request.POST, subject=LineField(label=_("Subject")))
    return _change(request, ticket, form, lambda change, sent: change.set_subject(sent["subject"]))


@gates.staff("ticket.tag")
@require_POST
def tags(request: SignedInRequest, number: int) -> HttpResponse:
    """Put one on, or take one off."""
    ticket = look_up(request, number)
    return _change(request, ticket, TagsForm(request.POST), _tag)


def _tag(change: Change, sent: dict[str, Any]) -> None:
    if sent["remove"]:
        change.untag(sent["remove"])
    else:
        change.tag(sent["add"])


@gates.staff("ticket.reply")
@require_POST
def follow(request: SignedInRequest, number: int) -> HttpResponse:
    """Somebody hears of the ticket from now on, or no longer; without a name it is whoever sends this."""
    ticket = look_up(request, number)

    def speak(change: Change, sent: dict[str, Any]) -> None:
        if sent["stop"]:
            change.unfollow(sent["stop"])
        else:
            change.follow(sent["email"] or request.user)

    return _change(request, ticket, FollowForm(request.POST, user=request.user), speak)


@gates.staff("ticket.status")
@require_POST
def close(request: SignedInRequest, number: int) -> HttpResponse:
    """Nothing is left to do."""
    return _change(request, look_up(request, number), forms.Form(request.POST), lambda change, _sent: change.close())


@gates.staff("ticket.status")
@require_POST
def reopen(request: SignedInRequest, number: int) -> HttpResponse:
    """The problem is back."""
    return _change(request, look_up(request, number), forms.Form(request.POST), lambda change, _sent: change.reopen())


@gates.staff("ticket.reply")
@require_POST
def redact(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Blank a message for good."""
    ticket = look_up(request, number)
    found = get_object_or_404(Message.objects.visible_to(request.user), pk=pk, ticket=ticket)
    return _change(request, ticket, forms.Form(request.POST), lambda change, _sent: change.redact(found))


@gates.staff("ticket.status")
@require_POST
def undo(request: SignedInRequest, number: int) -> HttpResponse:
    """Put back what one change of this ticket set, and say what stays."""
    ticket, where = look_up(request, number), place(request.POST)
    try:
        change = uuid.UUID(request.POST.get("change", ""))
    except ValueError:
        change = uuid.UUID(int=0)
    if has_change(ticket, change):
        try:
            with once(request, leads_to=where.ticket(number)):
                left = undo_change(change, by=request.user, at=timezone.now())
        except ChangeError as error:
            messages.error(request, in_words(error))
        else:
            for words in left or [_("Undone.")]:
                messages.info(request, words)
    return after(request, ticket, where)


@gates.staff("staff.enter")
@require_POST
def seen(request: SignedInRequest, number: int) -> HttpResponse:
    """This person has read the ticket up to the event the page showed. Sent by the page; twice does no harm.

    Where the desk wants that, a ticket which nobody has had is theirs from now on (S1.c1).
    """
    ticket = look_up(request, number)
    shown = text.number(request.GET.get("event", ""))
    if shown is not None:
        mark_seen(ticket, by=request.user, event=min(shown, ticket.last_event))
        if claims_by_opening(request.user, ticket, current_desk()):
            door = change_ticket(ticket, by=request.user, via=Via.STAFF, at=timezone.now())
            with (
                suppress(ChangeError),
                door as change,
            ):  # it has just left for where they do not work: they have read it
                change.claim()
    return go(request, place(request.POST).ticket(number))


def in_words(error: ChangeError) -> str:
    """Why a change was refused, as a sentence for its author."""
    match error:
        case UnknownClauseError():
            return _("This clause stands there no more. Choose again.")
        case NothingWrittenError():
            return _("Write something first.")
        case CannotBeAssignedError():
            return _("%(name)s cannot look after this ticket.") % {"name": error}
        case _:
            return _("You may not do that to this ticket.")
