"""The room `automation`."""

from django.apps import AppConfig


class AutomationConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.automation"

    def ready(self) -> None:
        from deskhand.automation import reactions  # noqa: F401 - registers what it listens to
