"""Pages leave packed, but never for another site."""

import gzip

import pytest
from django.test import Client

from tests.cast import Cast

PAGE = "/tickets/new/"
BROWSER = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_is_packed_for_a_browser(client: Client, cast: Cast, site: str) -> None:
    client.force_login(cast.carl)
    answer = client.get(PAGE, headers={**BROWSER, "Sec-Fetch-Site": site})
    assert answer["Content-Encoding"] == "gzip"
    html = gzip.decompress(answer.content).decode()
    assert html.rstrip().endswith("</html>")
    assert len(answer.content) < len(html) / 2
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= set(answer["Vary"].split(", "))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Accept-Encoding": "gzip", "Sec-Fetch-Site": "cross-site"}, id="another site asks (BREACH)"),
        pytest.param({"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-site"}, id="a neighbor asks"),
        pytest.param({"Accept-Encoding": "gzip"}, id="nobody knows who asks"),
        pytest.param({"Accept-Encoding": "identity", "Sec-Fetch-Site": "none"}, id="it cannot unpack"),
    ],
)
def test_for_anybody_else_it_is_not(client: Client, cast: Cast, headers: dict[str, str]) -> None:
    client.force_login(cast.carl)
    answer = client.get(PAGE, headers=headers)
    assert "Content-Encoding" not in answer
    assert answer.content.rstrip().endswith(b"</html>")


def test_what_is_packed_already_or_short_is_left_alone(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    assert "Content-Encoding" not in client.get("/brand.css", headers=BROWSER)
    assert "Content-Encoding" not in client.post("/sign-out/", headers=BROWSER)


def test_the_size_does_not_tell_the_content(client: Client, cast: Cast) -> None:
    """Random padding: the same page in other sizes."""
    client.force_login(cast.carl)
    assert len({len(client.get(PAGE, headers=BROWSER).content) for _ in range(12)}) > 3
