"""Files in the simulation: what people attach to a message, and what is done to files besides."""

import hashlib
import os
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from deskhand.tickets import attachments
from deskhand.tickets.models.event import ScheduledChange
from tests.files import MB, archive, pdf, picture, received
from tests.simulation.facts import FileRow
from tests.simulation.world import World, hold, is_signed_out

LIMIT_MB = 1  # of the simulated desk, so that too much is little


@dataclass
class Enclosed:
    """What a form brings besides its text. `fits` says whether it must be taken."""

    values: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    fits: bool = True


def enclose(world: World, name: str) -> Enclosed:
    """Mostly nothing; else new files, files staged before, or something that cannot be attached."""
    found = Enclosed()
    if world.rng.random() < 0.55:
        return found
    for _ in range(world.rng.randint(0, 2)):
        _add(world, name, found)
    own = [row for row in world.facts.files if row.is_free and row.owner == name]
    for row in world.rng.sample(own, min(len(own), world.rng.randint(0, 2))):
        if row.name not in found.names:  # sent twice, it waits twice under one name
            found.values.setdefault("file", []).append(str(row.key))
            found.names.append(row.name)
    if world.rng.random() < 0.25:
        _spoil(world, name, found)
    total = sum(len(world.contents[one].content) for one in found.names)
    found.fits = found.fits and total <= LIMIT_MB * MB
    return found


def _add(world: World, name: str, found: Enclosed) -> None:
    label, content = new_file(world, name)
    found.values.setdefault("files", []).append((label, content))
    found.names.append(label)
    found.fits = found.fits and label.rpartition(".")[2] in world.facts.desk.file_kinds.split()


def new_file(world: World, name: str, size: int = 0) -> tuple[str, bytes]:
    """A file that nobody has sent yet; some have the bytes of another, so that they share a blob."""
    kind = world.rng.choice(["pdf", "pdf", "png", "zip"])
    label = f"{world.canary('f')}.{'pdf' if size else kind}"
    if size or kind == "pdf":
        content = pdf(size, text="the same" if world.rng.random() < 0.3 else label)
    else:
        content = _picture() if kind == "png" else archive(readme=label.encode())
    world.keep_file(label, name, content)
    return label, content


@cache
def _picture() -> bytes:
    return picture()


def _spoil(world: World, name: str, found: Enclosed) -> None:
    """One thing that must keep the whole message from being sent."""
    found.fits = False
    others = [row for row in world.facts.files if not (row.is_free and row.owner == name)]
    match world.rng.choice(["kind", "content", "empty", "unknown", "foreign", "too much"]):
        case "kind":
            found.values.setdefault("files", []).append(("setup.exe", b"MZ" + bytes(300)))
        case "content":
            found.values.setdefault("files", []).append(("photo.png", pdf()))
        case "empty":
            found.values.setdefault("files", []).append(("empty.pdf", b""))
        case "foreign" if others:
            found.values.setdefault("file", []).append(str(world.rng.choice(others).key))
        case "too much":
            for _ in range(2):
                found.values.setdefault("files", []).append(new_file(world, name, size=LIMIT_MB * MB * 3 // 5))
        case _:
            found.values.setdefault("file", []).append(str(world.uuid()))


def stage_some(world: World) -> str:
    """Files are put into the box of a form that is still being written."""
    name = world.anybody()
    client = world.browser(name)
    if client is None:
        return f"{name} is gone"
    label, content = new_file(world, name)
    may = label.rpartition(".")[2] in world.facts.desk.file_kinds.split()
    before = len(world.facts.files)
    answer = client.post("/files/", world.as_sent({"files": [(label, content), ("setup.exe", b"MZ")]}))
    world.facts.read()
    if is_signed_out(answer):
        hold(not world.facts.people[name].is_active, f"{name} is active and was sent to sign in")
        hold(len(world.facts.files) == before, f"{name} has left and attached a file")
        return f"{name} cannot attach"
    hold(answer.status_code == (200 if may else 422), f"{name} attached {label} and was answered {answer.status_code}")
    hold("setup.exe" in answer.content.decode(), f"{name} is not told that setup.exe was refused")
    hold(len(world.facts.files) == before + may, f"{name} attached {label}: {len(world.facts.files) - before} files")
    return f"{name} attaches {label} ({answer.status_code})"


def drop_one(world: World) -> str:
    """Somebody takes a file away, their own or not."""
    if not world.facts.files:
        return "no file to drop"
    row = world.rng.choice(world.facts.files[-12:])
    name = row.owner if world.rng.random() < 0.6 else world.anybody()
    client = world.browser(name)
    if client is None:
        return f"{name} is gone"
    answer = client.post(f"/files/{row.key}/drop/")
    if not is_signed_out(answer):
        may = row.is_free and row.owner == name
        hold(answer.status_code == (204 if may else 404), f"{name} drops {row}: {answer.status_code}")
    return f"{name} drops {row.name} of {row.owner} ({answer.status_code})"


def sweep(world: World) -> str:
    """What nobody needs goes, and nothing else; blobs are as old as the dice say."""
    for path in sorted(_store().glob("??/??/*")):
        age = timedelta(hours=30 if world.rng.random() < 0.7 else 1)
        os.utime(path, ((world.at - age).timestamp(),) * 2)
    held = ScheduledChange.objects.filter(state__in=("pending", "refused")).values_list("actions", flat=True)
    waiting = {key for actions in held for action in actions for key in action.get("files", [])}
    expected = {row.key for row in world.facts.files if _stays(world, row, waiting)}
    attachments.sweep(at=world.at)
    for share in range(256):
        attachments.sweep_blobs(begins=f"{share:02x}", at=world.at)
    world.facts.read()
    left = {row.key for row in world.facts.files}
    hold(left == expected, f"the sweep took {expected - left}, and left {left - expected}")
    check_blobs(world)
    return f"the sweep leaves {len(left)} files"


def _stays(world: World, row: FileRow, waiting: set[str]) -> bool:
    if row.at >= world.at - attachments.STAGED_FOR:
        return True
    return not row.is_removed and (row.message is not None or str(row.key) in waiting)


def check_blobs(world: World) -> None:
    """The bytes of each file are those that were sent."""
    for row in world.facts.files:
        if not row.is_removed:
            sent = hashlib.sha256(world.contents[row.name].content).hexdigest()
            hold(row.sha256 == sent, f"{row.name} has other bytes than were sent")
            hold((_store() / sent[:2] / sent[2:4] / sent).is_file(), f"the bytes of {row.name} are gone")
            small = row.thumbnail
            hold(not small or (_store() / small[:2] / small[2:4] / small).is_file(), f"{row.name}: no thumbnail")


def _store() -> Path:
    return Path(settings.DATA) / "files"


def download(world: World, name: str, row: FileRow) -> None:
    """Somebody asks for a file, and has it only if they may read its message."""
    answer = world.get(name, f"/files/{row.key}/{row.name}")
    if answer is None:
        return
    if is_signed_out(answer):
        hold(not world.facts.people[name].is_active, f"{name} is active and was sent to sign in")
        return
    may = may_have(world, name, row)
    _compare(answer, name=name, row=row, may=may, content=world.contents[row.name].content)
    if row.thumbnail:
        small = world.get(name, f"/files/{row.key}/thumbnail")
        assert small is not None
        received(small)
        hold((small.status_code == 200) == may, f"the thumbnail of {row} answered {name}: {small.status_code}")


def _compare(answer: HttpResponse, *, name: str, row: FileRow, may: bool, content: bytes) -> None:
    got = b"".join(received(answer))
    hold(answer.status_code == (200 if may else 404), f"{row} answered {name}: {answer.status_code}, may: {may}")
    hold(not may or got == content, f"{row} came to {name} as {len(got)} other bytes")


def may_have(world: World, name: str, row: FileRow, *, is_portal: bool = False) -> bool:
    """Told by the ticket and the message that the file is in; a staged one is its owner's."""
    user, facts = world.facts.people[name], world.facts
    if row.is_removed or not user.is_active:
        return False
    if row.message is None:
        return row.owner == name
    if user.role == "customer":
        return row.is_public and facts.takes_part(name, row.number)
    if facts.works_on(name, row.number):
        return row.is_public if is_portal else True
    return row.is_public and facts.tickets[row.number]["requester__username"] == name
