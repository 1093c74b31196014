"""A process of its own for the race of two links.

`make` makes a source; `rounds NUMBER FOLDER` presses, at the moment at which the other process (0 or 1) does: in even rounds the
same link, in odd ones each its own link of one person who is new here; every line says how that ended.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.conf import settings  # noqa: E402 - settings can be read only after django.setup()

from deskhand.accounts import sign_on  # noqa: E402
from deskhand.accounts.models import SignOnSource  # noqa: E402
from deskhand.accounts.sign_on_token import SignOnError, read_token  # noqa: E402
from deskhand.core import jobs  # noqa: E402
from tests.accounts.tokens import token  # noqa: E402

ROUNDS = 8
PATIENCE_S = 60


def meet(number: int, place: Path) -> None:
    """Go on when both are here, however busy the machine is."""
    place.with_suffix(f".{number}").touch()
    deadline = time.monotonic() + PATIENCE_S
    while not place.with_suffix(f".{1 - number}").exists():
        if time.monotonic() > deadline:
            raise TimeoutError(place)
        time.sleep(0.0005)


def rounds(number: int, folder: Path) -> None:
    """Both at once, again and again."""
    source = SignOnSource.objects.get()
    for turn in range(ROUNDS):
        jti = f"{turn}" if turn % 2 == 0 else f"{turn}-{number}"
        now = jobs.database_now()
        said = {"jti": jti, "sub": f"{turn}", "email": f"nora{turn}@x.example", "org": f"Berg {turn}"}
        claims = read_token(token(source, at=now, aud=settings.PUBLIC_URL, **said), at=now)
        meet(number, folder / f"begin-{turn}")
        try:
            arrival = sign_on.arrive(claims, at=now)
        except SignOnError as error:
            sys.stdout.write(f"{error.reason}\n")
        else:
            sys.stdout.write(f"{arrival.standing}:{arrival.person.pk if arrival.person else ''}\n")
        meet(number, folder / f"end-{turn}")


match sys.argv[1:]:
    case ["make"]:
        sign_on.add_source(name="Shop", by=None, at=jobs.database_now())
    case ["rounds", number, folder]:
        rounds(int(number), Path(folder))
