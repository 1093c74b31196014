"""The room `blueprint`."""

from importlib import import_module

from django.apps import AppConfig


class BlueprintConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.blueprint"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the job that fills a demo."""
        import_module("deskhand.blueprint.demo")
