"""The room `staff`."""

from django.apps import AppConfig
from django.template import engines


class StaffConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.staff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the rails their links: they stand on pages of many views."""
        from deskhand.staff.products import sells
        from deskhand.staff.settings_index import settings_pages

        environment = engines["jinja2"].env  # type: ignore[attr-defined]  # Django's Jinja2
        environment.globals["settings_pages"], environment.globals["sells"] = settings_pages, sells
