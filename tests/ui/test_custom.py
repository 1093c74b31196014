"""Questions of a desk as fields of a form."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jinja2
import pytest
from django.http import QueryDict
from django.template import engines

from deskhand.ui.custom import CustomForm


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the tickets keep it."""

    slug: str
    label: str
    kind: str = "line"
    hint: str = ""
    options: list[Any] = field(default_factory=list)
    shown_if_id: str | None = None
    shown_value: str = ""

    @property
    def pk(self) -> str:
        return self.slug


BRAND = Question("brand", "Brand", "choice", options=["North", "South"])
PLACES = Question("places", "Places", "several", "Where it happens.", ["Shop", "Till", "Office"])
FRAGILE = Question("fragile", "Fragile", "checkbox")
ISSUE = Question("issue", "Issue", "line", shown_if_id="brand", shown_value="North")


def asking(word: str, *, kind: str = "line") -> CustomForm:
    """A form that asks one question whose every part is this word."""
    form = CustomForm({})
    question = Question("issue", word, kind, word, [word], "brand", word)
    form.ask([Question("brand", word), question], must=(), known={})
    form.refuse({"issue": word})
    return form


def sent(query: str, *questions: Question) -> CustomForm:
    form = CustomForm(QueryDict(query))
    form.ask(questions, must={"brand", "issue"})
    return form


@pytest.fixture
def render() -> Callable[[CustomForm], str]:
    environment: jinja2.Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # the backend is Django's Jinja2
    return lambda form: environment.from_string("{{ ui.asked(form) }}").render(form=form)


def test_s4_7_answers_come_as_the_form_sent_them() -> None:
    query = "field_brand=+North&field_places=Till&field_places=Shop&field_fragile=yes&field_other=x"
    form = sent(query, BRAND, PLACES, FRAGILE, ISSUE)
    assert form.is_valid()
    assert form.given == {"brand": " North", "places": ["Till", "Shop"], "fragile": True}


def test_s4_6_a_mandatory_question_says_so_and_the_browser_asks_for_it(render: Callable[[CustomForm], str]) -> None:
    html = render(sent("", BRAND, PLACES))
    assert html.count('<span class="req" aria-hidden="true">*</span><span class="visually-hidden">required</span>') == 1
    assert '<select name="field_brand" required' in html


def test_a_question_with_a_condition_waits_for_it_and_never_stops_a_browser_without_scripts(
    render: Callable[[CustomForm], str],
) -> None:
    html = render(sent("", BRAND, ISSUE))
    assert '<desk-if data-field="field_brand" data-value="North"><div class="field"' in html
    assert '<input type="text" name="field_issue" maxlength="200" id="id_field_issue">' in html
    assert html.count('class="req"') == 2


def test_what_is_wrong_stands_at_its_question_and_elsewhere_on_top(render: Callable[[CustomForm], str]) -> None:
    form = sent("field_brand=South", BRAND)
    form.refuse({"brand": "Not that one.", "gone": "Ask again."})
    assert form.non_field_errors() == ["Ask again."]
    html = render(form)
    assert '<span class="error" id="id_field_brand_error">Not that one.</span>' in html
    assert '<option value="South" selected>' in html


def test_known_answers_are_shown_and_one_that_can_be_chosen_no_more_is_kept(
    render: Callable[[CustomForm], str],
) -> None:
    form = CustomForm()
    form.ask([BRAND, PLACES, FRAGILE], must=(), known={"brand": "West", "places": ["Attic", "Till"], "fragile": True})
    assert form.answers == {"brand": "West", "places": ["Attic", "Till"], "fragile": True}
    html = render(form)
    assert '<option value="West" selected>West</option>' in html
    places = re.findall(r'name="field_places" value="(\w+)" id="\w+"( checked)?', html)
    assert places == [("Shop", ""), ("Till", " checked"), ("Office", ""), ("Attic", " checked")]
    assert '<input type="checkbox" name="field_fragile" value="yes" id="id_field_fragile" checked>' in html


def test_what_was_typed_before_wins_over_what_was_known() -> None:
    form = CustomForm(initial={"field_brand": "North"})
    form.ask([BRAND], must=(), known={"brand": "South"})
    assert form.answers == {"brand": "North"}


@pytest.mark.parametrize(("says", "shown"), [("yes", ' data-value="yes"><'), ("No", ' data-value="yes" data-unless><')])
def test_a_condition_can_be_a_checkbox_that_is_or_is_not_ticked(
    render: Callable[[CustomForm], str], says: str, shown: str
) -> None:
    html = render(sent("", FRAGILE, Question("care", "Care", shown_if_id="fragile", shown_value=says)))
    assert f'<desk-if data-field="field_fragile"{shown}' in html


def test_a_question_whose_condition_is_not_asked_is_simply_asked(render: Callable[[CustomForm], str]) -> None:
    assert "<desk-if" not in render(sent("", ISSUE))
