"""The room `staff`."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.staff"
    default_auto_field = "django.db.models.BigAutoField"
