"""A process of its own that acts on the desk: `python -m tests.realtime.acts WHAT …` (or `listen`); it prints JSON."""

import os
from datetime import UTC, datetime

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 - after django.setup()

from deskhand.accounts import changes  # noqa: E402
from deskhand.accounts.models import Session, Team, User  # noqa: E402
from deskhand.accounts.sessions import SessionStore  # noqa: E402
from deskhand.tickets.changes import change_ticket  # noqa: E402
from deskhand.tickets.events import Via  # noqa: E402
from deskhand.tickets.models.event import Event  # noqa: E402
from deskhand.tickets.models.ticket import Ticket  # noqa: E402
from tests import acting, cast, make  # noqa: E402

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def named(name: str) -> User:
    """One of the cast."""
    return User.objects.get_queryset().get(username=name)


def assemble() -> dict[str, str]:
    """The cast, each with a session: its keys by name."""
    return {user.username or "": sign_in(user.username or "") for user in cast.assemble(at=AT).everybody}


def sign_in(name: str) -> str:
    """A browser of this person; its session's key."""
    user, session = named(name), SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key or ""


def sign_out(key: str) -> None:
    """The browser of this session signs out."""
    Session.objects.filter(session_key=key).delete()


def ticket(name: str, team: str = "") -> int:
    """A ticket of this person; its number."""
    return make.ticket(named(name), at=AT, team=Team.objects.get(name=team) if team else None).number


def reply(number: str, name: str) -> None:
    """This person replies."""
    make.reply(Ticket.objects.get(number=number), named(name), at=AT)


def note(number: str, name: str) -> None:
    """This person notes."""
    make.note(Ticket.objects.get(number=number), named(name), at=AT)


def follow(number: str, name: str) -> None:
    """The system lets this person follow a ticket."""
    with change_ticket(Ticket.objects.get(number=number), by=None, via=Via.SYSTEM, at=AT) as change:
        change.follow(named(name))


def move(number: str, team: str) -> None:
    """The system moves a ticket into a team."""
    with change_ticket(Ticket.objects.get(number=number), by=None, via=Via.SYSTEM, at=AT) as change:
        change.move_to_team(Team.objects.get(name=team))


def leave(name: str, team: str) -> None:
    """An administrator takes this person out of a team."""
    found = Team.objects.get(name=team)
    changes.set_team_members(found, members=found.members.exclude(username=name), by=named("otto"), at=AT)


def join(name: str, team: str) -> None:
    """An administrator puts this person into a team."""
    found = Team.objects.get(name=team)
    changes.set_team_members(found, members=[*found.members.all(), named(name)], by=named("otto"), at=AT)


def deactivate(name: str) -> None:
    """An administrator ends an account."""
    changes.deactivate(named(name), by=named("otto"), at=AT)


def change_role(name: str, role: str) -> None:
    """An administrator gives somebody another role."""
    changes.change_role(named(name), role=role, by=named("otto"), at=AT)


def expire(key: str) -> None:
    """The session's two weeks are over."""
    Session.objects.filter(session_key=key).update(expire_date=AT)


def end_sessions(name: str) -> None:
    """What a new password does to all other browsers."""
    changes.end_sessions(named(name), at=AT)


def flood(number: str, count: str) -> None:
    """Many events at once, as an import leaves them: rows as the door writes them, without the door."""
    ticket = Ticket.objects.get(number=number)
    row = {"ticket": ticket, "kind": "ticket.tagged", "at": AT, "via": "system", "is_public": False}
    Event.objects.bulk_create([Event(**row) for _ in range(int(count))])


if __name__ == "__main__":
    acting.main(globals())
