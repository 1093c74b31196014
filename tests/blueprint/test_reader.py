"""What is wrong with a file is said with its line and what to do, all of it at once; and nothing in it is ever run."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from deskhand.blueprint import changes
from deskhand.blueprint.document import BlueprintError
from deskhand.blueprint.reader import read
from deskhand.blueprint.shapes import Line, Text
from tests.cast import Cast


def told(text: str) -> list[tuple[int, str]]:
    """Every problem of this file."""
    with pytest.raises(BlueprintError) as caught:
        read(text)
    return [(problem.line, problem.words) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "A blueprint begins with “format: 1” and has sections below."),
        ("- a\n", 1, "A blueprint begins with “format: 1” and has sections below."),
        ("desk:\n  hue: 1\n", 1, "Begin the file with “format: 1”, so that later versions know how to read it."),
        ("format: 2\n", 1, "This Deskhand reads format 1. Write “format: 1”, or update Deskhand first."),
        ("format: 1\ndesks:\n  hue: 1\n", 2, "There is no “desks” here. Did you mean “desk”?"),
        ("format: 1\ndesk:\n  hew: 1\n", 3, "There is no “hew” here. Did you mean “hue”?"),
        ("format: 1\ndesk:\n  hue: blue\n", 3, "hue: Write a number from 0 to 359."),
        ("format: 1\ndesk:\n  hue: 360\n", 3, "hue: Write a number from 0 to 359."),
        ("format: 1\ndesk:\n  name: [a]\n", 3, "name: Here must stand one value, no list."),
        ("format: 1\ndesk: Support\n", 2, "Here must stand keys and values, such as “name: Open”."),
        ("format: 1\ndesk:\n  hue: 1\n  hue: 2\n", 4, "“hue” stands here already, on line 3. Keep one of them."),
        (
            "format: 1\ndesk:\n  time_zone: Europe/Olso\n",
            3,
            "time_zone: “Europe/Olso” is not known here. Did you mean “Europe/Oslo”?",
        ),
        ("format: 1\nlist:\n  expands_in_place: maybe\n", 3, "expands_in_place: Write true or false."),
        ("format: 1\nlist:\n  tabs: {opened: x}\n", 3, "tabs: “opened” is not known here. Did you mean “open”?"),
        ("format: 1\nlist:\n  columns: [subject, subject]\n", 3, "columns: “subject” stands here twice."),
        ("format: 1\npolicies:\n  reopen_days: 0\n", 3, "reopen_days: Write a number from 1 to 365 or “always”."),
        (
            "format: 1\npriorities:\n  low: {name: Low, meaning: x, first_response: soon}\n",
            3,
            "first_response: Write a time such as “30 min”, “4 h” or “2 days”, or “none”.",
        ),
        (
            "format: 1\npriorities:\n  lowest: {name: a, meaning: b}\n",
            3,
            "There is no “lowest” here. Did you mean “low”?",
        ),
        ("format: 1\ntopics:\n  - team: IT\n", 3, "Here “name” is missing."),
        (
            "format: 1\ntopics:\n  - name: a\n  - name: A\n",
            4,
            "“A” stands in this list already, on line 3. Name or remove one of them.",
        ),
        (
            "format: 1\ntopics:\n  - name: a › b\n",
            3,
            "A topic’s name cannot hold “›”: it stands between a topic and those below it.",
        ),
        ("format: 1\nfields:\n  a:\n    label: " + "x" * 81 + "\n", 4, "label: At most 80 characters; these are 81."),
        (
            "format: 1\nfields:\n  a: {label: b, options: [c, c]}\n",
            3,
            "options: Each line of this list must say something else.",
        ),
        (
            "format: 1\nfields:\n  a: {label: b, only_if: c}\n",
            3,
            "only_if: Write one field and its value: {field: value}.",
        ),
        (
            "format: 1\nfields:\n  a: {label: b, asked_in: CRM}\n",
            3,
            "asked_in: Write “everywhere” or a list of topics in brackets.",
        ),
        (
            'format: 1\ndesk:\n  name: "a\\u0007b"\n',
            3,
            "name: There are signs in it that cannot be shown. Type it anew.",
        ),
        ("format: 1\nmails:\n  off: [opened.requester]\n", 3, None),
    ],
)
def test_each_mistake_is_said_with_its_line_and_what_to_do(text: str, line: int, words: str | None) -> None:
    found = told(text)

    assert [problem[0] for problem in found] == [line]
    assert words is None or found[0][1] == words


def test_all_mistakes_are_said_at_once_in_the_files_order() -> None:
    text = "format: 1\nfiles:\n  limit_mb: 900\ndesk:\n  hue: x\ntopics:\n  - {}\n"

    assert [line for line, _words in told(text)] == [3, 5, 7]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("format: 1\ndesk:\n  name: 'a\n", 4, "This is not YAML"),
        ("format: 1\n\tdesk: 1\n", 2, "This is not YAML"),
        ("format: 1\ndesk: &a\n  name: x\n", 2, "Anchors and aliases"),
        ("format: 1\na: *b\n", 2, "Anchors and aliases"),
        ("format: 1\ndesk:\n  name: !!python/object/apply:os.system [id]\n", 3, "Tags (!) are not used here"),
        ("format: 1\nx: " + "[" * 5000, 2, "nested too deep"),
        ("format: 1\n---\nformat: 1\n", 2, "This is not YAML"),
        ("format: 1\ndesk:\n  name: a\x00b\n", 0, "signs in it that no text has"),
        ("#" * 300_000, 0, "too large"),
    ],
)
def test_what_is_no_plain_yaml_or_hides_its_size_is_refused_before_anything_is_built(
    text: str, line: int, words: str
) -> None:
    found = told(text)

    assert [problem[0] for problem in found] == [line]
    assert words in found[0][1]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "topics:\n  - name: CRM\n    team: Suport\n",
            [(3, "There is no team “Suport”: add it to “teams”, or correct it here. Did you mean “Support”?")],
        ),
        (
            "topics:\n  - name: CRM\n    assignee: carl@customer.example\n",
            [
                (
                    3,
                    "Nobody of the staff has the address carl@customer.example: make the account first, or leave the line out.",
                )
            ],
        ),
        (
            "topics:\n  - name: a\n    default: true\n  - name: b\n    default: true\n",
            [(5, "“a” says “default: true” already; only one can.")],
        ),
        ("topics: []\n", [(2, "At least one topic is needed: customers choose one.")]),
        (
            "topics:\n  - name: a\n  - name: b\n    archived: true\n    topics:\n      - name: c\n",
            [(7, "The topic above it is archived: archive this one too, or move it.")],
        ),
        (
            "fields:\n  a: {label: A, asked_in: [Generel]}\n",
            [(3, "There is no topic “Generel”. Did you mean “General”?")],
        ),
        (
            "fields:\n  a: {label: A, only_if: {c: x}}\n  b: {label: B, staff: hidden}\n",
            [
                (3, "“only_if” names “c”, which is no field of this file. Choose one of: a, b."),
                (4, "Staff sees every field: write “read” for staff."),
            ],
        ),
        (
            (
                "fields:\n  a: {label: A, kind: checkbox, only_if: {b: 'yes'}}\n"
                "  b: {label: B, kind: checkbox, only_if: {a: 'yes'}}\n"
            ),
            [
                (3, "“only_if” goes in a circle: “a” would be asked by itself."),
                (4, "“only_if” goes in a circle: “b” would be asked by itself."),
            ],
        ),
        (
            "fields:\n  a b: {label: A}\n",
            [(3, "A field’s name has letters, digits and - only, at most 40: “serial-number”.")],
        ),
        (
            "policies:\n  auto_close_days: 2\n  auto_close_warning_days: 3\n",
            [
                (
                    4,
                    "policies.auto_close_warning_days: The warning must leave before the ticket closes: fewer days than 2.",
                )
            ],
        ),
        (
            "list:\n  columns: [number]\n",
            [(3, "list.columns: The subject must be among the columns: it opens the ticket.")],
        ),
        (
            "mail_words:\n  opened-customer: {text: 'Hi {nmae}'}\n",
            [(3, "“opened-customer”: Nothing stands for {nmae} in this mail.")],
        ),
        (
            "statuses:\n  - {name: a, category: open}\n",
            [
                (2, f"A status of the category “{category}” is missing: tickets would have nowhere to go.")
                for category in ("in_progress", "waiting", "resolved", "closed")
            ],
        ),
    ],
)
def test_what_this_desk_cannot_be_is_said_with_its_line_too(
    cast: Cast, at: datetime, text: str, problems: list[tuple[int, str]]
) -> None:
    with pytest.raises(BlueprintError) as caught:
        changes.preview(f"format: 1\n{text}", by=cast.otto, at=at)

    assert [(problem.line, problem.words) for problem in caught.value.problems] == problems


def test_words_stay_words_whatever_yaml_makes_of_them() -> None:
    text = "format: 1\nfields:\n  a: {label: No, kind: choice, options: [yes, 1.0, null, 2026-01-01, 0x1F]}\n"
    (entry,) = read(text).lists["fields"]

    assert (entry.text("label"), entry.texts("options")) == ("No", ("yes", "1.0", "null", "2026-01-01", "0x1F"))


_WORDS = some.text(some.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(_WORDS)
def test_every_line_of_text_survives_the_file(text: str) -> None:
    written = Line(60).written(text)

    assert read(f"format: 1\ndesk:\n  name: {written}\n").settings["desk.name"] == text
    assert (
        read(f"format: 1\nfields:\n  a: {{label: x, hint: {written}, kind: line}}\n").lists["fields"][0].text("hint")
        == text
    )


@given(some.lists(_WORDS, max_size=5).map("\n".join))
def test_every_text_of_many_lines_survives_the_file(text: str) -> None:
    first, *more = Text(5000).written(text.strip("\n")).split("\n")
    block = "".join(f"    {line}\n" if line else "\n" for line in more)

    assert read(f"format: 1\nportal:\n  guide: {first}\n{block}").settings["portal.guide"] == text.strip("\n")


@given(some.text(max_size=200))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    for whole in (text, f"format: 1\n{text}", f"format: 1\ntopics:\n  - name: {text}"):
        try:
            read(whole)
        except BlueprintError as error:
            assert error.problems  # noqa: PT017 - either it is read, or it says what is wrong
