"""Send a form as a browser does: with what the page put into it, the one-time key included."""

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

Values = dict[str, list[str]]
_NOT_SENT = {"submit", "button", "reset", "image", "file"}


class NoSuchFormError(AssertionError):
    """The page has no form for this address."""


def send(client: Client, page: str, path: str, *, htmx: bool | str = False, **data: Any) -> HttpResponse:  # noqa: ANN401 - form values
    """GET `page`, fill its form whose action is `path` with `data`, POST it. Does not follow the redirect.

    Values that are not in `data` are those the page gave; `name=None` leaves a field out, a list sends it several times.
    `htmx` sends it as htmx does: True takes the form's own target, a word is the id of the target.
    """
    shown = client.get(page)
    assert shown.status_code == 200, f"{page} answered {shown.status_code}"
    html = shown.content.decode()
    return client.post(path, fill(html, path, **data), headers=_htmx_headers(html, path, htmx))


def fill(html: str, path: str, **data: Any) -> Values:  # noqa: ANN401 - form values
    """What a browser would send for the form with this action in `html`, with `data` typed into it."""
    values = dict(_form(html, path).values)
    for name, value in data.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
    return values


def _htmx_headers(html: str, path: str, htmx: bool | str) -> dict[str, str]:  # noqa: FBT001 - as in `send`
    if not htmx:
        return {}
    target = htmx if isinstance(htmx, str) else _form(html, path).attributes.get("hx-target", "")
    return {"HX-Request": "true", "HX-Target": target.lstrip("#")}


class _Form:
    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.values: Values = {}


def _form(html: str, path: str) -> _Form:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = [form for form in reader.forms if form.attributes.get("action") == path]
    if not found:
        raise NoSuchFormError(f"{path} not among {[form.attributes.get('action') for form in reader.forms]}")
    return found[0]


class _Reader(HTMLParser):
    """Collects the forms of a page and the current value of each of their fields (also of fields with form="…")."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._inside: _Form | None = None
        self._select: str | None = None
        self._chosen: list[str] = []
        self._options: list[str] = []
        self._textarea: str | None = None
        self._text = ""
        self._owner: _Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = self._known(got) or _Form(got)
            self._inside.attributes = got
            if self._inside not in self.forms:
                self.forms.append(self._inside)
            return
        owner = self._owner_of(got)
        if owner is None or "disabled" in got:
            return
        match tag:
            case "input":
                self._input(owner, got)
            case "select":
                self._owner, self._select, self._chosen, self._options = owner, got.get("name"), [], []
            case "option" if self._select:
                self._options.append(got.get("value", ""))
                if "selected" in got:
                    self._chosen.append(got.get("value", ""))
            case "textarea":
                self._owner, self._textarea, self._text = owner, got.get("name"), ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select" and self._select and self._owner:
            self._owner.values[self._select] = self._chosen or self._options[:1]
            self._select = None
        elif tag == "textarea" and self._textarea and self._owner:
            self._owner.values[self._textarea] = [self._text.removeprefix("\n")]
            self._textarea = None

    def _input(self, owner: _Form, got: dict[str, str]) -> None:
        name, kind = got.get("name"), got.get("type", "text")
        if not name or kind in _NOT_SENT:
            return
        if kind in {"checkbox", "radio"}:
            if "checked" in got:
                owner.values.setdefault(name, []).append(got.get("value", "on"))
        else:
            owner.values.setdefault(name, []).append(got.get("value", ""))

    def _owner_of(self, got: dict[str, str]) -> _Form | None:
        if "form" not in got:
            return self._inside
        owner = self._known({"id": got["form"]})
        if owner is None:  # a field may stand before its form
            owner = _Form({"id": got["form"]})
            self.forms.append(owner)
        return owner

    def _known(self, got: dict[str, str]) -> _Form | None:
        return next((form for form in self.forms if got.get("id") and form.attributes.get("id") == got["id"]), None)
