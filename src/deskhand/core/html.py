"""From what a person wrote to HTML that is safe on a page and in a mail.

Rendering costs up to some milliseconds, so it happens before a transaction opens: a verb takes a `Prose`.
"""

from dataclasses import dataclass

import nh3
from markdown_it import MarkdownIt

from deskhand.core import text as texts

_TAGS = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
         "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 20}).enable(
    ["linkify", "strikethrough"]
)
_markdown.disable(["image", "html_block", "html_inline", "entity"])

LONGEST = 100_000  # characters; past this a text is shown as it is, because parsing hostile Markdown can be slow


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
    rendered = _markdown.render(text) if len(text) <= LONGEST else _escaped(text)
    return Prose(text=text, html=sanitize(rendered))


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
