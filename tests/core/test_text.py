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


@pytest.mark.parametrize(
    ("written", "most", "parts"),
    [
        ("", 5, []),
        (" \n ", 5, []),
        ("short", 5, ["short"]),
        ("One.\n\nTwo.\n\nThree.", 14, ["One.\n\nTwo.", "Three."]),
        ("One.\nTwo.\nThree.", 12, ["One.\nTwo.", "Three."]),
        ("One. Two. Three.", 12, ["One. Two.", "Three."]),
        ("He said “no.” And then", 15, ["He said “no.”", "And then"]),
        ("one two three", 8, ["one two", "three"]),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("a\n\nbb cc dd ee", 10, ["a\n\nbb cc", "dd ee"]),  # a paragraph is no good place right at the beginning
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("今日は。明日は。", 5, ["今日は。", "明日は。"]),
        ("list:\n\n    code\n    more", 14, ["list:", "    code", "    more"]),
        ("aaaa\n    bbbb", 9, ["aaaa", "    bbbb"]),  # an indentation stays
        ("e\u0301" * 4, 5, ["e\u0301" * 2] * 2),
        ("👩‍👩‍👧" * 2, 7, ["👩‍👩‍👧"] * 2),
        ("a\r\nb\r\nc", 3, ["a\nb", "c"]),
    ],
)
def test_pieces(written: str, most: int, parts: list[str]) -> None:
    assert text.pieces(written, most) == parts


@given(
    st.text(alphabet=st.one_of(st.sampled_from(" \n\t.!ab。\u0301\u200d"), st.characters(codec="utf-8")), max_size=300),
    st.integers(1, 40),
)
def test_nothing_is_lost_in_pieces_and_none_is_too_long(written: str, most: int) -> None:
    parts = text.pieces(written, most)
    assert [part for part in parts if not 0 < len(part) <= most or part.isspace()] == []
    assert "".join("".join(parts).split()) == "".join(text.paragraphs(written).split())


def test_a_long_text_is_cut_in_linear_time() -> None:
    for hostile in ("x" * 100_000, "\n " * 50_000 + "x", ". " * 50_000, "\u0301" * 100_000):
        assert "".join("".join(text.pieces(hostile, 1000)).split()) == "".join(hostile.split())


def test_pieces_of_nothing_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="0"):
        text.pieces("x", 0)
