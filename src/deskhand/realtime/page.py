"""Tells a page from where to listen."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from deskhand.tickets.live import live_cursor


class ListenFrom:
    """`request.live`: the cursor before the page has read anything, so that nothing happens between page and stream.

    `ui/base.html` shows it. Stands behind the gate, for pages of somebody signed in; a part of a page needs none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Never answers itself."""
        if request.user.is_authenticated and request.headers.get("HX-Request") != "true":
            request.live = live_cursor()  # type: ignore[attr-defined]  # read by the template
        return None
