"""The room `tickets`."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from deskhand.tickets import actions, thumbnails  # noqa: F401 - registers their jobs
