"""When a customer hears from us: from a target and a beginning to a moment. Pure; nothing here reads a clock or a database."""

from datetime import datetime, timedelta


def due_at(since: datetime, *, minutes: int | None) -> datetime | None:
    """The moment by which a target of so many clock minutes is kept (S3.14, S3.15); None when nothing is promised."""
    return None if minutes is None else since + timedelta(minutes=minutes)
