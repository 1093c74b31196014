"""Every layout stands by itself: one main landmark, a way to skip to it, the reader's language and direction."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from django.utils import translation

from deskhand.desk.labels import LABELS
from tests.ui.test_macros import CANARY, Elements

urlpatterns = [
    path("in/", lambda _: HttpResponse(), name="account_login"),
    path("out/", lambda _: HttpResponse(), name="account_logout"),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]  # the portal asks for the desk's own words


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, as far as a layout asks."""

    name: str = "Ada Lind"
    pk: int = 1
    configures: bool = True

    def can(self, permission: str) -> bool:
        return self.configures and permission == "desk.configure"


def page(source: str, **context: Any) -> str:  # noqa: ANN401 - what a template takes
    environment: jinja2.Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # Django's Jinja2 backend
    given = {
        "user": Person(),
        "staff": True,
        "request": SimpleNamespace(path="/desk/mailroom/"),
        "csrf_token": "token",
        "messages": [],
        "desk": SimpleNamespace(name="Acme help", hue=20, version=4, is_demo=False, navigation="side"),
        "label": lambda key: str(LABELS[key]),
    }
    return environment.from_string(source).render({**given, **context})


@pytest.mark.parametrize("layout", ["portal", "workspace", "gate", "settings"])
def test_a_layout_has_one_main_part_and_a_link_that_skips_to_it(layout: str) -> None:
    elements = Elements(page(f'{{% extends "ui/{layout}.html" %}}'))
    assert [attributes["id"] for attributes in elements.of("main")] == ["main"]
    assert elements.of("a")[0] == {"class": "skip", "href": "#main"}
    assert [attributes.get("href") for attributes in elements.of("link")][2] == "/brand.css?v=4"


@pytest.mark.parametrize("layout", ["portal", "workspace", "gate", "settings"])
def test_names_and_notices_never_become_elements(layout: str) -> None:
    html = page(
        f'{{% extends "ui/{layout}.html" %}}',
        user=Person(name=CANARY),
        desk=SimpleNamespace(name=CANARY, hue=20, version=4, is_demo=False, navigation="side"),
        messages=[SimpleNamespace(message=CANARY, level_tag=CANARY)],
    )
    assert Elements(html).of("img") == []


def test_language_and_direction_are_the_readers() -> None:
    with translation.override("ar"):
        assert Elements(page('{% extends "ui/gate.html" %}')).of("html") == [{"lang": "ar", "dir": "rtl"}]
    assert Elements(page('{% extends "ui/gate.html" %}')).of("html") == [{"lang": "en", "dir": "ltr"}]


@pytest.mark.parametrize(("front", "main"), [("list", "list"), ("conversation", "conversation")])
def test_the_pane_in_front_is_the_main_part(front: str, main: str) -> None:
    source = (
        '{% extends "ui/workspace.html" %}{% block front %}' + front + "{% endblock %}"
        "{% block list %}<ol></ol>{% endblock %}"
    )
    assert [attributes["class"] for attributes in Elements(page(source)).of("main")] == [main]


def test_a_pane_that_a_page_leaves_empty_is_not_there() -> None:
    empty = page('{% extends "ui/workspace.html" %}')
    full = page('{% extends "ui/workspace.html" %}{% block context %}<section></section>{% endblock %}')
    assert (Elements(empty).of("aside"), len(Elements(full).of("aside"))) == ([], 1)


def test_the_settings_are_offered_only_to_who_may_change_them() -> None:
    shown = {may: "/desk/settings/" in page('{% extends "ui/workspace.html" %}', user=Person(configures=may))
             for may in (True, False)}  # fmt: skip
    assert shown == {True: True, False: False}


def test_the_portal_offers_a_stranger_nothing_but_to_sign_in() -> None:
    elements = Elements(page('{% extends "ui/portal.html" %}', user=None, staff=False))
    assert [attributes["href"] for attributes in elements.of("a")] == ["#main", "/", "/in/"]


@pytest.mark.parametrize("navigation", ["top", "side"])
def test_the_workspace_is_offered_only_to_staff(navigation: str) -> None:
    desk = SimpleNamespace(name="Acme help", hue=20, version=4, is_demo=False, navigation=navigation)
    shown = {
        staff: 'href="/desk/"' in page('{% extends "ui/portal.html" %}', staff=staff, desk=desk)
        for staff in (True, False)
    }
    assert shown == {True: True, False: False}


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_every_error_says_what_to_do(status: int) -> None:
    html = page('{% extends "ui/error.html" %}', status=status)
    assert len(Elements(html).of("h1")) == 1
    assert Elements(html).of("a")[-1] == {"class": "button", "href": "/", "data-kind": "primary"}
