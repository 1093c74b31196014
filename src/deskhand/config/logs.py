"""What is logged, and how a line reads. Never an address of a visitor, a query, a text or the secret part of a link (J03)."""

import json
import logging
import re
import secrets
import time
from bisect import bisect_left
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = logging.getLogger("deskhand.request")

# Addresses that sign somebody in, and what people called their files; Django names the path of what it refuses or what broke.
_SECRET: Final = re.compile(r"/(welcome|confirm|password/new|set-up)/[^/\s'\"]+")
_NAME: Final = re.compile(r"/(files/[0-9a-f-]{36})/[^/\n]+")  # it may hold blanks, so it ends with its line
_UNCOVERED_NAME: Final = re.compile(_NAME.pattern.replace("/[^", "/(?!…(?: |$))[^"))
# A token or a secret of a webhook, wherever somebody put it.
_KEY: Final = re.compile(r"\b(dh_|whsec_)[A-Za-z0-9_+/=-]{8,}")
# The token of a signed link, a JSON Web Token.
_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", re.ASCII)
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def covered(text: str) -> str:
    """The text with every key and the secret part of each link covered."""
    text = _TOKEN.sub("eyJ…", text)
    return _KEY.sub(r"\1…", _UNCOVERED_NAME.sub(r"/\1/…", _SECRET.sub(r"/\1/…", text)))


def on_one_line(text: str) -> str:
    """Control characters written out: nobody makes up a second line, or colors the operator's terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Line(logging.Formatter):
    """For people: one line, then the traceback if there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """The line itself, with the number of the request it belongs to."""
        asked = _request_id.get()
        return on_one_line(super().formatMessage(record)) + (f" request={asked}" if asked else "")

    def format(self, record: logging.LogRecord) -> str:
        """Covered as a whole: a traceback names addresses, too."""
        return covered(super().format(record))


class Json(logging.Formatter):
    """For machines: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """`time level logger message`; inside a request its number `request`; with an error its `traceback`."""
        values: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": covered(record.getMessage()),
        }
        if asked := _request_id.get():
            values["request"] = asked
        values |= getattr(record, "facts", {})
        if record.exc_info:
            values["traceback"] = covered(self.formatException(record.exc_info))
        return json.dumps(values, ensure_ascii=False)


@dataclass(slots=True)
class Figures:
    """What this process has answered since it started: how many by class of status, and how long they took."""

    by_class: list[int] = field(default_factory=lambda: [0] * 6)
    by_duration: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    seconds: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def count(self, status: int, seconds: float) -> None:
        """One more answer."""
        with self.lock:
            self.by_class[status // 100] += 1
            self.by_duration[bisect_left(BUCKETS_S, seconds)] += 1
            self.seconds += seconds


figures = Figures()


class Requests:
    """Middleware, the outermost: gives each request a number, counts the answer, and logs a line if LOG_REQUESTS says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The number comes from the proxy in front, or is made here; the answer tells it (`X-Request-ID`)."""
        started = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        number = given if _PLAIN_ID.fullmatch(given) else secrets.token_hex(8)
        before = _request_id.set(number)
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            response.headers["X-Request-ID"] = number
            figures.count(response.status_code, seconds)
            if log.isEnabledFor(logging.INFO):
                _tell(request, response.status_code, seconds)
            return response
        finally:
            _request_id.reset(before)


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    """One line. Who it was is known only if the page asked for it: logging reads no session of its own."""
    person = getattr(getattr(request, "session", None), "person", None)
    facts = {
        "method": request.method,
        "path": covered(_NAME.sub(r"/\1/…", on_one_line(request.path))),
        "status": status,
        "ms": round(seconds * 1000, 1),
        "user": person.pk if person else None,
    }
    log.info("%s %s %s %s ms, user %s", *facts.values(), extra={"facts": facts})
