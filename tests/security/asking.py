"""Asking every address of the product for something: the cases of the access matrix, as the tests here need them."""

from datetime import datetime

from django.db import connection
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deskhand.accounts.models import User
from tests.cast import Cast
from tests.test_access import requests

QUERIES = {  # pages whose address says more than a path
    "/tickets/": ["?tab=closed", "?q=printer", "?tab=all"],
    "/tickets/new/": ["?subject=x"],
    "/desk/tickets/": ["?view=mine", "?view=open", "?view=solved", "?view=unassigned"],
    "/desk/search/": ["?q=printer", "?q=1001"],
    "/desk/people/": ["?q=carl", "?role=agent", "?state=invited"],
    "/desk/mailroom/": ["?state=held", "?q=carl"],
    "/desk/tickets/new/": ["?customer=car"],
}


def addresses(cast: Cast, at: datetime) -> list[str]:
    """Every path of the product with things that exist behind it, once, and the queries that some of them know."""
    paths = sorted({path for _name, _method, path in requests(cast, at)})
    assert len(paths) > 80
    return [path + query for path in paths for query in ["", *QUERIES.get(path, [])]]


class Reader(Client):
    """A browser that reads what it gets to the end, downloads too: `body` says what it was."""

    def request(self, **request: object) -> HttpResponseBase:
        answer = super().request(**request)
        answer.read = b"".join(answer) if isinstance(answer, StreamingHttpResponse) else answer.content
        return answer


def body(answer: HttpResponseBase) -> str:
    """What a Reader read; the bytes of a picture as good as they go."""
    return answer.read.decode(errors="replace")


def signed_in(user: User | None, **options: object) -> Reader:
    """A browser of this person's, or of a stranger's."""
    client = Reader(**options)
    if user:
        client.force_login(user)
    return client


def writes(client: Client, path: str, method: str = "GET", **headers: str) -> list[str]:
    """The tables that one request wrote to."""
    with CaptureQueriesContext(connection) as asked:
        client.generic(method, path, headers=headers)
    verbs = ("INSERT INTO", "UPDATE", "DELETE FROM")
    statements = [query["sql"].lstrip() for query in asked.captured_queries]
    return [
        statement.removeprefix(verb).split('"')[1]
        for statement in statements
        for verb in verbs
        if statement.startswith(verb)
    ]
