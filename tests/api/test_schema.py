"""The OpenAPI schema against what really happens: made-up requests, sent in the process (schemathesis)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deskhand.entitlements.senders import add_sender
from tests import make
from tests.api.asking import token_of
from tests.cast import Cast

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
EXAMPLES = 4


@pytest.fixture
def desk(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A ticket, a purchase, a shop, and the token of an administrator who may do everything as often as needed."""
    from deskhand.api import licenses
    from deskhand.api.bearer import FAILURES, READS, WRITES

    now = timezone.now()
    for allowance in (READS, WRITES, FAILURES, licenses.BY_ADDRESS, licenses.BY_KEY):
        monkeypatch.setattr(allowance, "_most", 10**9)
    make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    theme = make.product(at=now, license_count=1)
    make.purchase(cast.carl, theme, at=now)
    add_sender(name="Shop", by=cast.otto, at=now)
    # A request ends with its connection, and the test's transaction would end with it. Django's own test client does the same.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield token_of(cast.otto)
    for signal in signals:
        signal.connect(close_old_connections)


def test_what_is_told_is_what_the_schema_says(desk: str) -> None:
    """Each operation with made-up requests, good and bad ones: never a 5xx, and always an answer that the schema names."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    asked: set[str] = set()
    statuses: set[int] = set()

    def call(case: Any) -> None:  # noqa: ANN401 - schemathesis' Case
        if "number" in case.path_parameters and case.path_parameters["number"] % 2:
            case.path_parameters["number"] = 1001
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {desk}"}, checks=CHECKS)
        asked.add(case.path)
        statuses.add(answer.status_code)

    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        run(operation.as_strategy(), call)
    assert asked == {operation.path for operation in operations}
    assert {200, 201, 404, 422} <= statuses
    assert [status for status in statuses if status >= 500] == []


def run(strategy: Any, call: Any) -> None:  # noqa: ANN401 - hypothesis
    """The same examples each time."""
    from hypothesis import given, seed

    @seed(1)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def each(case: Any) -> None:  # noqa: ANN401 - see above
        call(case)

    each()
