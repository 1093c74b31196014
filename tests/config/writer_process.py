"""A process of its own that works like people do: `seed COUNT`, `write COUNT [LOG NAME]` (tickets, a file each), `remove`.

A line goes to LOG only when the commit was acknowledged.
"""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.contrib.auth import SESSION_KEY  # noqa: E402 - models can be imported only after django.setup()
from django.utils import timezone  # noqa: E402

from deskhand.accounts.models import User  # noqa: E402
from deskhand.accounts.sessions import SessionStore  # noqa: E402
from deskhand.core import blobs  # noqa: E402
from deskhand.tickets.models.message import Attachment, Message  # noqa: E402
from tests import cast, make  # noqa: E402


def seed(count: int) -> None:
    """The cast, one of them signed in, and tickets."""
    people = cast.assemble(at=timezone.now())
    session = SessionStore()
    session[SESSION_KEY] = str(people.ada.pk)
    session.save()
    write(count)


def write(count: int, log: str = "", name: str = "only") -> None:
    """Open tickets with an answer, and attach a file to each."""
    carl, ada = User.objects.get(username="carl"), User.objects.get(username="ada")
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log else None
    for index in range(count):
        at, subject = timezone.now(), f"{name}-{index}"
        with blobs.writer() as writer:
            writer.write(subject.encode() * 5000)
            blob = writer.finish()
        ticket = make.reply(make.ticket(carl, at=at, subject=subject), ada, at=at)
        message = Message.objects.filter(ticket=ticket).earliest("pk")
        Attachment.objects.create(
            message=message, name="a.pdf", kind="pdf", size=blob.size, sha256=blob.sha256, at=at, owner=carl
        )
        if handle is not None:
            os.write(handle, f"{subject}\n".encode())


def remove() -> None:
    """Take one file away, as redacting its message does."""
    first = Attachment.objects.earliest("pk")
    first.removed_at = timezone.now()
    first.save()
    blobs.delete(first.sha256)


match sys.argv[1:]:
    case ["seed", count]:
        seed(int(count))
    case ["write", count, *rest]:
        write(int(count), *rest)
    case ["remove"]:
        remove()
