"""The public address in its one form."""

import pytest
from django.core.exceptions import ValidationError

from deskhand.desk.address import is_local, public_address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://help.example.com", "https://help.example.com"),
        (" https://Help.Example.com/ ", "https://help.example.com"),
        ("help.example.com", "https://help.example.com"),
        ("help.example.com:8443", "https://help.example.com:8443"),
        ("http://192.168.1.5:8000", "http://192.168.1.5:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://hjälp.example", "https://hjälp.example"),
    ],
)
def test_an_address_is_scheme_host_and_port(written: str, address: str) -> None:
    assert public_address(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "", "https://", "ftp://a.example", "javascript:alert(1)", "https://a.example/b", "https://a.example?b",
        "https://a.example#b", "https://user@a.example", "https://a b.example", "https://a\nb.example",
        "https://a.example:port", "https://a.example:99999", "https://[::1", "https://" + "a" * 300, "https://.example",
        "https://a.example\\@evil.example", "//a.example", "https://a<b>.example",
    ],
)  # fmt: skip
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        public_address(written)


@pytest.mark.parametrize(("address", "local"), [("http://localhost:8000", True), ("http://127.0.0.1", True),
    ("http://[::1]:8000", True), ("https://localhost.example", False), ("http://192.168.1.5", False)])  # fmt: skip
def test_only_this_machine_knows_its_local_addresses(address: str, local: bool) -> None:  # noqa: FBT001 - a case
    assert is_local(address) is local
