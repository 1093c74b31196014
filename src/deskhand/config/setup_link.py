"""`deskhand setup-link`: print the link of the set-up page again."""

import argparse
import sys
from collections.abc import Sequence

from django.conf import settings

from deskhand.config import environment
from deskhand.config.prepare import NotReadyError, prepare


def main(arguments: Sequence[str]) -> int:
    """The link, or that it is not needed any more."""
    argparse.ArgumentParser(
        prog="deskhand setup-link",
        description="Print the link of the set-up page, which works until the desk is set up.",
    ).parse_args(arguments)
    if not (settings.DATA / "secret.key").exists() and not environment.text("SECRET_KEY"):
        sys.stderr.write(f"No desk in {settings.DATA}. Start one with `deskhand serve`, or name its folder: DATA=…\n")
        return 1
    try:
        facts = prepare()
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if facts.is_set_up:
        sys.stdout.write(f"This desk is set up. Sign in at {facts.public_url or settings.PUBLIC_URL}\n")
        return 0
    sys.stdout.write(f"{settings.PUBLIC_URL}{facts.setup_path}\n")
    return 0
