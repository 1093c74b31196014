"""From what a person typed to what a page may show."""

import time

import pytest

from deskhand.core import html


def test_markdown_becomes_harmless_html() -> None:
    prose = html.compose("**Bold** and `code`\r\nnext line\n\n- item")
    assert prose.text == "**Bold** and `code`\nnext line\n\n- item"
    assert prose.html == (
        "<p><strong>Bold</strong> and <code>code</code><br>\nnext line</p>\n<ul>\n<li>item</li>\n</ul>\n"
    )


def test_links_open_safely() -> None:
    assert html.compose("see https://example.com/a").html == (
        '<p>see <a href="https://example.com/a" rel="noopener noreferrer nofollow">https://example.com/a</a></p>\n'
    )


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "![pixel](https://tracker.example/p.gif)",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="https://x" onclick="y" style="z">a</a>',
        "<svg><animate onbegin=alert(1)>",
        "<form action=/sign-out><button>",
    ],
)
def test_nothing_that_acts_survives(written: str) -> None:
    shown = html.compose(written).html
    assert [
        word for word in ("<script", "<img", "<svg", "<form", "<button", 'href="j', 'href="d') if word in shown
    ] == []
    assert html.sanitize(shown) == shown


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ('<p style="x" class="y" id="z" onclick="a">b</p>', "<p>b</p>"),
        ('<a href="javascript:alert(1)">b</a>', '<a rel="noopener noreferrer nofollow">b</a>'),
        ("<!-- a --><p>b</p><style>c</style>", "<p>b</p>"),
    ],
)
def test_sanitize(dirty: str, clean: str) -> None:
    assert html.sanitize(dirty) == clean


@pytest.mark.parametrize(
    "unit",
    ["[", "> ", ">", "*a_", "`", "<div>", "![a](", "- \n  ", "- a\n - a\n", "http://a.", "http://a. ", "http://a.\n", "<http:// ",
     "//a.b/", "[\n:\n", "a@", "1. "],
)  # fmt: skip
def test_hostile_text_costs_little(unit: str) -> None:
    """CPU, with room: the longest message of each stays under two seconds (finding links took twenty)."""
    started = time.process_time()
    html.compose(unit * (html.LONGEST // len(unit)))
    html.compose(unit * (49_000 // len(unit)))
    assert time.process_time() - started < 2


@pytest.mark.parametrize("depth", [3, 9, 18, 19, 20, 21, 50, 440])
@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_nothing_is_lost_in_the_depth(mark: str, depth: int) -> None:
    """The parser drops what is nested too deep; such a text is shown as it was written."""
    assert "the point" in html.compose(f"{mark * depth}the point").html
    lines = "\n".join(f"{'   ' * level}{mark}line {level}" for level in range(min(depth, 60)))
    assert [f"line {level}" in html.compose(lines).html for level in range(min(depth, 60))] == [True] * min(depth, 60)


def test_links_are_found_in_long_texts_but_not_in_endless_paragraphs() -> None:
    link = 'href="https://example.com/__init__.py"'
    words = "word " * 300 + "https://example.com/__init__.py"
    assert link in html.compose(f"{words}\n\n{words}").html
    assert html.compose("\n\n".join([words] * 9)).html.count(link) == 9
    assert html.compose(words * 9).html.count("href") == 0


def test_a_huge_text_is_shown_as_it_is() -> None:
    prose = html.compose("<b>" * 40_000)
    assert prose.html == f"<pre>{'&lt;b&gt;' * 40_000}</pre>"
