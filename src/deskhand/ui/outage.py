"""The page for the minutes without a database. It asks nobody anything, and what was typed comes back with it."""

import sqlite3
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import get_token
from django.template import engines
from jinja2 import Environment

from deskhand.desk.models import Desk

RETRY_AFTER_S: Final = 10  # a restart of PostgreSQL takes one to five
NOT_TYPED: Final = {"csrfmiddlewaretoken"}
NEVER_BACK: Final = "password"  # never written back into a page


def is_behind(error: BaseException | None) -> bool:
    """Whether this error says that the database is away, has no room or has no time.

    SQLite calls a wrong statement the same; that is our fault, and no visitor's patience mends it.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR


def page(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After, and a form that sends the same once more; its one-time key keeps it from being done twice."""
    environment: Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # the backend is Django's Jinja2
    values = {
        "request": request,
        "csrf_token": get_token(request),
        "user": None,
        "messages": (),
        "desk": Desk(),
        "status": 503,
        "sent": _sent(request),
    }
    response = HttpResponse(environment.get_template("ui/outage.html").render(values), status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _sent(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What the form held, but for its token and passwords; None when nothing was sent or it cannot be sent again."""
    if request.method != "POST":
        return None
    try:
        lists = request.POST.lists()
    except (OSError, MultiPartParserError, OperationalError, InterfaceError):
        return None  # the body was not read to its end
    fields = [(name, value) for name, values in lists for value in values if name not in NOT_TYPED]
    return None if any(NEVER_BACK in name for name, _ in fields) else fields
