"""The room `notifications`."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Mails last: the last who listens ends the job's row in its own transaction.
        from deskhand.notifications import hooks, reactions, telling  # noqa: F401 - register what they listen to
