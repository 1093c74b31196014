"""A process of its own for the tests of files: `seed`, `stage`, `count`, `stage-again COUNT`, `sweep-until-told`."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.conf import settings  # noqa: E402 - models can be imported only after django.setup()
from django.utils import timezone  # noqa: E402

from deskhand.accounts.models import User  # noqa: E402
from deskhand.core import blobs  # noqa: E402
from deskhand.tickets import attachments  # noqa: E402
from deskhand.tickets.models.message import Attachment  # noqa: E402
from tests import cast, files  # noqa: E402
from tests.realtime.acts import sign_in  # noqa: E402

CONTENT = files.pdf(5000, text="the same bytes")


def place(sha256: str) -> Path:
    """Where it lies."""
    return Path(settings.DATA) / "files" / sha256[:2] / sha256[2:4] / sha256


def stage_again(count: int) -> None:
    """Stage the same bytes, which are an old orphan by then, again and again; how often they were not there afterwards."""
    carl, lost = User.objects.get(username="carl"), 0
    for _ in range(count):
        (row,) = files.stage(carl, CONTENT, at=timezone.now() - timedelta(hours=2))
        lost += not blobs.exists(row.sha256)
        Attachment.objects.filter(pk=row.pk).delete()
        os.utime(place(row.sha256), (0, 0))
    sys.stdout.write(str(lost))


def sweep_until_told() -> None:
    """Sweep the share of these bytes without a pause; how often that took them away."""
    with blobs.writer() as writer:
        writer.write(CONTENT)
        sha256 = writer.finish().sha256
    os.utime(place(sha256), (0, 0))
    taken = 0
    while not (Path(settings.DATA) / "enough").exists():
        was_there = blobs.exists(sha256)
        attachments.sweep_blobs(begins=sha256[:2], at=timezone.now())
        taken += was_there and not blobs.exists(sha256)
    sys.stdout.write(str(taken))


match sys.argv[1:]:
    case ["seed"]:
        cast.assemble(at=timezone.now())
        sys.stdout.write(sign_in("carl"))
    case ["stage"]:
        files.stage(User.objects.get(username="carl"), CONTENT, at=timezone.now())
    case ["count"]:
        kept = files.kept_below(Path(settings.DATA))
        incoming = [path for path in kept if path.parent.name == "incoming"]
        found = {"rows": Attachment.objects.count(), "blobs": len(kept) - len(incoming), "incoming": len(incoming)}
        sys.stdout.write(json.dumps(found))
    case ["stage-again", count]:
        stage_again(int(count))
    case ["sweep-until-told"]:
        sweep_until_told()
