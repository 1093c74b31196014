"""The room `portal`."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.portal"
    default_auto_field = "django.db.models.BigAutoField"
