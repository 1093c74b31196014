"""The room `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.accounts"
    default_auto_field = "django.db.models.BigAutoField"
