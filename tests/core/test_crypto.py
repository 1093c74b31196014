"""The key and what is derived from it."""

import base64
import re
import stat
from pathlib import Path

import pytest
from pytest_django import Settings

from deskhand.core import crypto


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    assert crypto.read_key(path) == ""
    crypto.create_key(path)
    key = crypto.read_key(path)
    assert len(key) == 86  # 512 bits in base64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    crypto.create_key(path)
    assert crypto.read_key(path) == key


def test_a_code_depends_on_the_key_the_purpose_and_the_value(settings: Settings) -> None:
    code = crypto.mac("mail", "1042")
    assert re.fullmatch(r"[a-z2-7]{26}", code)
    assert crypto.mac("mail", "1042") == code
    others = {crypto.mac("set-up", "1042"), crypto.mac("mail", "1043")}
    settings.SECRET_KEY = "another"
    others.add(crypto.mac("mail", "1042"))
    assert len(others | {code}) == 4


def test_secrets_are_compared_whole() -> None:
    assert crypto.same("grün", "grün") is True
    assert crypto.same("grün", "grü") is False


def test_a_sealed_text_is_read_by_this_desk_for_this_purpose_only(settings: Settings) -> None:
    sealed = crypto.seal("mail", "grüße 314159")
    assert crypto.unseal("mail", sealed) == "grüße 314159"
    assert crypto.seal("mail", "grüße 314159") != sealed  # never the same twice
    assert "314159" not in base64.urlsafe_b64decode(sealed).decode("latin-1")
    raw = base64.urlsafe_b64decode(sealed)
    flipped = base64.urlsafe_b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    for purpose, text in [("mail", flipped), ("mail", ""), ("set-up", sealed)]:
        with pytest.raises(ValueError, match="not sealed by this desk"):
            crypto.unseal(purpose, text)
    settings.SECRET_KEY = "another"
    with pytest.raises(ValueError, match="not sealed by this desk"):
        crypto.unseal("mail", sealed)
