"""One machine that tries everything: people, pages, the worker, a mail server that fails, deaths, a clock that jumps.

`make simulate STEPS=20000 SEED=7` tries longer. A failure prints its seed, and the fewest steps that still lead to it.
"""

import logging
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
import time_machine
from django.db import transaction
from pytest_django import Settings

from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.desk.queries import forget_cached_desk
from tests.cast import Cast
from tests.mail.sink import Sink, running
from tests.simulation import timely
from tests.simulation.checks import Checks
from tests.simulation.enclosing import LIMIT_MB
from tests.simulation.rules import RULES, Rule
from tests.simulation.world import WINDOW_S, BrokenError, World

EPISODE = 150  # steps on one desk; then pages are long, and a fresh one finds more
STEPS = int(os.environ.get("STEPS") or 100)
SEED = int(os.environ.get("SEED") or 20260302)
TRIES = int(os.environ.get("TRIES") or 60)  # to find fewer steps that fail
_FUNCTIONS, _WEIGHTS = zip(*RULES, strict=True)


@dataclass(frozen=True)
class Failure:
    """What went wrong, at which step, and what had been done."""

    step: int
    words: str
    story: list[str]


@pytest.fixture(autouse=True)
def _window(settings: Settings) -> Iterator[None]:
    settings.MAIL_WINDOW_S = settings.MAIL_GATHER_S = WINDOW_S
    settings.MAIL_FROM = "support@desk.example"
    logging.disable()  # of all the failures that are wanted here
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("episode", range(max(1, STEPS // EPISODE)))
def test_simulation(cast: Cast, at: datetime, episode: int) -> None:
    """Whatever happens, nothing is lost, nothing leaks, and in the end everybody has been told."""
    seed, steps = f"{SEED}.{episode}", range(min(STEPS, EPISODE))
    failure = play(seed, steps, cast, at)
    if failure:
        failure = fewest(seed, failure, cast, at)
        story = "\n".join(f"  {line}" for line in failure.story)
        pytest.fail(f"SEED={SEED}, episode {episode}: {failure.words}\n{story}", pytrace=False)


def play(seed: str, steps: Sequence[int], cast: Cast, at: datetime) -> Failure | None:
    """These steps of an episode on a fresh desk; the first thing that is wrong, if anything is."""
    story: list[str] = []
    step = -1
    with fresh(at) as (sink, clock):
        configure(by=cast.otto, at=at, file_limit_mb=LIMIT_MB)
        timely.prepare()
        world, checks = World(cast, sink, clock, at), Checks()
        world.serve_mail("ok")
        try:
            for step in steps:
                world.rng = random.Random(f"{seed}.{step}")
                jobs.random.seed(f"{seed}.{step}")  # type: ignore[attr-defined]  # its jitter
                story.append(f"{step} {world.at:%d %H:%M:%S} {draw(world)(world)}")
                checks.after_a_step(world)
            step = len(steps)
            story.append("at rest")
            checks.at_rest(world)
        except Exception as error:  # whatever it is, its steps are wanted
            if not isinstance(error, BrokenError) and os.environ.get("SIMULATION_TRACE"):
                raise
            return Failure(step, f"{type(error).__name__}: {error}", story)
    return None


def draw(world: World) -> Rule:
    """What happens next; without a ticket somebody opens one."""
    if not world.facts.tickets:
        return _FUNCTIONS[0]  # type: ignore[no-any-return]  # open_in_the_portal
    return world.rng.choices(_FUNCTIONS, _WEIGHTS)[0]  # type: ignore[no-any-return]  # a Rule


def fewest(seed: str, failure: Failure, cast: Cast, at: datetime) -> Failure:
    """The same failure with steps left out, as far as TRIES tries get."""
    kind = failure.words.split(":")[0]
    steps = list(range(failure.step + 1)) if "at rest" not in failure.story else list(range(failure.step))
    size, tries = max(1, len(steps) // 2), 0
    while size and tries < TRIES:
        start = 0
        while start < len(steps) and tries < TRIES:
            tries += 1
            fewer = steps[:start] + steps[start + size :]
            found = play(seed, fewer, cast, at)
            if found and found.words.split(":")[0] == kind:
                failure, steps = found, fewer
            else:
                start += size
        size //= 2
    return failure


@contextmanager
def fresh(at: datetime) -> Iterator[tuple[Sink, time_machine.Traveller]]:
    """A desk with its cast and nothing else, which is gone afterwards, a mail server, and a clock that stands."""
    sink, stage = Sink(), transaction.atomic()
    stage._from_testcase = True  # like the one around a test: what must be the outermost may be inside it
    with running(sink), time_machine.travel(at, tick=False) as clock, stage:
        forget_cached_desk()
        yield sink, clock
        transaction.set_rollback(True)
    forget_cached_desk()
