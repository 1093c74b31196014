"""Each test counts anew."""

import pytest

from deskhand.api.bearer import READS, WRITES


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    """Blocks of an allowance are kept in the process, and each test's database gives the same keys to other tokens."""
    READS.forget()
    WRITES.forget()
