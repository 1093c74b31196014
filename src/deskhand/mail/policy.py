"""May they? About mails."""

from deskhand.accounts import policy as people
from deskhand.accounts.models import User
from deskhand.desk.models import Desk
from deskhand.mail.models import Kind, Mail


def is_for_a_player(mail: Mail, desk: Desk) -> bool:
    """To somebody who exists in a demo only: `.example` has no mail server, and every try would end as a bounce."""
    return desk.is_demo and mail.to_address.lower().endswith(".example")


def has_left(mail: Mail) -> bool:
    """Its reader was deactivated after it was written, and is told nothing any more (A16)."""
    return mail.recipient is not None and not mail.recipient.is_active


def can_read_invitation_link(user: User, mail: Mail) -> bool:
    """Whoever could have invited that person may hand over the link by other means; with it one becomes that person."""
    invited = mail.recipient
    return (
        mail.kind == Kind.INVITATION
        and invited is not None
        and invited.is_active
        and invited.is_invited
        and people.can_invite(user, invited.role)
    )
