"""A person at a browser without JavaScript, on a real server: cookies, forms, and answers as they come over the line."""

import http.client
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.forms import fill

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Visitor:
    """One person's cookies; each request has a connection of its own, so that threads may share a visitor."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str = "") -> Answer:
        """One request; raises OSError when nobody answers. Follows no redirect."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        headers = {"Host": f"localhost:{self.port}", "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body.encode() if method == "POST" else None, headers)
            got = connection.getresponse()
            text = got.read().decode()
        finally:
            connection.close()
        for line in got.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Answer(got.status, {name.lower(): value for name, value in got.headers.items()}, text)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def filled(self, page: str, path: str, **data: object) -> str:
        """The body that sending this page's form would have."""
        shown = self.get(page)
        assert shown.status == 200, f"{page} answered {shown.status}"
        return self.body(shown.text, path, **data)

    def body(self, html: str, path: str, **data: object) -> str:
        """The same for a page that is there already."""
        return urlencode(fill(html, path, **data), doseq=True)

    def send(self, page: str, path: str, **data: object) -> Answer:
        """Fill the form of `page` whose action is `path`, and send it."""
        return self.ask("POST", path, self.filled(page, path, **data))

    def sign_in(self, login: str, password: str) -> "Visitor":
        """Come in through the door that everybody uses."""
        answer = self.send("/sign-in/", "/sign-in/", login=login, password=password)
        assert answer.status == 303, f"signing in answered {answer.status}"
        return self
