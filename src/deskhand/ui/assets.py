"""Everything a browser loads besides pages: style sheets, scripts, the icon. Kept in memory, compressed once.

The sources stay one file per component; the browser gets one style sheet and one script beside htmx, because twenty small
files cost twenty answers. Every address carries a hash of all contents: it may be kept for ever and is never stale, and there
is no build or collect step.
"""

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

PREFIX = "/assets/"
_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: `plain` bytes and the same `packed` with gzip."""

    content_type: str
    plain: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """All assets by name, such as `deskhand.css` or `js/deskhand.js`."""
    files = {
        "deskhand.css": _style_sheet(),
        "js/htmx.js": _htmx(),
        "js/deskhand.js": _script("deskhand.js"),
        "js/set_up.js": _script("set_up.js"),
    }
    files |= {f"icons/{path.name}": path.read_bytes() for path in sorted((_FOLDER / "icons").iterdir())}
    return {
        name: Asset(_TYPES[Path(name).suffix], content, gzip.compress(content, 9, mtime=0))
        for name, content in files.items()
        if Path(name).suffix in _TYPES
    }


@cache
def version() -> str:
    """Changes whenever the content of any asset does."""
    digest = hashlib.sha256()
    for name, asset in sorted(assets().items()):
        digest.update(name.encode() + b"\0" + asset.plain)
    return digest.hexdigest()[:12]


def static(name: str) -> str:
    """The address of an asset; KeyError for one that does not exist, so that a typing mistake fails a test."""
    assets()[name]
    return f"{PREFIX}{version()}/{name}"


class Assets:
    """Middleware: answers /assets/ before a session or a database is touched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The asset, a 404 for an unknown name, or whatever the desk answers elsewhere."""
        if request.path == "/favicon.ico":
            return _answer(request, "icons/desk.svg", is_current=False)
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        asked, _, name = request.path.removeprefix(PREFIX).partition("/")
        return _answer(request, name, is_current=asked == version())


def _answer(request: HttpRequest, name: str, *, is_current: bool) -> HttpResponse:
    asset = assets().get(name)
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if asset is None:
        return HttpResponseNotFound("", content_type="text/plain")
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(asset.packed if is_packed else asset.plain, content_type=asset.content_type)
    if is_packed:
        response["Content-Encoding"] = "gzip"
    # A page from before an update asks for its old hash: it gets what exists now, and nobody keeps that.
    response["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _style_sheet() -> bytes:
    """The tokens first because they declare the order of the layers, then every other file."""
    folder = _FOLDER / "css"
    first = [folder / "tokens.css", folder / "reset.css", folder / "base.css"]
    others = [path for path in sorted(folder.rglob("*.css")) if path not in first]
    return b"\n".join(path.read_bytes() for path in [*first, *others])


_IMPORT: Final = re.compile(r"""^import (?:(\{[^}]+\}) from )?["']\./(\w+)\.js["'];\n""", re.M)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.M)
_REMARK: Final = re.compile(r"^ *//.*\n", re.M)


def _script(name: str) -> bytes:
    """A module and all it imports as one module: each a function called once, in the order in which they need each other."""
    made: dict[str, str] = {}
    _include(name.removesuffix(".js"), made)
    return "".join(made.values()).encode()


def _include(module: str, made: dict[str, str]) -> None:
    source = _REMARK.sub("", (_FOLDER / "js" / f"{module}.js").read_text())
    for _names, needed in _IMPORT.findall(source):
        if needed not in made:
            _include(needed, made)
    offered = ", ".join(_EXPORT.findall(source))
    source = _IMPORT.sub(lambda found: f"const {found[1]} = ${found[2]};\n" if found[1] else "", source)
    made[module] = f"const ${module} = (() => {{\n{_EXPORT.sub('', source)}return {{ {offered} }};\n}})();\n"


def _htmx() -> bytes:
    folder = resources.files("django_htmx") / "static" / "django_htmx"
    return (folder / "htmx-2.min.js").read_bytes()
