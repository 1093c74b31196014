"""The package as others get it: built without a network, installed elsewhere, serving from there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.processes import COMMAND, Installation, Served, free_port

ROOT = Path(__file__).parents[2]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what is in the repository, so that nothing is left lying in it."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(source / "dist"))
    subprocess.run([*PIP, "wheel", *options, str(source)], check=True)
    (built,) = (source / "dist").glob("*.whl")
    return built


def test_the_wheel_carries_every_file_and_the_license(wheel: Path) -> None:
    """Templates, styles, scripts, icons, translations: whatever lies below the package."""
    carried = set(ZipFile(wheel).namelist())
    package = ROOT / "src" / "deskhand"
    there = {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }
    assert there - carried == set()
    assert [name for name in carried if name.endswith("licenses/LICENSE")] != []


def test_it_serves_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """A fresh desk: the first page and everything it loads."""
    subprocess.run(
        [*PIP, "install", "--no-deps", "--no-index", "--target", str(tmp_path / "site"), str(wheel)], check=True
    )
    desk = Installation(tmp_path / "data", database_url="")
    elsewhere = {"PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    where = desk.run(sys.executable, "-c", "import deskhand; print(deskhand.__file__)", **elsewhere)
    assert Path(where.strip()) == tmp_path / "site" / "deskhand" / "__init__.py"
    port = free_port()
    process = desk.start(*COMMAND, "serve", "--port", str(port), **elsewhere)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Deskhand is ready at http://localhost:{port}\n"
        served = Served(process, port)
        page = served.ask()
        assert page.startswith("HTTP/1.1 200 ")
        loaded = set(re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|svg))"', page))
        assert {Path(name).suffix for name in loaded} >= {".css", ".js"}
        assert {
            name: served.ask(f"GET {name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[:13]
            for name in loaded
        } == dict.fromkeys(loaded, "HTTP/1.1 200 ")
        served.stop()
    finally:
        process.kill()
        process.communicate()
