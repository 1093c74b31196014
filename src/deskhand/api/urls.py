"""Every address of the API. What is behind them is imported with the first request; `tests/api/test_door.py` compares the two."""

from typing import Final

from django.urls import path, re_path

from deskhand.api import door

PREFIX: Final = "api/v1/"
ROUTES: Final = (
    "choices",
    "tickets",
    "tickets/<int:number>",
    "tickets/<int:number>/messages",
    "tickets/<int:number>/replies",
    "tickets/<int:number>/notes",
    "tickets/<int:number>/status",
    "tickets/<int:number>/assignee",
    "tickets/<int:number>/close",
    "tickets/<int:number>/reopen",
    "purchases",
    "purchases/<path:reference>/end",
    "webhooks/purchases/<int:sender>",
    "licenses/activate",
)

urlpatterns = [
    path(PREFIX, door.guide, name="api"),
    path(f"{PREFIX}openapi.json", door.openapi, name="api_schema"),
    *(path(PREFIX + route, door.operation(route)) for route in ROUTES),
    re_path("^api/", door.nowhere),
]
