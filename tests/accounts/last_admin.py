"""A process of its own for the last-admin test.

`make` makes two administrators and prints their pks; `rounds BY WHOM FILE` lets BY deactivate WHOM once a second from the
moment on that FILE names, after both were put back; every line says how that ended.
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
LATE_S = 0.2  # a process that was held up for longer sits a round out


def make() -> None:
    """Two administrators who can sign in."""
    for name in ("otto", "olga"):
        admin = changes.create_admin(
            email=f"{name}@desk.example", name=name, password="a sentence of words", at=jobs.database_now()
        )
        sys.stdout.write(f"{admin.pk} ")


def rounds(by: int, whom: int, start: Path) -> None:
    """Both at once, again and again; the one with the lower pk puts both back in between."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not start.exists():
        time.sleep(0.01)
    for number in range(ROUNDS):
        moment = float(start.read_text()) + number
        if by < whom:
            time.sleep(max(0.0, moment - 0.5 - time.time()))
            User.objects.get_queryset().update(is_active=True)
        time.sleep(max(0.0, moment - time.time()))
        if time.time() > moment + LATE_S:
            sys.stdout.write("late\n")
            continue
        try:
            changes.deactivate(User.objects.get(pk=whom), by=User.objects.get(pk=by), at=jobs.database_now())
        except changes.PeopleError as error:
            sys.stdout.write(f"{type(error).__name__}\n")
        else:
            sys.stdout.write("deactivated\n")


match sys.argv[1:]:
    case ["make"]:
        make()
    case ["rounds", by, whom, start]:
        rounds(int(by), int(whom), Path(start))
