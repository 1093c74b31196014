"""Counting in windows."""

from contextlib import suppress
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import OperationalError, connection

from deskhand.core.limits import Allowance, count, seconds_left


def test_it_counts_each_alone_and_begins_anew_with_the_window(db: None, at: datetime) -> None:
    assert [count("x", "carl", at=at) for _ in range(3)] == [1, 2, 3]
    assert (count("x", "eve", at=at), count("y", "carl", at=at)) == (1, 1)
    assert count("x", "carl", at=at + timedelta(seconds=59)) == 4
    assert count("x", "carl", at=at + timedelta(seconds=60)) == 1


def test_it_keeps_nobodys_address(db: None, at: datetime) -> None:
    count("x", "192.0.2.7", at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM shared_cache WHERE cache_key LIKE 'count:x:%'")
        ((key, value),) = cursor.fetchall()
    assert (value, "192.0.2.7" in key) == ("1", False)


@pytest.mark.parametrize("block", [1, 3])
def test_an_allowance_ends(db: None, at: datetime, block: int) -> None:
    allowance = Allowance("z", most=6, block=block)
    assert [allowance.take("carl", at=at) for _ in range(8)] == [True] * 6 + [False] * 2
    assert allowance.take("eve", at=at) is True
    assert allowance.take("carl", at=at + timedelta(seconds=60)) is True


def test_a_block_writes_one_row(db: None, at: datetime, django_assert_num_queries: object) -> None:
    allowance = Allowance("z", most=600, block=20)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert all(allowance.take("carl", at=at) for _ in range(20))
    with django_assert_num_queries(1):  # type: ignore[operator]
        allowance.take("carl", at=at)


def test_seconds_left(at: datetime) -> None:
    assert [seconds_left(at=at + timedelta(seconds=s)) for s in (0, 1, 59)] == [60, 59, 1]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_count_as_two(at: datetime) -> None:
    def many() -> None:
        left = 20
        while left:
            with suppress(OperationalError):  # SQLite in memory says at once that it is busy; a file waits
                count("race", "carl", at=at)
                left -= 1
        connection.close()

    threads = [Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count("race", "carl", at=at) == 81
