"""Django's live server for pages in Chromium."""

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def _static_url() -> None:
    """Django's live server insists on one; our assets come from `ui.assets`."""
    settings.STATIC_URL, settings.MEDIA_URL = "/django-static/", "/django-media/"
