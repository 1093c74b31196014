"""The room `entitlements`."""

from django.apps import AppConfig


class EntitlementsConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.entitlements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from deskhand.entitlements import reactions  # noqa: F401 - registers what it listens to
