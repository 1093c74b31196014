"""Pages leave packed, for a fifth of the bytes (decision 10)."""

import gzip
import secrets
from collections.abc import Callable
from io import BytesIO
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

LEVEL: Final = 1  # 71 kB: 0.3 ms and 15 kB; level 6 takes three times as long for 12.5 kB
LEAST: Final = 1400  # bytes; less fits into one packet as it is
PADDING: Final = 100  # bytes at most, of random length, so that the size tells little
OUR_OWN: Final = {"same-origin", "none"}  # "none": typed, or a bookmark


class Packing:
    """Packs what a page of ours, or nobody's page, has asked for. What another site makes a browser ask is left as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _is_worth_it(response):
            patch_vary_headers(response, ["Accept-Encoding", "Sec-Fetch-Site"])
            if _is_welcome(request):
                response.content = _packed(response.content)
                response["Content-Encoding"] = "gzip"
                if "Content-Length" in response:
                    response["Content-Length"] = str(len(response.content))
        return response


def _is_worth_it(response: HttpResponse) -> bool:
    is_page = response.get("Content-Type", "").startswith("text/html")
    return is_page and "Content-Encoding" not in response and len(response.content) >= LEAST


def _is_welcome(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept-Encoding", "")
    return "gzip" in accepted and request.headers.get("Sec-Fetch-Site") in OUR_OWN


def _packed(body: bytes) -> bytes:
    """The file name in gzip's head, which nobody reads, takes the padding."""
    packed = BytesIO()
    padding = "x" * secrets.randbelow(PADDING)
    with gzip.GzipFile(filename=padding, mode="wb", compresslevel=LEVEL, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
