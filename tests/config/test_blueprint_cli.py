"""`deskhand blueprint`, as a person and as a script use it."""

import io
from pathlib import Path

import pytest

from deskhand.blueprint import changes
from deskhand.blueprint.models import Snapshot
from deskhand.config import blueprint
from deskhand.desk.models import Desk
from tests.cast import Cast
from tests.processes import COMMAND, Installation

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blueprint, "without_pool", lambda: None)


def test_export_and_import_through_a_file_and_through_pipes(
    cast: Cast, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "desk.yaml"
    assert blueprint.main(["export", str(path)]) == 0
    assert blueprint.main(["export"]) == 0
    exported = path.read_text(encoding="utf-8")
    assert capsys.readouterr() == (exported, f"The desk is in {path}.\n")

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(exported.encode())))
    assert blueprint.main(["import", "-"]) == 0
    assert capsys.readouterr() == ("The desk is what the file says.\n", "")


def test_diff_tells_a_script_by_its_exit_code(cast: Cast, tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text("format: 1\ndesk:\n  name: Helpline\n", encoding="utf-8")
    assert blueprint.main(["diff", str(path)]) == 3
    assert blueprint.main(["import", "--dry-run", str(path)]) == 0
    told = "Name of the desk: “Nordlys support” → “Helpline”\n"
    assert capsys.readouterr() == (told * 2, "")
    assert Desk.objects.get().name == "Nordlys support"

    assert blueprint.main(["import", str(path)]) == 0
    assert capsys.readouterr() == (
        told,
        "Done. One click brings back what was before: Settings → The desk as a file.\n",
    )
    assert (Desk.objects.get().name, Snapshot.objects.get().why) == ("Helpline", "Before the import of desk.yaml")
    assert blueprint.main(["diff", str(path)]) == 0


def test_what_is_wrong_is_said_with_file_and_line_and_changes_nothing(cast: Cast, tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text("format: 1\ndesk:\n  name: Half\n  hew: 3\ntopics:\n  - team: IT\n", encoding="utf-8")
    before = changes.export()

    assert blueprint.main(["import", str(path)]) == 1
    assert capsys.readouterr() == (
        "",
        f"{path}:4: There is no “hew” here. Did you mean “hue”?\n{path}:6: Here “name” is missing.\nNothing was changed.\n",
    )
    assert changes.export() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere.yaml"], "nowhere.yaml cannot be read: No such file or directory."),
        (["export", "nowhere/desk.yaml"], "nowhere/desk.yaml cannot be written: No such file or directory."),
        (["diff", "preset:classy"], "There is no preset classy; there are classic, company, shop, agency, blank."),
    ],
)
def test_a_file_that_is_not_there_is_an_error(cast: Cast, capsys: Said, arguments: list[str], words: str) -> None:
    assert blueprint.main(arguments) == 1
    assert capsys.readouterr().err == f"{words}\n"


def test_what_is_not_utf_8_is_no_text(cast: Cast, tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("format: 1\ndesk:\n  name: Büro\n".encode("latin-1"))

    assert blueprint.main(["diff", str(path)]) == 1
    assert capsys.readouterr().err == f"{path} is not a text in UTF-8; save it as UTF-8 and try again.\n"


@pytest.mark.parametrize("arguments", [[], ["bring"], ["diff"], ["import"], ["export", "--dry-run"]])
def test_a_wrong_command_line_is_two(db: None, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        blueprint.main(arguments)

    assert caught.value.code == 2


def test_a_preset_can_be_brought_in_by_its_name(installation: Installation) -> None:
    """The real command on a real desk."""
    said = installation.run(*COMMAND, "blueprint", "import", "preset:company")

    assert "Topic “IT support” is added" in said
    assert installation.run(*COMMAND, "blueprint", "diff", "preset:company") == "The desk is what the file says.\n"
    assert "  - name: IT support\n    team: IT\n" in installation.run(*COMMAND, "blueprint", "export")
