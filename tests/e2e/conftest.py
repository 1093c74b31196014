"""What a page in Chromium needs of a database that is emptied after each test."""

from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings

from deskhand.tickets.models import Topic


@pytest.fixture
def first_words(db: None) -> None:
    """What the migrations wrote, and the test before this one flushed."""
    if not Topic.objects.exists():
        import_module("deskhand.tickets.migrations.0002_first_words").add(apps, None)


@pytest.fixture(scope="session", autouse=True)
def _static_url() -> None:
    """Django's live server insists on one; our assets come from `ui.assets`."""
    settings.STATIC_URL, settings.MEDIA_URL = "/django-static/", "/django-media/"
