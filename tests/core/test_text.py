"""What comes in from outside, before anybody stores it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.core import text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Printer \t on\r\nfire ", "Printer on fire"),
        ("Bcc: x\r\nSubject: y", "Bcc: x Subject: y"),
        ("nul\x00 bell\x07 escape\x1b[31m", "nul bell escape[31m"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("Cafe\u0301", "Café"),
        ("half \ud83d a pair", "half ? a pair"),
        ("שלום 👩‍👩‍👧", "שלום 👩‍👩‍👧"),
    ],
)
def test_one_line(written: str, kept: str) -> None:
    assert text.one_line(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\r\nb\rc\n", "a\nb\nc"),
        ("\n\n  indented\n", "  indented"),
        ("tab\there\x00", "tab\there"),
        ("half \ud83d", "half ?"),
    ],
)
def test_paragraphs(written: str, kept: str) -> None:
    assert text.paragraphs(written) == kept


@given(st.text(alphabet=st.characters(codec=None)))
def test_cleaning_twice_changes_nothing_and_everything_can_be_stored(written: str) -> None:
    for clean in (text.one_line, text.paragraphs):
        once = clean(written)
        assert clean(once) == once
        assert "\x00" not in once
        assert once.encode().decode() == once


def test_an_excerpt_ends_at_a_word() -> None:
    assert text.excerpt("short") == "short"
    assert text.excerpt("one, two, three", length=10) == "one, two…"
    assert text.excerpt("a\nb") == "a b"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Ada Lovelace", "AL"), ("ada", "A"), ("Jean (Paul) Sartre", "JS"), ("", "?"), ("李 小龙", "李小")],
)
def test_initials(name: str, shown: str) -> None:
    assert text.initials(name) == shown


@pytest.mark.parametrize(
    ("written", "read"),
    [("7", 7), ("#1042", 1042), ("0", 0), ("", None), ("x7", None), ("-7", None), ("７", None), ("9" * 18, 10**18 - 1),
     ("9" * 19, None), ("9" * 5000, None), ("7\n", None)],
)  # fmt: skip
def test_number(written: str, read: int | None) -> None:
    assert text.number(written) == read
