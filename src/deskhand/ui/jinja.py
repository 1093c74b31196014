"""The template environment: what every template may use without asking for it.

Components are the global `ui` and not an import, because a named block rendered alone never runs the template's top.
"""

import io
import re
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final, cast
from zipfile import ZipFile

import jinja2
from django.urls import reverse
from django.utils import translation
from markupsafe import Markup

from deskhand.core import text
from deskhand.desk.labels import label
from deskhand.desk.queries import current_desk
from deskhand.entitlements.queries import sold
from deskhand.ui import assets, fields, filters
from deskhand.ui.way_back import kept_way_back

# What an icon is drawn with, without the element around it: a page has a hundred, and css/base.css says how all are drawn.
_LINES: Final = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_TURNED: Final = frozenset({"arrow-left", "chevron-left", "chevron-right", "reply"})  # they point along the line


class _Macros:
    """`ui.badge(…)`: the macros of ui/macros.html, files.html and custom.html, plus what needs to know the page it stands on."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment

    @cached_property
    def _macros(self) -> dict[str, Any]:
        modules = (self._environment.get_template(f"ui/{name}.html").module for name in ("macros", "files", "custom"))
        return {name: macro for module in modules for name, macro in vars(module).items()}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a macro
        try:
            return self._macros[name]
        except KeyError:
            raise AttributeError(name) from None

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
    made.globals["_"] = words
    made.globals.update(
        ui=_Macros(made),
        desk=_CurrentDesk(),
        icon=icon,
        label=label,
        sold=sold,
        static=assets.static,
        url=url,
        language=translation.get_language,
        direction=direction,
        way_back=kept_way_back,
    )
    made.filters.update(
        ago=filters.ago,
        moment=filters.moment,
        clock=filters.clock,
        by_when=filters.by_when,
        can_be_missing=fields.can_be_missing,
        count=filters.count,
        day=filters.day,
        money=filters.money,
        number=filters.number,
        megabytes=filters.megabytes,
        size=filters.bytes_in_words,
        hue=filters.hue,
        initials=text.initials,
    )
    return made


def words(message: str, /, **values: Any) -> Markup:  # noqa: ANN401 - what a sentence has places for
    """A sentence in the reader's language, its values escaped. A page has 120: Jinja and gettext take 9 µs each, this 2."""
    sentence, alone = translated(translation.get_language(), message)
    return alone if alone is not None and not values else sentence % values


@lru_cache(maxsize=20_000)  # languages × sentences of templates, which are few: they are constants
def translated(language: str | None, message: str) -> tuple[Markup, Markup | None]:
    """The sentence in this language, which must be the one that gettext looks at, and how it reads if it has no places."""
    sentence = Markup(translation.gettext(message))  # noqa: S704 - our own sentence, as Jinja's own gettext does
    return sentence, None if "%(" in sentence else sentence % {}


def url(name: str, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - what a URL pattern takes
    """Django's reverse. A list computes its prefix once outside the loop: 100 calls cost 1.6 ms."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def direction() -> str:
    """`rtl` for languages written from right to left."""
    return "rtl" if translation.get_language_bidi() else "ltr"


@cache
def icon(name: str, size: int = 16) -> Markup:
    """A Lucide icon in the color of its text. It is decoration: the words beside it (or an aria-label) speak.

    Raises KeyError for a name that there is not.
    """
    found = _LINES.search(_drawings().read(f"{name}.svg").decode())
    if found is None:
        raise KeyError(name)
    lines = re.sub(r"\s*\n\s*", "", found[1]).replace(" />", "/>")
    kind = "icon turned" if name in _TURNED else "icon"
    box = f'width="{size}" height="{size}" viewBox="0 0 24 24" class="{kind}" aria-hidden="true"'
    return Markup(f"<svg {box}>{lines}</svg>")  # noqa: S704 - from the package's own files, the name is written in our templates


@cache
def _drawings() -> ZipFile:
    """All of them, in memory: to open the file anew for each takes 10 ms."""
    return ZipFile(io.BytesIO((files("lucide") / "lucide.zip").read_bytes()))
