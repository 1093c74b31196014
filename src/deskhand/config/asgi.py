"""The ASGI front: one application for the server, and behind it the pages, which are sync Django in threads.

Pages run under WSGI because Django's own ASGI handler costs three times the CPU. What has to stream runs beside them as
native ASGI: `application` is the one place that would choose by path.
"""

import os
from typing import cast

import django
from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import ASGIApp, HTTPRequestEvent, HTTPScope, Receive, ReceiveEvent, Scope, Send
from a2wsgi.wsgi_typing import WSGIApp
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

THREADS = 10  # pages at work at the same time in one process; PostgreSQL's pool (12) covers them
GATHERED_BYTES = 1024 * 1024


class BodyCutOffError(ConnectionResetError):
    """The client went away in the middle of a request's body; what it sent so far must not be taken for the whole."""


class Front:
    """Wraps the pages' adapter so that a page runs only for a request that has arrived.

    Up to a megabyte of body is waited for before a thread is taken: a client that sends slowly costs no thread, and one
    that hangs up half-way runs nothing. A longer body streams; reading past where it was cut raises BodyCutOffError.
    Header names with an underscore are dropped, because WSGI cannot tell `X_Forwarded_Proto` from `X-Forwarded-Proto`.
    """

    def __init__(self, pages: ASGIApp) -> None:
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.pages(scope, receive, send)
            return
        first = await _gather(receive)
        if first is not None:
            await self.pages(_with_plain_headers(scope), _replay(first, receive), send)


async def _gather(receive: Receive) -> HTTPRequestEvent | None:
    """The body's beginning as one event, or None when the client left before it was there."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return None
        body += event["body"]
        if not event.get("more_body", False) or len(body) >= GATHERED_BYTES:
            return HTTPRequestEvent(type="http.request", body=bytes(body), more_body=event.get("more_body", False))


def _replay(first: HTTPRequestEvent, receive: Receive) -> Receive:
    waiting: list[HTTPRequestEvent] = [first]
    is_complete = not first.get("more_body", False)

    async def receive_whole() -> ReceiveEvent:
        nonlocal is_complete
        if waiting:
            return waiting.pop()
        event = await receive()
        if event["type"] == "http.request":
            is_complete = not event.get("more_body", False)
        elif not is_complete:
            raise BodyCutOffError
        return event

    return receive_whole


def _with_plain_headers(scope: HTTPScope) -> HTTPScope:
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    return {**scope, "headers": headers}


def _django() -> WSGIApp:
    """Django, warm: the first visitor does not wait for imports."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
    django.setup()
    handler = cast(WSGIApp, get_wsgi_application())  # Django's response iterates over bytes, its type does not say so
    _ = get_resolver().url_patterns
    return handler


application = Front(WSGIMiddleware(_django(), workers=THREADS))
