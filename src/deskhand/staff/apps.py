"""The room `staff`."""

from django.apps import AppConfig
from django.template import engines


class StaffConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "deskhand.staff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the rail of the settings its links: it stands on pages of many views."""
        from deskhand.staff.settings_index import settings_pages

        engines["jinja2"].env.globals["settings_pages"] = settings_pages  # type: ignore[attr-defined]  # Django's Jinja2
