"""A full disk, ours or the database's: whoever was writing gets their text back, and nothing half-done is left (F-29, F-30)."""

import errno
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from deskhand.ui.forms import KEY
from deskhand.ui.http import show

log = logging.getLogger("deskhand.full")

NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DISK_FULL: Final = "53100"  # PostgreSQL's disk_full
SHORTEST: Final = 12  # characters; what is shorter is a choice, a key or quickly typed again
OURS: Final = {KEY, "csrfmiddlewaretoken", "file", "staged"}


class FullDisk:
    """Answers 507 with what was typed, instead of saying that we are broken (settings.MIDDLEWARE)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The transaction has been rolled back by now; the page needs nothing of the database that was not read before."""
        if not is_full(error):
            return None
        log.critical("no room is left: %s", error)
        typed = [
            value
            for name in request.POST
            for value in request.POST.getlist(name)
            if name not in OURS and len(value) >= SHORTEST
        ]
        status = HTTPStatus.INSUFFICIENT_STORAGE
        return show(request, "ui/error.html", {"status": status, "typed": typed}, status=status)


def is_full(error: BaseException) -> bool:
    """Whether a write failed for lack of room."""
    if isinstance(error, DatabaseError):
        return "disk is full" in str(error) or getattr(error.__cause__, "sqlstate", "") == DISK_FULL
    return isinstance(error, OSError) and error.errno in NO_ROOM
