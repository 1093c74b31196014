"""`deskhand demo`, `deskhand setup-link`, and the set-up page against a running desk."""

import re
import subprocess
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from tests.forms import fill
from tests.processes import COMMAND, Installation

pytestmark = pytest.mark.faults

PATIENCE_S = 60


def test_demo_makes_a_desk_to_look_at_once(installation: Installation) -> None:
    """What `make demo` runs before it serves."""
    first = installation.run(*COMMAND, "demo")
    second = installation.run(*COMMAND, "demo")

    assert "The administrator is demo@desk.example, password " in first
    assert second == f"The demo is there already, in {installation.data}. See it with: deskhand serve\n"
    served = installation.serve()
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    home = f"http://localhost:{served.port}"
    page = browser.open(f"{home}/sign-in/").read().decode()
    values = fill(page, "/demo/sign-in/agent/")
    inbox = browser.open(f"{home}/demo/sign-in/agent/", urlencode(values, doseq=True).encode()).read().decode()
    assert "Can the Tally Mini print on 57 mm rolls?" in inbox


def test_demo_never_writes_into_a_real_desk(installation: Installation) -> None:
    _set_up_empty(installation)
    refused = subprocess.run(
        [*COMMAND, "demo"], env=installation.environment(), capture_output=True, text=True, timeout=PATIENCE_S
    )

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{installation.data} holds a real desk; a demo would write into it. Name another folder with DATA=…\n"
    )


def test_the_link_can_be_printed_again_until_it_has_been_used(installation: Installation) -> None:
    printed = installation.run(*COMMAND, "setup-link", PORT="8123")
    assert re.fullmatch(r"http://localhost:8123/set-up/[a-z2-7]{26}/\n", printed)

    _set_up_empty(installation)
    afterwards = installation.run(*COMMAND, "setup-link", PORT="8123")
    assert afterwards == "This desk is set up. Sign in at http://localhost:8123\n"


def test_setting_up_renews_the_processes_and_lets_no_other_host_in_afterwards(installation: Installation) -> None:
    served = installation.serve()
    before = served.children()
    assert _status(served.port, "help.acme.example") == 200
    _fill_in(served.port, installation)
    deadline = time.monotonic() + PATIENCE_S
    while served.children() & before and time.monotonic() < deadline:
        time.sleep(0.2)

    assert not served.children() & before
    assert _status(served.port, "help.acme.example") == 400
    assert _status(served.port, "localhost") == 200


def _set_up_empty(installation: Installation) -> None:
    served = installation.serve()
    _fill_in(served.port, installation)
    served.stop()


def _fill_in(port: int, installation: Installation) -> None:
    """Open the printed link as a browser does and press the button."""
    link = installation.run(*COMMAND, "setup-link", PORT=str(port)).strip()
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(link).read().decode()
    action = link.removeprefix(f"http://localhost:{port}")
    values = fill(
        page, action, name="Kim", email="kim@desk.example", password="quiet harbor lantern",
        repeated="quiet harbor lantern", desk_name="Nordlys", start="empty",
    )  # fmt: skip
    assert "Nordlys" in browser.open(link, urlencode(values, doseq=True).encode()).read().decode()


def _status(port: int, host: str) -> int:
    """What the sign-in page (or what stands in for it) answers to this host."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    try:
        return int(browser.open(Request(f"http://localhost:{port}/sign-in/", headers={"Host": host})).status)
    except HTTPError as error:
        return error.code


def test_no_link_is_made_up_where_there_is_no_desk(tmp_path: Path) -> None:
    nowhere = Installation(tmp_path / "nowhere", "")
    with pytest.raises(AssertionError, match=r"^No desk in "):
        nowhere.run(*COMMAND, "setup-link")
    assert not nowhere.data.exists()
