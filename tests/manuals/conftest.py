"""The manuals' desks, and the mode in which every row's test must turn red (`make sabotage`)."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from deskhand.accounts.changes import set_team_members
from deskhand.accounts.models import Team
from deskhand.blueprint import presets
from tests.cast import Cast
from tests.mail.sink import Sink, running
from tests.manuals.rows import shown_by
from tests.manuals.sabotage import BREAKS, broken
from tests.manuals.stage import Stage

IS_SABOTAGE = os.environ.get("SABOTAGE") == "1"


@pytest.fixture(autouse=True)
def _sabotage(request: pytest.FixtureRequest) -> Iterator[None]:
    """Under SABOTAGE=1 the one line that the row's test is about is broken while it runs."""
    row = shown_by(request.node.name)
    if IS_SABOTAGE and row:
        with broken(BREAKS[row]):
            yield
    else:
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Under SABOTAGE=1 a row's test must fail in its own words (AssertionError): red is green, and green is a failure."""
    outcome = yield
    row = shown_by(item.name)
    if not IS_SABOTAGE or not row or call.when == "teardown":
        return
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result
    if call.excinfo is not None and call.excinfo.errisinstance(AssertionError):
        report.outcome, report.longrepr = "passed", None
    elif call.excinfo is None and call.when == "call":
        report.outcome, report.longrepr = "failed", f"{row}: {item.name} stays green although {BREAKS[row]} is broken"


def stage(cast: Cast, preset: str, at: datetime, data: Path, settings: Settings) -> Iterator[Stage]:
    """The cast at a desk of this kind; the clock stands at `at`."""
    settings.DATA = data
    with time_machine.travel(at, tick=False) as clock:
        presets.use(preset, by=cast.otto, at=at)
        yield Stage(cast, clock, at)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A real SMTP server for `deskhand serve`."""
    with running(Sink()) as server:
        yield server


@pytest.fixture
def classic(cast: Cast, at: datetime, tmp_path: Path, settings: Settings) -> Iterator[Stage]:
    """Manual 3: ada answers for support."""
    for played in stage(cast, "classic", at, tmp_path, settings):
        set_team_members(Team.objects.get(name="Support"), members=[cast.ada], by=cast.otto, at=at)
        yield played


@pytest.fixture
def company(cast: Cast, at: datetime, tmp_path: Path, settings: Settings) -> Iterator[Stage]:
    """Manual 4: ada is the IT department, lena the CRM department."""
    for played in stage(cast, "company", at, tmp_path, settings):
        set_team_members(Team.objects.get(name="IT"), members=[cast.ada], by=cast.otto, at=at)
        set_team_members(Team.objects.get(name="CRM"), members=[cast.lena], by=cast.otto, at=at)
        yield played


@pytest.fixture
def shop(cast: Cast, at: datetime, tmp_path: Path, settings: Settings) -> Iterator[Stage]:
    """Manuals 1 and 2: ada answers for support; nobody has bought anything yet (`stage.buy`)."""
    for played in stage(cast, "shop", at, tmp_path, settings):
        set_team_members(Team.objects.get(name="Support"), members=[cast.ada], by=cast.otto, at=at)
        yield played


@pytest.fixture
def agency(cast: Cast, at: datetime, tmp_path: Path, settings: Settings) -> Iterator[Stage]:
    """Manual 5: ada is the developers, lena support."""
    for played in stage(cast, "agency", at, tmp_path, settings):
        set_team_members(Team.objects.get(name="Development"), members=[cast.ada], by=cast.otto, at=at)
        set_team_members(Team.objects.get(name="Support"), members=[cast.lena], by=cast.otto, at=at)
        yield played
