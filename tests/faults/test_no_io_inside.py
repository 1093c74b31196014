"""The watch of tests/transactions.py sees what it is there for, and only that."""

import socket
import subprocess
from pathlib import Path

import pytest
from django.db import transaction

from tests.cast import Cast


def test_f38_what_is_slow_inside_a_transaction_is_found(
    cast: Cast, tmp_path: Path, slow_things_inside: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, transaction.atomic():
        with socket.create_connection(server.getsockname()):
            pass
        (tmp_path / "file").write_text("x")
        (tmp_path / "file").read_text()
        subprocess.run(["true"], check=True)
    found = [line.split()[0] for line in slow_things_inside]
    slow_things_inside.clear()
    assert found == ["socket.getaddrinfo", "socket.connect", "open", "subprocess.Popen"]


@pytest.mark.django_db
def test_f38_outside_of_one_everything_may_happen(tmp_path: Path, slow_things_inside: list[str]) -> None:
    with transaction.atomic():
        assert (tmp_path / "missing").exists() is False
    (tmp_path / "file").write_text("x")
    assert slow_things_inside == []
