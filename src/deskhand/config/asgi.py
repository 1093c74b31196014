"""One application for the server: the pages (config/front.py), and beside them, as native ASGI, the live stream.

`application` is the one place that chooses by path.
"""

import os
from typing import cast

import django
from a2wsgi.asgi_typing import ASGIApp, Receive, Scope, Send
from a2wsgi.wsgi_typing import WSGIApp
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver


def _django() -> WSGIApp:
    """Django, warm: the first visitor does not wait for imports."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
    django.setup()
    handler = cast(WSGIApp, get_wsgi_application())  # Django's response iterates over bytes, its type does not say so
    _ = get_resolver().url_patterns
    return handler


class ByPath:
    """The live stream for its one path, the pages for everything else."""

    def __init__(self, *, path: str, stream: ASGIApp, pages: ASGIApp) -> None:
        self.path = path
        self.stream = stream
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_stream = scope["type"] == "http" and scope["path"] == self.path
        await (self.stream if is_stream else self.pages)(scope, receive, send)


_wsgi = _django()

from django.conf import settings  # noqa: E402 - as the rest: only after django.setup()

from deskhand.config import health  # noqa: E402
from deskhand.config.front import Front  # noqa: E402
from deskhand.realtime.live import PATH, Live  # noqa: E402

live = Live()
health.live_streams.append(live.streams)
application = ByPath(path=PATH, stream=live, pages=Front(_wsgi, folder=settings.DATA))
