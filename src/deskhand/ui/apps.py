"""The room `ui`."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.ui"
    default_auto_field = "django.db.models.BigAutoField"
