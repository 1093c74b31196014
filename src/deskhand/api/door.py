"""Before and behind every operation: what is looked at before anybody is asked who they are, and an answer in JSON in any case.

Light on purpose: it is imported at the start, and the rest of the room with the first request.
"""

import json
import logging
from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from deskhand.desk.queries import current_desk
from deskhand.ui import gates, outage
from deskhand.ui.full import is_full
from deskhand.ui.http import show

log = logging.getLogger("deskhand.api")
_loading = Lock()

LONGEST: Final = 1024 * 1024  # bytes of a request; a message of 100,000 characters, each written as \uXXXX, has 600,000
SAFE: Final = frozenset({"GET", "HEAD"})
_NO_PLACE: Final = ("token", "api_key", "apikey", "access_token", "key", "secret")  # for a secret: addresses are logged


def operation(route: str) -> Callable[..., HttpResponseBase]:
    """The view of one address. It asks for a token itself, so the gate is open, and a browser's session means nothing here."""

    def view(request: HttpRequest, **given: Any) -> HttpResponseBase:  # noqa: ANN401 - parts of the address
        return _safely(request, lambda: _views()[route](request, **given))

    view.__qualname__ = f"operation({route!r})"
    return _open(view)


def _open(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    return gates.before_setup(csrf_exempt(view))


@_open
def nowhere(request: HttpRequest) -> HttpResponseBase:
    """No address of the API."""

    def absent() -> HttpResponseBase:
        raise Http404

    return _safely(request, absent)


@require_safe
@gates.public
def openapi(request: HttpRequest) -> HttpResponse:
    """What there is, for programs."""
    return HttpResponse(_schema(), content_type="application/json")


@require_safe
@gates.public
def guide(request: HttpRequest) -> HttpResponse:
    """What there is, for people."""
    from deskhand.api.guide import groups

    return show(request, "api/guide.html", {"groups": groups(), "public_url": settings.PUBLIC_URL})


def _views() -> Mapping[str, Callable[..., HttpResponseBase]]:
    with _loading:  # the first two requests may come at once
        return _loaded()


@cache
def _loaded() -> Mapping[str, Callable[..., HttpResponseBase]]:
    from deskhand.api.v1 import views

    return views()


def _schema() -> str:
    with _loading:
        return _written()


@cache
def _written() -> str:
    from deskhand.api.v1 import schema

    return json.dumps(schema())


def _safely(request: HttpRequest, ask: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Whatever happens, the answer has the API's shape; what broke is logged, never told."""
    from deskhand.api.problems import Problem, missing

    try:
        _look(request)
        if request.method == "HEAD":
            request.method = "GET"  # the server leaves the body out
        response = ask()
    except Problem as problem:
        return problem.response
    except Http404:
        return missing().response
    except RequestDataTooBig:
        return Problem(413).response
    except PermissionDenied:
        return Problem(403).response
    except (BadRequest, SuspiciousOperation):
        return Problem(400).response
    except Exception as error:
        return _failed(request, error)
    if response.status_code == 405:
        return Problem(405, headers={"Allow": response.headers.get("Allow", "")}).response
    return response


def _look(request: HttpRequest) -> None:
    """Refuse what needs no reading. Raises Problem."""
    from deskhand.api.problems import Problem, unknown_token, wrong
    from deskhand.api.reading import is_text

    if current_desk().set_up_at is None:
        raise Problem(503, headers={"Retry-After": "60"})
    if any(name.lower() in _NO_PLACE for name in request.GET):
        raise unknown_token(_("A token in an address is not taken. Send it in the header: Authorization: Bearer dh_…"))
    if not is_text(request.path):
        raise Http404
    for name, values in request.GET.lists():
        if len(values) > 1 or not is_text(name) or not all(map(is_text, values)):
            raise wrong(name if is_text(name) else "query", _("Once, please, and as a text."))
    if request.method in SAFE:
        return
    if (request.META.get("CONTENT_LENGTH") or "0").isdigit() and int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST:
        raise Problem(413)
    if len(request.body) > LONGEST:
        raise Problem(413)
    if request.body and request.content_type != "application/json":
        raise Problem(415)


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Our fault, or the database's; it may be tried again, with the same idempotency key if it has one."""
    from deskhand.api.problems import Problem

    if outage.is_behind(error) and not is_full(error):
        log.error("the database does not answer: %s", str(error).partition("\n")[0])
        return Problem(503, headers={"Retry-After": str(outage.RETRY_AFTER_S)}).response
    if is_full(error):
        log.critical("no room is left: %s", error)
        return Problem(507).response
    log.exception("%s %s broke", request.method, request.path)
    return Problem(500).response
