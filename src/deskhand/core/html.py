"""From what a person wrote to HTML that is safe on a page and in a mail.

Rendering costs up to some milliseconds, so it happens before a transaction opens: a verb takes a `Prose`.
"""

import re
from dataclasses import dataclass
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import linkify as link_within
from markdown_it.token import Token

from deskhand.core import text as texts

_TAGS = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
         "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
LONGEST: Final = 100_000  # characters of one message
# Hostile Markdown costs up to 10 µs a character, and finding links the square of the length of a word and of a paragraph (20 s
# for 100,000 characters of "http://a."). What is longer is shown as it is, or without links.
_LONGEST_MARKDOWN: Final = 50_000
_LONGEST_LINKED: Final = 10_000  # characters between two empty lines
_LONGEST_PARAGRAPH: Final = 2_000  # in which links with emphasis signs are found
_LONG_WORD: Final = re.compile(r"\S{2000}")
_DEEPEST: Final = 20  # the parser drops what is nested deeper, so such a text is shown as it is


def _parser(*, finds_links: bool) -> MarkdownIt:
    options = {"html": False, "linkify": finds_links, "breaks": True, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options).enable(["linkify", "strikethrough"])
    parser.inline.ruler.at("linkify", _link_in_a_short_paragraph)
    return parser.disable(["image", "html_block", "html_inline", "entity"])


def _link_in_a_short_paragraph(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Links with signs that would begin an emphasis; links without them are found in paragraphs of every length."""
    return len(state.src) <= _LONGEST_PARAGRAPH and link_within(state, silent)


_markdown = _parser(finds_links=True)
_markdown_without_links = _parser(finds_links=False)


@dataclass(frozen=True, slots=True)
class Prose:
    """A text as it was written and as it is shown.

    `text` has LF newlines, its length is its number of code points; `html` is sanitized.
    """

    text: str
    html: str


def compose(written: str) -> Prose:
    """Turn what a person typed (Markdown, or just text) into a Prose."""
    text = texts.paragraphs(written)
    return Prose(text=text, html=sanitize(_rendered(text)))


def _rendered(text: str) -> str:
    if len(text) > _LONGEST_MARKDOWN:
        return _escaped(text)
    is_cheap = max(map(len, text.split("\n\n"))) <= _LONGEST_LINKED and not _LONG_WORD.search(text)
    parser = _markdown if is_cheap else _markdown_without_links
    tokens = parser.parse(text)
    return _escaped(text) if any(map(_is_deepest, tokens)) else parser.renderer.render(tokens, parser.options, {})


def _is_deepest(token: Token) -> bool:
    return token.nesting == 1 and token.level >= _DEEPEST - 1


def sanitize(html: str) -> str:
    """Only harmless tags; links open safely; no style, id, class, image, form or script survives."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _escaped(text: str) -> str:
    return f"<pre>{nh3.clean_text(text)}</pre>"
