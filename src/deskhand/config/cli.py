"""The command `deskhand`: a table of names, and nothing of what they do."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version

import django
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Command:
    """A command's one line of help, and the module whose `main(arguments) -> exit code` does it.

    With `needs_django` Django is set up before the module is imported.
    """

    summary: str
    module: str
    needs_django: bool = True


COMMANDS = {
    "serve": Command(
        "serve the desk: pages and work behind them, one port", "deskhand.config.serve", needs_django=False
    ),
    "setup-link": Command("print the link of the set-up page again", "deskhand.config.setup_link", needs_django=False),
    "demo": Command("make a desk full of tickets to try everything on", "deskhand.config.demo", needs_django=False),
    "doctor": Command("say in plain words what is wrong, and what to do", "deskhand.config.doctor"),
    "backup": Command("write the whole desk into one file while it runs", "deskhand.config.backup"),
    "restore": Command("bring a backup back into an empty place", "deskhand.config.restore", needs_django=False),
    "blueprint": Command(
        "the desk as one file: export it, see what a file changes, bring it in", "deskhand.config.blueprint"
    ),
    "invariants": Command("read the whole desk and say what does not fit together", "deskhand.config.invariants"),
}

# What `deskhand serve` starts; nobody types them.
PROCESSES = {
    "prepare": Command("", "deskhand.config.prepare", needs_django=False),
    "web": Command("", "deskhand.config.web", needs_django=False),
    "worker": Command("", "deskhand.config.worker"),
}


def main() -> int:
    """Run what the command line names; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
    width = max(map(len, COMMANDS)) + 2
    table = "\n".join(f"  {name:<{width}}{command.summary}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="deskhand",
        description="A self-hosted customer-support desk.",
        epilog=f"commands:\n{table}\n\ndeskhand COMMAND --help says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="deskhand [--version] COMMAND …",
    )
    parser.add_argument("--version", action="version", version=f"Deskhand {version('deskhand')}")
    parser.add_argument("command", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    command = (COMMANDS | PROCESSES).get(given.command)
    if command is None:
        parser.error(f"there is no command {given.command}; there are {', '.join(COMMANDS)}")
    if command.needs_django:
        try:
            django.setup()
        except (ImproperlyConfigured, OSError, ValueError) as error:
            sys.stderr.write(f"The configuration is not right: {error}\n")
            return 1
    function: Callable[[Sequence[str]], int] = import_module(command.module).main
    return function(given.arguments)


if __name__ == "__main__":
    sys.exit(main())
