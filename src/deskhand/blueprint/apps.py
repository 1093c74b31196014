"""The room `blueprint`."""

from importlib import import_module

from django.apps import AppConfig


class BlueprintConfig(AppConfig):
    """See docs/architecture.md for what lives here. It has no tables; it is an app so that its job is known to the worker."""

    name = "deskhand.blueprint"

    def ready(self) -> None:
        """Register the job that fills a demo."""
        import_module("deskhand.blueprint.demo")
