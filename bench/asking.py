"""People at a browser, as fast as one connection goes: a sign-in, requests in a closed loop, every answer checked."""

import http.client
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.forms import Values, fill

CONNECTIONS = 4


class WrongAnswerError(AssertionError):
    """An answer that is not what a person would have to see; such a run measures nothing."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, and what its answer must hold. With `values` it is a POST that leads to an address with `leads_to`."""

    path: str
    cookie: str
    holds: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    values: Values | None = None
    leads_to: str = ""

    def check(self, status: int, location: str, body: str) -> None:
        """Raise WrongAnswerError for anything else."""
        if self.values is not None:
            if status != 303 or self.leads_to not in location:
                raise WrongAnswerError(f"POST {self.path}: {status} {location} {body[:2000]}")
            return
        missing = [words for words in self.holds if words not in body]
        if status != 200 or missing:
            raise WrongAnswerError(f"GET {self.path}: {status}, without {missing[:3]}")


class Browser:
    """One connection that stays open."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = dict(part.split("=", 1) for part in cookie.split("; ") if part)

    @property
    def cookie(self) -> str:
        """What the browser sends."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def send(
        self, path: str, *, values: Values | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Status, Location and body."""
        sent = {"Host": "localhost", "Cookie": self.cookie, **(headers or {})}
        if values is None:
            self._line.request("GET", path, headers=sent)
        else:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            self._line.request("POST", path, urlencode(values, doseq=True), sent)
        answer = self._line.getresponse()
        body = answer.read().decode()
        for name, line in answer.getheaders():
            if name.lower() == "set-cookie":
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
        return answer.status, answer.getheader("Location") or "", body

    def fill(self, page: str, action: str, **typed: object) -> Values:
        """The form with this action on a page, with something typed into it."""
        status, location, html = self.send(page)
        if status != 200:
            raise WrongAnswerError(f"GET {page}: {status} {location}")
        return fill(html, action, **typed)

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def sign_in(port: int, email: str, password: str) -> str:
    """The cookies of somebody who signed in as anybody does; also those a browser with JavaScript has."""
    browser = Browser(port)
    values = browser.fill("/sign-in/", "/sign-in/", login=email, password=password)
    status, location, body = browser.send("/sign-in/", values=values)
    if status != 303:
        raise WrongAnswerError(f"{email} could not sign in: {status} {location} {body[:2000]}")
    browser.cookies["script"] = "1"
    browser.send(location)
    browser.close()
    return browser.cookie


def drive(port: int, asks: Iterable[Ask]) -> list[float]:
    """Send them over CONNECTIONS connections, each after the answer to the one before; milliseconds of each."""
    listed = list(asks)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = pool.map(lambda n: _loop(port, listed[n::CONNECTIONS]), range(CONNECTIONS))
        return [took for part in parts for took in part]


def _loop(port: int, asks: list[Ask]) -> list[float]:
    line = Browser(port)
    times = []
    for ask in asks:
        line.cookies = dict(part.split("=", 1) for part in ask.cookie.split("; ") if part)
        began = time.perf_counter()
        answer = line.send(ask.path, values=ask.values, headers=ask.headers)
        times.append((time.perf_counter() - began) * 1000)
        ask.check(*answer)
    line.close()
    return times
