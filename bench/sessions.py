"""Sessions without a sign-in, for many at once: `python -m bench.sessions COUNT` prints cookies as JSON, the staff's first."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
django.setup()

from bench.statements import client_of  # noqa: E402 - models can be imported only after django.setup()
from deskhand.accounts.models import User  # noqa: E402


def sessions(count: int) -> dict[str, list[str]]:
    """Cookies of so many people: everybody who works here, and customers."""
    staff = list(User.objects.staff().order_by("pk").values_list("email", flat=True))[:count]
    customers = User.objects.get_queryset().customers().order_by("pk").values_list("email", flat=True)
    return {
        "staff": [_cookie(email) for email in staff],
        "customers": [_cookie(email) for email in customers[: count - len(staff)]],
    }


def _cookie(email: str) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client_of(email).cookies.items())


if __name__ == "__main__":
    print(json.dumps(sessions(int(sys.argv[1]))))
