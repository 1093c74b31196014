"""The room `mail`."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from deskhand.mail import outbox, reactions  # noqa: F401 - registers its jobs and what it listens to
