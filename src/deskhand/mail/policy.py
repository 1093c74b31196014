"""May they? About mails."""

from deskhand.accounts import policy as people
from deskhand.accounts.models import User
from deskhand.mail.models import Kind, Mail


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
