"""What the room listens to."""

from deskhand.core.bus import News, on
from deskhand.mail.changes import forget
from deskhand.tickets.events import Kind
from deskhand.tickets.models.event import Event


@on(Kind.REDACTED)
def forget_what_was_redacted(news: News) -> None:
    """A message was blanked: its text must not live on in the Mailroom."""
    events = Event.objects.filter(pk__in=news.ids["events"], kind=Kind.REDACTED, message__isnull=False)
    for ticket, message in events.values_list("ticket", "message"):
        if message is not None:
            forget(message, ticket=ticket, at=news.heard_at)
