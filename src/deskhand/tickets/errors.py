"""Why a change of a ticket is refused; raised by the verbs of `changes`, turned into words by the surfaces."""

from dataclasses import dataclass


class ChangeError(Exception):
    """The change was refused and nothing was written. The subclasses say why."""


class NotAllowedError(ChangeError):
    """This person may not do that to this ticket."""


class NothingWrittenError(ChangeError):
    """A message without a text."""


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
