"""The room `notifications`."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from deskhand.notifications import reactions, telling  # noqa: F401 - register what they listen to
