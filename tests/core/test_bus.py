"""News and who hears it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from deskhand.core import bus, jobs
from deskhand.core.models import Job

pytestmark = pytest.mark.django_db

heard: list[tuple[str, str, dict[str, int], datetime]] = []
failing: set[str] = set()


@bus.on("test.rang", "test.knocked")
def open_the_door(news: bus.News) -> None:
    """Hears both."""
    heard.append(("door", news.name, news.ids, news.at))


@bus.on("test.rang")
def wake_the_dog(news: bus.News) -> None:
    """Hears one, and fails when asked to."""
    if "dog" in failing:
        raise RuntimeError("asleep")
    heard.append(("dog", news.name, news.ids, news.at))


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    heard.clear()
    failing.clear()
    yield
    heard.clear()
    failing.clear()


def test_everybody_who_listens_hears_it_once(at: datetime) -> None:
    bus.publish("test.rang", at=at, visitor=7)
    assert heard == []  # nothing happens inside the transaction of who publishes
    jobs.run_due(at=at + timedelta(seconds=5))
    assert heard == [("door", "test.rang", {"visitor": 7}, at), ("dog", "test.rang", {"visitor": 7}, at)]


def test_several_names_are_one_row(at: datetime) -> None:
    bus.publish("test.rang", "test.knocked", "test.rang", at=at)
    assert Job.objects.count() == 1
    jobs.run_due(at=at)
    assert [(who, name) for who, name, _, _ in heard] == [
        ("door", "test.rang"),
        ("dog", "test.rang"),
        ("door", "test.knocked"),
    ]


def test_a_retry_runs_only_who_has_not_reacted(at: datetime) -> None:
    failing.add("dog")
    bus.publish("test.rang", "test.knocked", at=at)
    jobs.run_due(at=at)
    assert [who for who, *_ in heard] == ["door"]
    failing.clear()
    jobs.run_due(at=at + timedelta(hours=1))
    assert [(who, name) for who, name, _, _ in heard] == [
        ("door", "test.rang"),
        ("dog", "test.rang"),
        ("door", "test.knocked"),
    ]


def test_news_that_nobody_wants_is_no_error(at: datetime) -> None:
    bus.publish("test.fell_in_the_forest", at=at)
    assert jobs.run_due(at=at) == 1
    assert Job.objects.count() == 0


@bus.on_first("test.sang", "test.danced")
def invite_the_neighbors(news: bus.News) -> bus.Write | None:
    """Hears of both together, once; there is nothing to write after midnight."""
    is_inside = connection.in_atomic_block
    if "midnight" in failing:
        return None
    return lambda: heard.append((f"neighbors, {is_inside}, {connection.in_atomic_block}", news.name, news.ids, news.at))


@pytest.mark.django_db(transaction=True)
def test_what_is_prepared_first_hears_once_and_writes_in_a_transaction(at: datetime) -> None:
    bus.publish("test.danced", "test.sang", at=at)
    assert jobs.run_due(at=at) == 1
    assert heard == [("neighbors, False, True", "test.danced", {}, at)]
    assert Job.objects.count() == 0


def test_nothing_to_write_ends_the_news(at: datetime) -> None:
    failing.add("midnight")
    bus.publish("test.sang", at=at)
    assert jobs.run_due(at=at) == 1
    assert (heard, Job.objects.count()) == ([], 0)
