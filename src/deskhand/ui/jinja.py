"""The template environment: what every template may use without asking for it.

Components are the global `ui` and not an import, because a named block rendered alone never runs the template's top.
"""

from functools import cache, cached_property
from typing import Any, cast

import jinja2
from django.urls import reverse
from django.utils import translation
from lucide.jinja import lucide
from markupsafe import Markup

from deskhand.core import text
from deskhand.desk.queries import current_desk
from deskhand.ui import assets, filters


class _Macros:
    """`ui.badge(…)`: the macros of ui/macros.html, plus what needs to know the page it stands on."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment

    @cached_property
    def _module(self) -> jinja2.environment.TemplateModule:
        return self._environment.get_template("ui/macros.html").module

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a macro
        return getattr(self._module, name)

    @jinja2.pass_context
    def csrf(self, context: jinja2.runtime.Context) -> Markup:
        """The hidden input that every form with method="post" needs."""
        return Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(context["csrf_token"])


class _CurrentDesk:
    """`desk.name`, `desk.hue`, `desk.version`: read when a page asks, never when the environment is made."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a column
        return getattr(current_desk(), name)


def environment(**options: Any) -> jinja2.Environment:  # noqa: ANN401 - what Django's backend passes
    """What settings.TEMPLATES names. An unknown name in a template is an error, not an empty string."""
    made = jinja2.Environment(  # noqa: S701 - autoescape is set below, over whatever came in
        **{
            **options,
            "autoescape": True,
            "undefined": jinja2.StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "extensions": ["jinja2.ext.i18n", *options.get("extensions", [])],
        }
    )
    # The extension adds this method; its stub does not say so.
    cast(Any, made).install_gettext_callables(
        translation.gettext, translation.ngettext, newstyle=True, pgettext=translation.pgettext
    )
    made.globals.update(
        ui=_Macros(made),
        desk=_CurrentDesk(),
        icon=icon,
        static=assets.static,
        url=url,
        language=translation.get_language,
        direction=direction,
    )
    made.filters.update(
        ago=filters.ago,
        moment=filters.moment,
        clock=filters.clock,
        count=filters.count,
        hue=filters.hue,
        initials=text.initials,
    )
    return made


def url(name: str, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - what a URL pattern takes
    """Django's reverse. A list computes its prefix once outside the loop: 100 calls cost 1.6 ms."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def direction() -> str:
    """`rtl` for languages written from right to left."""
    return "rtl" if translation.get_language_bidi() else "ltr"


@cache
def icon(name: str, size: int = 16) -> Markup:
    """A Lucide icon in the color of its text. It is decoration: the words beside it (or an aria-label) speak."""
    drawing = lucide(name, size=size, **{"class": "icon", "aria-hidden": "true", "focusable": "false"})
    return Markup(drawing)  # noqa: S704 - from the package's own files, the name is written in our templates
