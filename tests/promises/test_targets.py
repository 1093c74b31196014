"""From a target and a beginning to a moment."""

from datetime import datetime, timedelta

import pytest

from deskhand.promises.targets import due_at


@pytest.mark.parametrize("minutes", [0, 60, 240, 1440, 2880])
def test_s3_15_a_target_is_clock_time(at: datetime, minutes: int) -> None:
    friday = at + timedelta(days=4, hours=9)  # 21:00: the weekend counts
    assert due_at(friday, minutes=minutes) == friday + timedelta(minutes=minutes)


def test_without_a_target_nothing_is_promised(at: datetime) -> None:
    assert due_at(at, minutes=None) is None
