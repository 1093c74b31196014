"""Every component renders alone, says in words what it shows in color, and lets no markup through."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import jinja2
import pytest
import time_machine
from django import forms
from django.template import engines
from markupsafe import Markup

from deskhand.core.html import compose
from deskhand.ui import assets, uploads
from deskhand.ui.files import File
from tests.ui.test_custom import asking

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CANARY = '"><img src=x onerror=alert(1)>'


@dataclass(frozen=True, slots=True)
class Words:
    """A message as a page's query gives it."""

    pk: int = 7
    kind: str = "customer"
    name: str = "Carl Young"
    person_pk: int = 3
    role: str = "customer"
    at: datetime = NOW
    html: str = "<p>Hello</p>"
    is_redacted: bool = False
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that waits for its message."""

    key: str
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class FilesOfAForm:
    """A form's file box, with a canary wherever somebody else's words stand."""

    files: tuple[Staged, ...] = ()
    refused: tuple[uploads.Refused, ...] = (uploads.Refused(CANARY, CANARY),)
    used: int = 5
    limit: int = 10
    kinds: str = CANARY
    accept: str = CANARY


class Form(forms.Form):
    subject = forms.CharField(help_text=CANARY)
    text = forms.CharField(widget=forms.Textarea, label=CANARY)
    topic = forms.ChoiceField(choices=[(CANARY, CANARY)])
    level = forms.ChoiceField(choices=[("low", CANARY)], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label=CANARY)
    hidden = forms.CharField(widget=forms.HiddenInput)


def filled() -> Form:
    """A form that was sent with nothing right in it."""
    form = Form({"subject": "", "text": CANARY, "topic": CANARY + "x", "hidden": CANARY})
    form.add_error(None, CANARY)
    form.add_error("text", CANARY)
    return form


class Elements(HTMLParser):
    """The elements of a page, as a browser would make them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements with this tag."""
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def environment() -> jinja2.Environment:
    made: jinja2.Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # the backend is Django's Jinja2
    return made


@pytest.fixture
def render(environment: jinja2.Environment) -> Callable[..., str]:
    def one(source: str, **context: Any) -> str:  # noqa: ANN401 - what a template takes
        with time_machine.travel(NOW, tick=False):
            return environment.from_string(source).render(context)

    return one


EVERY = {
    "badge": '{{ ui.badge(x, x) }}',
    "priority": '{{ ui.priority(x, x) }}',
    "avatar": '{{ ui.avatar(x, 3, agent=True, size="small") }}',
    "time": '{{ ui.time(now) }}',
    "button": '{{ ui.button(x, kind=x, icon_name="plus", key=x, attrs={"name": x}) }}{{ ui.button(x, url=x) }}',
    "once": '{{ ui.once(x) }}',
    "csrf": '{{ ui.csrf() }}',
    "field": '{% for f in form %}{{ ui.field(f, hint=x, wide=True, limit=10) }}{% endfor %}{{ ui.field(form.subject) }}',
    "counter": '{{ ui.counter(x, 1000, short=50) }}',
    "in_parts": '{{ ui.in_parts(True) }}',
    "choices": '{{ ui.choices(form.level, meanings={"low": x}, hint=x) }}',
    "errors": '{{ ui.errors(form) }}',
    "empty": '{{ ui.empty("inbox", x, x, x) }}',
    "event": '{{ ui.event(x, now, who=x) }}',
    "message": '{% call ui.message(m) %}{{ x }}{% endcall %}',
    "countdown": '{{ ui.countdown(now, x, x) }}',
    "tabs": '{{ ui.tabs([(x, x, True, 3), (x, x, False, none)], x) }}',
    "search": '{{ ui.search(x, x, x) }}',
    "pager": '{{ ui.pager(x, x) }}',
    "promise": '{{ ui.promise(x, x, x) }}',
    "menu": '{% call ui.menu(x, name=x, key=x) %}{{ x }}{% endcall %}',
    "toast": '{{ ui.toast(x, x) }}',
    "notice": '{% call ui.notice(x) %}{{ x }}{% endcall %}',
    "modes": '{{ ui.modes(x, x, name=x) }}',
    "recipient": '{{ ui.recipient(x) }}',
    "writing": '{{ ui.writing(x, x, x, x, draft=x, invalid=True, error_id=x) }}',
    "sending": '{% call ui.sending(x, x) %}{{ x }}{% endcall %}{{ ui.sending(x) }}',
    "back": '{{ ui.back(x, x) }}',
    "file_icon": '{{ ui.file_icon(x) }}',
    "files": '{{ ui.files(m.files) }}',
    "staged": '{{ ui.staged(box) }}',
    "attach": '{{ ui.attach(box, draft=x, notes=True) }}',
    "choose_files": '{{ ui.choose_files(box) }}',
    "prose": '{{ ui.prose(prose) }}',
    "asked": '{{ ui.asked(asking) }}',
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_no_macro_turns_words_into_elements(render: Callable[..., str], name: str) -> None:
    file = File(name=CANARY, kind=CANARY, size=5, url=CANARY)
    html = render(
        EVERY[name], x=CANARY, form=filled(), asking=asking(CANARY, kind="several"), now=NOW, csrf_token=CANARY,
        prose=compose(CANARY),
        m=Words(name=CANARY, role=CANARY, kind=CANARY, files=(file,)),
        box=FilesOfAForm(files=(Staged(CANARY, CANARY, CANARY, 5),)),
    )  # fmt: skip
    elements = Elements(html)
    assert elements.of("img") == []
    assert [attributes for _, attributes in elements.found if "onerror" in attributes] == []
    assert html.strip() != ""


def test_every_macro_is_tried(environment: jinja2.Environment) -> None:
    modules = [environment.get_template(f"ui/{name}.html").module for name in ("macros", "files", "custom")]
    macros = {name: macro for module in modules for name, macro in vars(module).items()}
    names = {name for name, macro in macros.items() if isinstance(macro, jinja2.runtime.Macro)}
    assert {name for name in names if not name.startswith("_")} | {"csrf"} == set(EVERY)


def test_a_field_names_its_hint_and_its_error(render: Callable[..., str]) -> None:
    elements = Elements(render('{{ ui.field(form.subject, hint="One line") }}', form=filled()))
    (attributes,) = elements.of("input")
    assert attributes["aria-describedby"] == "id_subject_helptext id_subject_error"
    assert attributes["aria-invalid"] == "true"
    assert [found["id"] for _, found in elements.found if found.get("id", "id_subject") != "id_subject"] == [
        "id_subject_helptext",
        "id_subject_error",
    ]


def test_a_required_field_says_so_in_words_and_an_optional_one_does_not(render: Callable[..., str]) -> None:
    class Both(forms.Form):
        must = forms.CharField()
        may = forms.CharField(required=False)

    assert render("{{ ui.field(form.must) }}", form=Both()).count("required</span>") == 1
    assert render("{{ ui.field(form.may) }}", form=Both()).count("required") == 0


@pytest.mark.parametrize(
    ("field", "value", "marks"),
    [
        (forms.ChoiceField(choices=[("a", "A"), ("b", "B")]), None, 0),
        (forms.ChoiceField(choices=[("", "Choose one"), ("a", "A")]), "a", 1),
        (forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect), "a", 0),
        (forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect), None, 1),
        (forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple), ["a"], 1),
        (forms.MultipleChoiceField(choices=[("a", "A")]), ["a"], 1),
    ],
)
def test_s4_6_a_choice_that_always_has_an_answer_has_no_mark(
    render: Callable[..., str], field: forms.Field, value: object, marks: int
) -> None:
    form = forms.Form(initial={"one": value})
    form.fields["one"] = field
    assert render("{{ ui.field(form.one) }}", form=form).count('class="req"') == marks


def test_the_summary_of_errors_links_to_each_field(render: Callable[..., str]) -> None:
    elements = Elements(render("{{ ui.errors(form) }}", form=filled()))
    links = [attributes["href"] for attributes in elements.of("a")]
    assert links == ["#id_subject", "#id_text", "#id_topic", "#id_level", "#id_agreed"]
    assert elements.of("div") == [{"class": "errors", "role": "alert", "tabindex": "-1", "data-focus": None}]
    assert render("{{ ui.errors(form) }}", form=Form()).strip() == ""


def test_only_a_note_says_that_it_is_internal(render: Callable[..., str]) -> None:
    words = "Internal – the customer cannot see this"
    shown = {kind: words in render("{{ ui.message(m) }}", m=Words(kind=kind)) for kind in ("customer", "agent", "note")}
    assert shown == {"customer": False, "agent": False, "note": True}


def test_a_removed_message_shows_nothing_of_its_text(render: Callable[..., str]) -> None:
    assert "Hello" in render("{{ ui.message(m) }}", m=Words())
    assert "Hello" not in render("{{ ui.message(m) }}", m=Words(is_redacted=True))


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=22), "22 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=12), "yesterday"),
        (timedelta(days=8), "14 Nov"),
        (timedelta(days=400), "18 Oct 2025"),
    ],
)
def test_how_long_ago_reads_as_a_person_says_it(render: Callable[..., str], before: timedelta, words: str) -> None:
    assert render("{{ at|ago }}", at=NOW - before) == words


def test_times_and_counts(render: Callable[..., str]) -> None:
    source = "{{ at|moment }}; {{ at|clock }}; {{ before|clock }}; {{ 12|count }}; {{ 1000|count }}; {{ 1001|count }}"
    text = render(source, at=NOW, before=NOW - timedelta(days=8))
    assert text == "22 Nov 2026, 09:30; 09:30; 14 Nov, 09:30; 12; 1,000; 1,000+"


def test_an_unknown_name_in_a_template_is_an_error(render: Callable[..., str]) -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("{{ tcket }}")


def test_an_icon_is_decoration_in_the_color_of_its_text(render: Callable[..., str]) -> None:
    (attributes,) = Elements(render('{{ icon("lock", 14) }}')).of("svg")
    assert attributes == {"class": "icon", "aria-hidden": "true", "width": "14", "height": "14", "viewbox": "0 0 24 24"}


def test_an_icon_that_points_along_the_line_turns_where_lines_begin_at_the_right(render: Callable[..., str]) -> None:
    drawn = Elements(render('{{ icon("chevron-left") }}{{ icon("chevron-down") }}')).of("svg")
    assert [attributes["class"] for attributes in drawn] == ["icon turned", "icon"]
    rule = '[dir="rtl"] .button .icon.turned { scale: -1 1; }'
    assert rule in assets.assets()["deskhand.css"].plain.decode()


def test_the_message_of_a_person_keeps_its_sanitized_markup(render: Callable[..., str]) -> None:
    html = render("{{ ui.message(m) }}", m=Words(html=Markup("<p>A <strong>bold</strong> word</p>")))
    assert "<p>A <strong>bold</strong> word</p>" in html


def test_a_picture_keeps_its_proportion_and_its_place(render: Callable[..., str]) -> None:
    shapes = [(480, 320), (100, 50), (60, 320)]
    files = [File(f"{width}.png", "png", 5, "/f", "/t", width, height) for width, height in shapes]
    images = Elements(render("{{ ui.files(files) }}", files=files)).of("img")
    assert [(image["width"], image["height"]) for image in images] == [("240", "160"), ("100", "50"), ("30", "160")]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "1 kB"), (1025, "2 kB"), (1_048_575, "1,024 kB"), (1_048_576, "1 MB"), (31_457_280, "30 MB"), (31_457_281, "30.1 MB")],
)  # fmt: skip
def test_a_size_is_rounded_up_so_that_one_byte_too_much_shows(
    render: Callable[..., str], size: int, words: str
) -> None:
    assert render("{{ size|size }}", size=size) in {words, words.replace(",", "")}
