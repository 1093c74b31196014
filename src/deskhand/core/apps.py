"""Foundation: knows no room."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The floor everything stands on."""

    name = "deskhand.core"
    default_auto_field = "django.db.models.BigAutoField"
