"""The command line itself."""

from importlib.metadata import version

from tests.processes import COMMAND, Installation


def test_help_lists_every_command_on_one_line(installation: Installation) -> None:
    from deskhand.config.cli import COMMANDS, PROCESSES

    said = installation.run(*COMMAND, "--help")
    listed = said.partition("commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert all(len(line.split()) > 2 for line in listed)
    assert [name for name in PROCESSES if f"  {name} " in said] == []


def test_version(installation: Installation) -> None:
    assert installation.run(*COMMAND, "--version") == f"Deskhand {version('deskhand')}\n"


def test_an_unknown_command_is_an_error(installation: Installation) -> None:
    process = installation.start(*COMMAND, "srve")
    said = process.communicate(timeout=20)[0]
    assert process.returncode == 2
    assert (
        "there is no command srve; there are serve, setup-link, demo, doctor, backup, restore, blueprint, invariants"
        in said
    )
