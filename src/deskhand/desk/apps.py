"""The room `desk`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.desk"
    default_auto_field = "django.db.models.BigAutoField"
