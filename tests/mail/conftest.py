"""A mail server for the tests that want one."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.mail.sink import Sink, running


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """A real SMTP server, and settings that point to it."""
    server = Sink()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    with running(server):
        yield server
