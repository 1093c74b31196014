"""A process of its own for the last-admin test.

`make` makes two administrators and prints their pks; `rounds BY WHOM FOLDER` lets BY deactivate WHOM again and again, at the
moment at which the other process does the reverse, after both were put back; every line says how that ended.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from deskhand.accounts import changes  # noqa: E402 - models can be imported only after django.setup()
from deskhand.accounts.models import User  # noqa: E402
from deskhand.core import jobs  # noqa: E402

ROUNDS = 6
PATIENCE_S = 60


def make() -> None:
    """Two administrators who can sign in."""
    for name in ("otto", "olga"):
        admin = changes.create_admin(
            email=f"{name}@desk.example", name=name, password="a sentence of words", at=jobs.database_now()
        )
        sys.stdout.write(f"{admin.pk} ")


def meet(other: int, own: int, place: Path) -> None:
    """Go on when both are here, however busy the machine is."""
    place.with_suffix(f".{own}").touch()
    deadline = time.monotonic() + PATIENCE_S
    while not place.with_suffix(f".{other}").exists():
        if time.monotonic() > deadline:
            raise TimeoutError(place)
        time.sleep(0.0005)


def rounds(by: int, whom: int, folder: Path) -> None:
    """Both at once, again and again; the one with the lower pk puts both back in between."""
    for number in range(ROUNDS):
        if by < whom:
            User.objects.get_queryset().update(is_active=True)
        meet(whom, by, folder / f"begin-{number}")
        try:
            changes.deactivate(User.objects.get(pk=whom), by=User.objects.get(pk=by), at=jobs.database_now())
        except changes.PeopleError as error:
            sys.stdout.write(f"{type(error).__name__}\n")
        else:
            sys.stdout.write("deactivated\n")
        meet(whom, by, folder / f"end-{number}")


match sys.argv[1:]:
    case ["make"]:
        make()
    case ["rounds", by, whom, folder]:
        rounds(int(by), int(whom), Path(folder))
