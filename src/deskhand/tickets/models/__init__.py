"""The tables of the room. Import each from its own module."""

from deskhand.tickets.models import choices, event, field, message, ticket

__all__ = ["choices", "event", "field", "message", "ticket"]
