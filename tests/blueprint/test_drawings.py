"""The demo's files are what their names say, and the stories name no other."""

from pathlib import Path

import pytest
from pytest_django import Settings

from deskhand.blueprint import drawings
from deskhand.blueprint.stories import fresh_stories, stories
from deskhand.core import blobs, kinds

NAMES = sorted({*drawings.PICTURES, *drawings.PAGES})


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_each_is_of_a_kind_that_a_form_would_take(name: str) -> None:
    made = drawings.drawn(name)
    with made.writer as writer:
        sha256 = writer.finish().sha256
    with blobs.read(sha256) as source:
        head = source.read(kinds.HEAD)
    kind = kinds.kind_of(head, name, allowed=["jpg", "png", "pdf", "zip"])
    assert (kind.slug if kind else None, made.kind) == (made.kind, name.rpartition(".")[2])
    assert made.writer.size < 60_000


def test_the_stories_name_these_and_no_others() -> None:
    told = {name for story in (*stories(), *fresh_stories()) for said in story.messages for name in said.files}
    assert sorted(told) == NAMES
