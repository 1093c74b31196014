"""`configure` refuses nonsense from any caller."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from deskhand.desk.changes import configure
from deskhand.desk.labels import LABELS
from deskhand.desk.layout import usual_columns, usual_home, usual_tabs
from deskhand.desk.models import Desk
from tests.cast import Cast

NONSENSE: list[tuple[str, Any]] = [
    ("labels", ["topic"]),
    ("labels", {"unknown": "Word"}),
    ("labels", {"topic": ""}),
    ("labels", {"topic": "x" * 61}),
    ("labels", {"topic": "two\nlines"}),
    ("labels", {"topic": "left\u202eright"}),
    ("labels", {"topic": 7}),
    ("home", "tiles"),
    ("home", ["tiles", "weather"]),
    ("home", ["tiles", "tiles"]),
    ("home", [{"tiles": 1}]),
    ("columns", ["number", "status"]),
    ("columns", ["subject", "subject"]),
    ("columns", ["subject", "color"]),
    ("tabs", [{"tab": "open"}]),
    ("tabs", [{"tab": "open", "name": "x" * 41}]),
    ("tabs", [{"tab": "open", "name": "a\tb"}]),
    ("tabs", [{"tab": "open", "name": ""}, {"tab": "open", "name": "Opened"}]),
    ("tabs", [{"tab": "lost", "name": ""}]),
    ("tabs", ["open"]),
    ("announcement", "x" * 2_001),
    ("announcement", "a\x00b"),
    ("guide", "x" * 5_001),
    ("tips", "tip\n" * 13),
    ("tips", "x" * 201),
    ("time_zone", "Nowhere/At_all"),
    ("public_url", "https://a.example/path"),
    ("public_url", "help.example.com"),
    ("public_url", "http://localhost:8000"),
    ("allowed_domains", [f"d{number}.example" for number in range(101)]),
    ("allowed_domains", "acme.example"),
    ("file_kinds", "pdf exe"),
    ("reopen_days", 366),
    ("auto_close_days", 0),
    ("auto_close_days", 366),
    ("auto_close_days", 2),  # the warning leaves two days before
    ("mail_matrix", {"ticket.replied.requester": "yes"}),
    ("hue", 360),
    ("registration", "everybody"),
    ("after_opening", "moon"),
]


@pytest.mark.parametrize(("column", "value"), NONSENSE)
def test_nonsense_is_refused_with_words_and_changes_nothing(
    cast: Cast, at: datetime, column: str, value: object
) -> None:
    before = Desk.objects.values().get()
    with pytest.raises(ValidationError) as refused:
        configure(by=cast.otto, at=at, **{column: value})

    said = refused.value.message_dict
    assert set(said) - {"auto_close_warning_days"} <= {column}
    assert all(sentence.strip() for sentences in said.values() for sentence in sentences)
    assert Desk.objects.values().get() == before


def test_what_makes_sense_is_kept(cast: Cast, at: datetime) -> None:
    values: dict[str, Any] = {
        "labels": {"topic": "Help topic", "open_ticket": "x" * 60},
        "home": ["tiles"],
        "columns": usual_columns()[::-1],
        "tabs": [{"tab": "open", "name": "Opened"}, {"tab": "solved", "name": ""}],
        "announcement": "We are away on Friday.\n\nBack on Monday.",
        "guide": "x" * 5_000,
        "tips": "\n".join(["x" * 200] * 12),
        "time_zone": "Europe/Oslo",
        "public_url": "https://help.example.com:8443",
        "reopen_days": 0,
        "auto_close_days": 3,
        "auto_close_warning_days": 2,
    }
    configure(by=cast.otto, at=at, **values)

    assert Desk.objects.values(*values).get() == values


def test_what_is_usual_makes_sense(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, home=usual_home(), columns=usual_columns(), tabs=usual_tabs())
    configure(by=cast.otto, at=at, home=[], columns=[], tabs=[], labels={})

    desk = Desk.objects.get()
    assert (desk.home_blocks, desk.list_columns, desk.list_tabs) == (usual_home(), usual_columns(), usual_tabs())


def test_a_word_for_each_key(cast: Cast, at: datetime) -> None:
    from deskhand.desk.labels import label

    assert {key: label(key) for key in LABELS} == {key: str(usual) for key, usual in LABELS.items()}
    configure(by=cast.otto, at=at, labels={"topic": "Category"})
    assert (label("topic"), label("subject")) == ("Category", "Subject")
