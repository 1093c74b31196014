"""What is said in a ticket, and the files that come with it."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from deskhand.accounts.models import User
from deskhand.tickets.events import Via
from deskhand.tickets.models.ticket import Ticket, seen_by, worked_by


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages somebody may read."""

    def public(self) -> Self:
        """Without notes: what every line of code for customers starts from."""
        return self.filter(is_public=True)

    def visible_to(self, user: User) -> Self:
        """Messages of the tickets this person sees; notes for who works on the ticket only (H01)."""
        worked = worked_by(user, ticket="ticket__")
        return self.filter(seen_by(user, ticket="ticket__"), Q(is_public=True) | worked if worked else Q())


class Message(models.Model):
    """A public reply or an internal note. `text` is what was written, `html` the sanitized rendering of it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_staff = models.BooleanField()
    is_public = models.BooleanField()
    text = models.TextField()
    html = models.TextField()
    folded = models.TextField(blank=True, default="")
    source = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    via = models.CharField(max_length=8, choices=[(via, via) for via in Via])
    redacted_at = models.DateTimeField(null=True, blank=True)
    is_question = models.BooleanField(default=False, db_default=False)  # staff wait for its answer (S5.10)

    objects: ClassVar[models.Manager["Message"]] = models.Manager.from_queryset(MessageQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["ticket", "id"], name="message_ticket")]

    def __str__(self) -> str:
        return f"message {self.pk} of {self.ticket_id}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Files somebody may have."""

    def visible_to(self, user: User) -> Self:
        """Files of the messages this person reads, and what they have staged themselves; never one that was removed."""
        worked = worked_by(user, ticket="message__ticket__")
        shown = Q(message__is_public=True) | worked if worked else Q()
        inside = Q(message__isnull=False)  # a staged one is in no hidden team, either
        mine = Q(message=None, owner=user) if user.is_active else Q(pk__in=())
        return self.filter(inside & shown & seen_by(user, ticket="message__ticket__") | mine, removed_at=None)


class Attachment(models.Model):
    """A file, its owner's alone until its message is written. `core.blobs` has its bytes; `name` is data, never a path."""

    key = models.UUIDField(default=uuid.uuid4, unique=True)  # what addresses carry
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments", db_index=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)  # by content, a slug of core.kinds: "png", "pdf", …
    size = models.PositiveBigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    thumbnail = models.CharField(max_length=64, blank=True, default="")  # SHA-256 of a picture we encoded ourselves
    thumbnail_width = models.PositiveSmallIntegerField(default=0)  # pixels
    thumbnail_height = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Attachment"]] = models.Manager.from_queryset(AttachmentQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["message", "id"], name="attachment_message"),
            models.Index(fields=["owner", "at"], name="attachment_owner"),
            models.Index(fields=["sha256"], name="attachment_sha256"),
            models.Index(fields=["thumbnail"], name="attachment_thumbnail", condition=~Q(thumbnail="")),
            models.Index(fields=["at"], name="attachment_leaving", condition=Q(message=None) | ~Q(removed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.size} bytes)"
