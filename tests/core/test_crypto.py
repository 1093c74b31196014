"""The key and what is derived from it."""

import re
import stat
from pathlib import Path

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
