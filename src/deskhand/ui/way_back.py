"""The way back to the site that a support link came from: `?return=https://shop.example/admin` on any page (S5.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from deskhand.desk.address import host_of, way_back
from deskhand.desk.queries import current_desk

ASKED: Final = "return"
KEPT: Final = "way_back"


@dataclass(frozen=True, slots=True)
class Back:
    """Where the link in the header leads, and what it says."""

    address: str
    host: str


class WayBack:
    """Keeps the address in the session, so that it survives the sign-in and every page after it.

    One that the desk does not know is not mentioned: the page is shown as if nothing had been asked. Nobody is ever sent there
    by itself; a link stands in the header, and a person presses it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if ASKED in request.GET and request.method == "GET":
            found = way_back(request.GET[ASKED], current_desk().return_addresses)
            if found and request.session.get(KEPT) != found:
                request.session[KEPT] = found
        return self.get_response(request)


def kept_way_back(request: HttpRequest) -> Back | None:
    """The way back of this visit, while its site is among those that the desk knows; also asked where sessions are away."""
    allowed = current_desk().return_addresses
    session = getattr(request, "session", None)
    if not allowed or session is None:
        return None
    address = way_back(session.get(KEPT, ""), allowed)
    return Back(address, host_of(address)) if address else None
