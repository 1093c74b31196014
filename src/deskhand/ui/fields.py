"""Fields for what people write, clean before their length is counted, the same on all surfaces."""

from typing import Any, Final

from django import forms

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
