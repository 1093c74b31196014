"""The recorded databases of older releases, and how one comes back. See `record.py` for how they are made."""

import lzma
import subprocess
from pathlib import Path
from typing import Final

from tests.processes import Installation, database_url
from tests.upgrades.record import FOLDER

KEY: Final = "a recorded desk"  # SECRET_KEY of all recordings
ADMIN: Final = "demo@desk.example"


def recordings() -> list[Path]:
    """Those for the database that the tests run on."""
    return sorted(FOLDER.glob("*.sql.xz" if database_url("x") else "*.sqlite3.xz"))


def put_back(recorded: Path, installation: Installation) -> None:
    """The recorded database in place of the installation's own."""
    content = lzma.decompress(recorded.read_bytes())
    if not installation.database_url:
        (installation.data / "deskhand.sqlite3").write_bytes(content)
        return
    drop = b"SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
    subprocess.run(
        ["psql", "--quiet", "--set=ON_ERROR_STOP=1", installation.database_url], input=drop + content, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
