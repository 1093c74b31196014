"""`deskhand demo`: a desk full of tickets in the data folder, set up without the page. It serves nothing."""

import argparse
import secrets
import sys
from collections.abc import Sequence

from deskhand.config import environment
from deskhand.config.prepare import NotReadyError, prepare

ADMIN = "demo@desk.example"


def main(arguments: Sequence[str]) -> int:
    """Make the demo, or say that it is there already. A desk with real tickets is never touched."""
    argparse.ArgumentParser(
        prog="deskhand demo", description="Set up a demo desk in the data folder ($DATA), then say how to see it."
    ).parse_args(arguments)
    try:
        facts = prepare()
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if facts.is_set_up:
        return _already_there()
    password = secrets.token_urlsafe(12)
    sys.stdout.write("Writing 200 tickets of 60 days; this takes a few seconds.\n")
    sys.stdout.flush()
    if not fill(password):
        sys.stderr.write("The demo could not be written; the reason stands above.\n")
        return 1
    sys.stdout.write(
        f"The demo is ready in {environment.data_folder()}. See it with: deskhand serve\n"
        "On the sign-in page one click makes you its customer, manager or agent.\n"
        f"The administrator is {ADMIN}, password {password}\n"
    )
    return 0


def fill(password: str) -> bool:
    """Set up the desk as a demo and write it now, without a worker; False when that failed."""
    from django.db import transaction  # models can be imported only after prepare() has set up Django
    from django.utils import timezone

    from deskhand.accounts.changes import create_admin
    from deskhand.blueprint import demo
    from deskhand.core import jobs
    from deskhand.desk.changes import configure, finish_setup

    at = timezone.now()
    with transaction.atomic():
        admin = create_admin(email=ADMIN, name="Demo Administrator", password=password, at=at)
        configure(by=admin, at=at, name="Tally support", hue=195)
        finish_setup(by=admin, at=at)
        demo.begin(by=admin, at=at)
    jobs.run_due(at=at)
    return demo.progress() is None


def _already_there() -> int:
    from deskhand.desk.queries import current_desk  # as above

    if current_desk().is_demo:
        sys.stdout.write(f"The demo is there already, in {environment.data_folder()}. See it with: deskhand serve\n")
        return 0
    sys.stderr.write(
        f"{environment.data_folder()} holds a real desk; a demo would write into it. Name another folder with DATA=…\n"
    )
    return 1
