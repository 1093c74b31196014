"""News travels upward: a lower room publishes a name and ids, an upper room reacts. Nobody below knows who listens.

    @on("user.invited")
    def mail_the_invitation(news: News) -> None: ...

A reaction loads by id, calls one thing, and is safe to run twice. Each runs in a transaction of its own. One that has slow
things to do first (rendering) is registered with `on_first`, and returns what is left to write.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from deskhand.core import jobs

OLD_AFTER: Final = timedelta(days=1)  # house rule: older news mails and calls nobody, so an import or a demo is quiet


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened: its name, the ids it concerns, when, and when a worker came to tell it."""

    name: str
    ids: dict[str, Any]
    at: datetime
    heard_at: datetime

    @property
    def is_old(self) -> bool:
        """Over a day has passed: nobody outside is told any more."""
        return self.heard_at - self.at > OLD_AFTER


Reaction = Callable[[News], None]
Write = Callable[[], None]
Preparation = Callable[[News], Write | None]


@dataclass(frozen=True, slots=True)
class _Listener:
    """Who hears of something: `prepare` runs outside of any transaction, what it returns in one, with the tick."""

    words: str
    prepare: Preparation
    is_once: bool = False


_listeners: dict[str, list[_Listener]] = defaultdict(list)
_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)


def on(*names: str) -> Callable[[Reaction], Reaction]:
    """Register a reaction for news of these names."""

    def register(reaction: Reaction) -> Reaction:
        for name in names:
            _listeners[name].append(_Listener(_words(reaction), lambda news: partial(reaction, news)))
        return reaction

    return register


def on_first(*names: str) -> Callable[[Preparation], Preparation]:
    """Register what hears once of all that happened together, by the first of these names.

    It reads and renders outside of any transaction, and returns the writing, or None when there is nothing to write.
    """

    def register(preparation: Preparation) -> Preparation:
        for name in names:
            _listeners[name].append(_Listener(_words(preparation), preparation, is_once=True))
        return preparation

    return register


def _words(reaction: Callable[..., object]) -> str:
    return f"{reaction.__module__}.{reaction.__qualname__}"


def publish(*names: str, at: datetime, **ids: Any) -> None:  # noqa: ANN401 - ids are whatever JSON can carry
    """Tell the upper rooms, in the caller's transaction: one job row, however many names and reactions."""
    if _is_quiet.get():
        return
    jobs.enqueue("bus.dispatch", {"names": list(names), "ids": ids}, at=at)


@contextmanager
def quiet() -> Iterator[None]:
    """Publish nothing inside: what is written is a story (a demo), and nobody is to be told that it happened."""
    before = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(before)


@jobs.job("bus.dispatch")
def dispatch(job: jobs.Task) -> None:
    """Run what is left of a row's reactions; each ticks itself off in its transaction, the last one ends the row."""
    listening = _listening(job.payload["names"])
    for place, (tick, (name, listener)) in enumerate(listening.items(), start=1):
        if tick in job.done:
            continue
        news = News(name=name, ids=job.payload["ids"], at=job.created_at, heard_at=job.claimed_at)
        write = listener.prepare(news)
        if write is None:
            continue
        if place == len(listening):
            with job.last_step():
                write()
        else:
            with job.step(tick):
                write()


def _listening(names: list[str]) -> dict[str, tuple[str, _Listener]]:
    """Who hears of these, by their ticks, in the order of names and registration."""
    found: dict[str, tuple[str, _Listener]] = {}
    heard = set()
    for name in dict.fromkeys(names):
        for listener in _listeners[name]:
            if not (listener.is_once and listener.words in heard):
                heard.add(listener.words)
                found[f"{name}>{listener.words}"] = (name, listener)
    return found
