"""A mail that shows whether mails leave."""

from datetime import datetime

from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.desk.queries import current_desk
from deskhand.mail.changes import post
from deskhand.mail.letters import Letter, for_reader, render
from deskhand.mail.models import Kind, Mail


def post_trial(*, to: User, at: datetime) -> Mail:
    """Post a test mail to its reader's own address."""
    with for_reader(to):
        letter = render(
            Letter(
                subject=_("A test mail from %(desk)s") % {"desk": current_desk().name},
                headline=_("It works: mails leave the desk"),
                sentences=(_("If this came into your inbox and not among the spam, your customers get theirs too."),),
                why=_("You get this because you asked for a test mail in the Mailroom."),
            )
        )
    mail = post(letter, kind=Kind.TEST, to=to, at=at)
    if mail is None:
        raise RuntimeError("a mail about no change was taken for a repetition")
    return mail
