"""What every test stands on: a data folder of its own, given time, a cast."""

import gc
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module

# Named here and not in pyproject.toml, or pytest-django reads the settings before the lines below.
os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
os.environ["SECRET_KEY"] = "tests only"
os.environ["DATA"] = tempfile.mkdtemp(prefix="deskhand-tests-")
os.environ["MAIL_WINDOW_S"] = "0"
os.environ["PUBLIC_URL"] = "http://desk.example"
os.environ.pop("SMTP_URL", None)

import django
import pytest
from django.apps import apps
from django.conf import settings

django.setup()
# A real hash takes 150 ms by design, and a third of the tests sign somebody in.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]

from tests.cast import Cast, assemble  # noqa: E402 - models can be imported only after django.setup()


def pytest_configure(config: pytest.Config) -> None:
    """A file where threads serve pages: in memory they share one connection, and find each other's tables locked."""
    if config.option.markexpr == "browser" and not os.environ.get("DATABASE_URL"):
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"{os.environ['DATA']}/tests.sqlite3"


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end; not looking at it time and again saves 8 % of the processor."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


pytest_plugins = ["tests.processes", "tests.browser", "tests.transactions"]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_caches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The desk is cached per process; each test's database is another one."""
    from deskhand.desk import queries

    # On a busy machine a second passes between two pages, and the second one's queries were one more than counted.
    monkeypatch.setattr(queries, "CACHE_S", 3600.0)
    queries.forget_cached_desk()
    yield
    queries.forget_cached_desk()


@pytest.fixture
def at() -> datetime:
    """The time of the test: a Monday noon, UTC."""
    return NOON


@pytest.fixture
def cast(db: None, at: datetime) -> Cast:
    """A desk that is set up, and everybody who plays in it."""
    return assemble(at=at)


@pytest.fixture
def first_words(db: None) -> None:
    """What the migrations wrote, for a test that needs transactions of its own: the one before it has flushed them."""
    from deskhand.tickets.models.choices import Topic

    if not Topic.objects.exists():
        import_module("deskhand.tickets.migrations.0002_first_words").add(apps, None)
