"""What an installation says about itself, to Django's own check and in its logs; and its one moment without an administrator."""

import sys
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.forms import fill
from tests.processes import COMMAND, Installation

MANAGE = str(Path(__file__).parents[2] / "manage.py")
COUNT = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()
from deskhand.accounts.models import User
from deskhand.core.models import AuditEntry
print(User.objects.get_queryset().count(), AuditEntry.objects.filter(action="desk.set_up").count())
"""


@pytest.mark.parametrize("url", ["https://help.example.com", "https://help.example.com:8443"])
def test_J01_check_deploy_is_clean(installation: Installation, url: str) -> None:
    check = (sys.executable, MANAGE, "check", "--deploy", "--fail-level", "WARNING")
    assert installation.run(*check, PUBLIC_URL=url).startswith("System check identified no issues")


def test_two_who_hold_the_set_up_link_make_one_administrator(installation: Installation) -> None:
    """Both have the page open and press the button at the same moment, six times over with pages of their own."""
    served = installation.serve()
    link = installation.run(*COMMAND, "setup-link", PORT=str(served.port)).strip()
    action = link.removeprefix(f"http://localhost:{served.port}")
    forms = []
    for name in ("ann", "ben", "cat", "dan"):
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        values = fill(
            browser.open(link).read().decode(), action, name=name, email=f"{name}@desk.example", desk_name=name,
            password="quiet harbor lantern", repeated="quiet harbor lantern", start="empty",
        )  # fmt: skip
        forms.append((browser, urlencode(values, doseq=True).encode()))

    def press(form: tuple[object, bytes]) -> int:
        browser, values = form
        try:
            return int(browser.open(link, values).status)  # type: ignore[attr-defined]  # an OpenerDirector
        except HTTPError as error:
            return error.code

    with ThreadPoolExecutor(4) as at_once:
        answers = sorted(at_once.map(press, forms))
    served.stop()
    assert answers == [200, 404, 404, 404]
    assert installation.run(sys.executable, "-c", COUNT).split() == ["1", "1"]


def test_J03_logs_are_injection_free_and_secretless(installation: Installation) -> None:
    """Line ends, terminal codes and links that sign somebody in, in every place of a request that could be written down."""
    served = installation.serve()
    served.setup_path()
    secrets = (
        "/welcome/zugzwang:1:x/",
        "/password/new/1-zugzwang/",
        "/confirm/zugzwang/",
        "/set-up/zugzwang/",
        "/tickets/?q=zugzwang",
    )
    for path in (*secrets, "/%0d%0aERROR%20forged", "/%1b[31mred", "/x?%0a%0dforged"):
        for more in (
            "",
            "User-Agent: \x1b[31mred\r\n",
            "Referer: http://x/zugzwang\r\n",
            "X-Forwarded-For: zugzwang\r\n",
        ):
            served.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}Connection: close\r\n\r\n")
            served.ask(
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
    served.ask("GET / HTTP/1.1\r\nHost: zug\x1b[31m\r\nConnection: close\r\n\r\n")
    served.ask("GET /zug\x1b[31mzwang HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    said = served.stop()
    assert [
        line for line in said.splitlines() if "zugzwang" in line or "forged" in line or line.startswith("ERROR")
    ] == []
    assert [sign for sign in said if not sign.isprintable() and sign != "\n"] == []
