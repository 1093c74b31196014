"""Why a change of a ticket is refused; raised by the verbs of `changes`, turned into words by the surfaces."""

from dataclasses import dataclass
from enum import StrEnum

from deskhand.entitlements.models import Purchase


class ChangeError(Exception):
    """The change was refused and nothing was written. The subclasses say why."""


class NotAllowedError(ChangeError):
    """This person may not do that to this ticket."""


class NothingWrittenError(ChangeError):
    """A message without a text."""


@dataclass(eq=False)
class MessageTooLongError(ChangeError):
    """A customer's message has more characters than the topic or the desk takes (S1.7); code points, a new line is one."""

    count: int
    most: int


@dataclass(eq=False)
class SubjectTooLongError(ChangeError):
    """A customer's subject has more characters than the desk takes (S1.c2)."""

    count: int
    most: int


@dataclass(eq=False)
class FilesTooLargeError(ChangeError):
    """The files of a message are more than the desk takes together (I10); both in bytes."""

    total: int
    limit: int


class ForeignFileError(ChangeError):
    """A file is not one that this person has staged, or is in a message already (D12)."""


class CannotBeAssignedError(ChangeError):
    """The assignee does not see the ticket, has left, or is no agent."""


class TooDeepError(ChangeError):
    """A change caused by a change caused by a change: a loop."""


class Reason(StrEnum):
    """Why a purchase, or none, opens no ticket (S1.c4). What is fraud to us is not called so to anybody."""

    NONE = "none"  # nothing was bought
    OVER = "over"  # its support and its grace have run out
    REFUNDED = "refunded"  # the money went back
    NO_SUPPORT = "no_support"  # the product never had any


@dataclass(eq=False)
class NoSupportError(ChangeError):
    """The topic needs active support and none is there (S1.c4).

    `purchase` is the one that was chosen, else the one that came nearest to it; None for who bought nothing.
    """

    purchase: Purchase | None
    reason: Reason


class PurchaseNeededError(ChangeError):
    """The topic needs a purchase, and there is one to choose (S2.9)."""


class ForeignPurchaseError(ChangeError):
    """The purchase is not the requester's, or the installation is of another purchase."""


class InstallationNeededError(ChangeError):
    """The purchase runs in several places: which one is it about (S2.15)? Also if the named one was removed since."""


class UnknownClauseError(ChangeError):
    """A ticket is declined with a clause of its product, and this is none (S2.14)."""
