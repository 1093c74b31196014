"""The manual's page about the file names everything that can stand in it."""

import re
from pathlib import Path

import pytest

from deskhand.blueprint.schema import LISTS, SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "manual" / "blueprint.md"
ROWS = {
    found[1]: found[0] for found in re.finditer(r"^(?:\| |\*\*)(\w+)(?: \||\*\*).*$", PAGE.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("section", [*SECTIONS, *LISTS], ids=lambda section: str(section.name))
def test_the_manual_names_every_key(section: object) -> None:
    keys = [key.name for key in section.keys]  # type: ignore[attr-defined]  # both kinds of sections have them

    assert [key for key in keys if f"`{key}`" not in ROWS[section.name]] == []  # type: ignore[attr-defined]
