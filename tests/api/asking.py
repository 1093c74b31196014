"""A program that asks the API."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from deskhand.accounts.models import User
from deskhand.accounts.tokens import Scope, create_token

ALL = tuple(Scope.values)


def token_of(owner: User, *scopes: str, lasts: timedelta | None = None) -> str:
    """The secret of a new token; without scopes it has all."""
    now = timezone.now()
    expires_at = now + lasts if lasts else None
    return create_token(
        owner=owner, name="Shop", scopes=scopes or ALL, expires_at=expires_at, by=owner, at=now - timedelta(hours=2)
    )[1]


class Program:
    """Sends JSON with one token; `status` and `said` are of the last answer."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """What `GET /api/v1/{path}` answers, as Python."""
        self.answer = self.client.get(f"/api/v1/{path}", query, headers=self.headers)
        return self._read()

    def post(self, path: str, body: Any = None, *, key: str = "") -> Any:  # noqa: ANN401 - JSON
        """What `POST /api/v1/{path}` answers, as Python."""
        return self.raw(path, json.dumps(body if body is not None else {}).encode(), key=key)

    def raw(self, path: str, body: bytes, *, key: str = "", content_type: str = "application/json") -> Any:  # noqa: ANN401 - JSON
        """The same with these very bytes."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        self.answer = self.client.generic("POST", f"/api/v1/{path}", body, content_type=content_type, headers=headers)
        return self._read()

    @property
    def status(self) -> int:
        return self.answer.status_code

    def _read(self) -> Any:  # noqa: ANN401 - JSON
        assert self.answer.headers["Content-Type"] == "application/json", self.answer.content[:300]
        return json.loads(self.answer.content) if self.answer.content else None


def program(owner: User, *scopes: str) -> Program:
    """A program that acts for somebody."""
    return Program(token_of(owner, *scopes))


def numbers(found: dict[str, Any]) -> Iterable[int]:
    """The tickets of a page."""
    return [row["number"] for row in found["tickets"]]
