"""News travels upward: a lower room publishes a name and ids, an upper room reacts. Nobody below knows who listens.

    @on("user.invited")
    def mail_the_invitation(news: News) -> None: ...

A reaction loads by id, calls one thing, and is safe to run twice. Each runs in a transaction of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
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
_reactions: dict[str, list[Reaction]] = defaultdict(list)
_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)


def on(*names: str) -> Callable[[Reaction], Reaction]:
    """Register a reaction for news of these names."""

    def register(reaction: Reaction) -> Reaction:
        for name in names:
            _reactions[name].append(reaction)
        return reaction

    return register


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


def reactions_to(name: str) -> list[Reaction]:
    """Who listens to this name, in the order of registration."""
    return list(_reactions[name])


@jobs.job("bus.dispatch")
def dispatch(job: jobs.Task) -> None:
    """Run what is left of a row's reactions; each that succeeds is ticked off in its own transaction."""
    for name in dict.fromkeys(job.payload["names"]):
        for reaction in reactions_to(name):
            tick = f"{name}>{reaction.__module__}.{reaction.__qualname__}"
            with job.step(tick) as is_due:
                if is_due:
                    reaction(News(name=name, ids=job.payload["ids"], at=job.created_at, heard_at=job.claimed_at))
