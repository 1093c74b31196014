"""The operations of version 1, put together. Imported with the first request (`api.door`): ninja and pydantic take 0.3 s."""

import logging
import re
from collections.abc import Callable
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from deskhand.api import licenses, purchases, tickets
from deskhand.api.problems import Problem, missing, sentences, wrong
from deskhand.api.reading import Strict
from deskhand.api.urls import PREFIX

log = logging.getLogger("deskhand.api")

View = Callable[..., HttpResponseBase]
_CONVERTER: Final = re.compile(r"<\w+:(\w+)>")

api = NinjaAPI(
    title="Deskhand", version="1", openapi_url=None, docs_url=None, urls_namespace="api", parser=Strict(),
    description="Tickets, purchases and licenses of this desk, for programs.",
)  # fmt: skip
for router in (tickets.router, purchases.router, licenses.router):
    api.add_router("", router)


def views() -> dict[str, View]:
    """The view of each address, by its route below PREFIX."""
    paths = schema()["paths"]
    return {
        str(found.pattern): _strict(found.callback, _asked(paths.get(f"/{PREFIX}{_as_in_schema(found)}", {})))
        for found in api.urls[0]
        if isinstance(found, URLPattern)
    }


def _as_in_schema(found: URLPattern) -> str:
    return _CONVERTER.sub(r"{\1}", str(found.pattern))


def _asked(methods: dict[str, Any]) -> frozenset[str]:
    """What an address may have behind its question mark."""
    return frozenset(
        each["name"] for operation in methods.values() for each in operation["parameters"] if each["in"] == "query"
    )


def _strict(view: View, known: frozenset[str]) -> View:
    """ninja reads past what it does not know: a filter with a wrong name would be a list of everything."""

    def strict(request: HttpRequest, **given: Any) -> HttpResponseBase:  # noqa: ANN401 - parts of the address
        if strangers := sorted(set(request.GET) - known):
            raise wrong(strangers[0][:80], _("There is no such parameter."))
        return view(request, **given)

    return strict


def schema() -> dict[str, Any]:
    """What there is, as OpenAPI 3.1."""
    return dict(api.get_openapi_schema(path_prefix=PREFIX))


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - ninja's type is a union of class and instance
    return error.response  # type: ignore[no-any-return]  # a Problem's


@api.exception_handler(HttpError)
def _ninjas(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - see above
    """ninja wraps whatever a parser raises."""
    problem = error.__cause__ if isinstance(error.__cause__, Problem) else Problem(error.status_code)
    return problem.response


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - see above
    return missing().response


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - see above
    """422 with the fields as their sender calls them."""
    told: dict[str, list[str]] = {}
    for each in error.errors:
        place, *way = each["loc"]
        for name, said in sentences([{**each, "loc": way[1:] if place == "body" else way}]).items():
            told.setdefault(name, []).extend(said)
    return Problem(422, errors=told).response


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Any) -> HttpResponseBase:  # noqa: ANN401 - see above
    """The door's matter, which every address has."""
    raise error
