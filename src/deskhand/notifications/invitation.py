"""The mail that invites somebody to the desk."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deskhand.accounts.invitations import LIFETIME
from deskhand.accounts.models import User
from deskhand.desk.queries import current_desk
from deskhand.mail.changes import post
from deskhand.mail.letters import Letter, for_reader, render
from deskhand.mail.models import MASK, Kind


def post_invitation(person: User, *, at: datetime) -> None:
    """Post the link with which an invited person chooses a password. The stored mail does not hold the link."""
    with for_reader(person):
        rendered = render(_letter(person))
    post(rendered, kind=Kind.INVITATION, to=person, at=at)


def _letter(person: User) -> Letter:
    desk = current_desk().name
    hours = int(LIFETIME.total_seconds() // 3600)
    headline = _("You are invited to %(desk)s") % {"desk": desk}
    if person.invited_by:
        headline = _("%(by)s invites you to %(desk)s") % {"by": person.invited_by.name, "desk": desk}
    return Letter(
        subject=_("Your account at %(desk)s") % {"desk": desk},
        headline=headline,
        sentences=(_("Choose a password, and your account is ready. You sign in with this e-mail address."),),
        link=MASK,
        link_words=_("Choose a password"),
        after=(
            ngettext("The link works for %(count)d hour.", "The link works for %(count)d hours.", hours)
            % {"count": hours}
            + " "
            + _("After that, the same page mails you a fresh one."),
        ),
        why=_("You get this because an account was made for %(email)s.") % {"email": person.email},
    )
