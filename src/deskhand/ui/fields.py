"""Fields for what people write, clean before their length is counted, the same on all surfaces."""

from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField

from deskhand.core import html, text

SUBJECT: Final = 200  # characters, as the column


class LineField(forms.CharField):
    """One line; as long as a ticket's subject unless said otherwise."""

    def __init__(self, *, max_length: int = SUBJECT, **options: Any) -> None:  # noqa: ANN401 - what a field takes
        super().__init__(max_length=max_length, **options)

    def to_python(self, value: Any) -> str:  # noqa: ANN401 - whatever a browser sent
        return text.one_line(super().to_python(value) or "")


class MessageField(forms.CharField):
    """What a person writes. Line ends are LF before the length is counted; only blanks is nothing."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - what a field takes
        super().__init__(strip=False, max_length=html.LONGEST, **options)

    def to_python(self, value: Any) -> str:  # noqa: ANN401 - whatever a browser sent
        written = text.paragraphs(super().to_python(value) or "")
        return written if written.strip() else ""


def can_be_missing(bound: BoundField) -> bool:
    """Whether a form can come without what this field must have: then a mark says so (S4.6).

    A list that begins with one of its answers always has one, and so have cards of which one is chosen.
    """
    widget = bound.field.widget
    if not bound.field.required or not isinstance(widget, forms.Select | forms.RadioSelect):
        return bound.field.required
    if widget.allow_multiple_selected:
        return True
    if isinstance(widget, forms.RadioSelect):
        return not bound.value()
    first, _words = next(iter(widget.choices), ("", ""))
    return not str(first)
