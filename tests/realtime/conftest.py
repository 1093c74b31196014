"""A desk with people who have signed in, and browsers that listen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.processes import Installation, Served
from tests.realtime.reading import Reader, act


@dataclass(frozen=True)
class Desk:
    """A running desk, the session keys of its cast, and how to listen to it."""

    installation: Installation
    served: Served
    sessions: dict[str, str]
    listen: Callable[..., Reader]

    def act(self, *what: object) -> int:
        """Let another process do something; the number it says."""
        return int(act(self.installation, *map(str, what)) or 0)

    def sign_in(self, name: str) -> str:
        """One more browser of this person; its session's key."""
        return str(act(self.installation, "sign_in", name))


@pytest.fixture
def desk(installation: Installation) -> Iterator[Desk]:
    """`desk.listen("ada")` opens her stream and reads the greeting; all are closed afterwards."""
    sessions: dict[str, str] = act(installation, "assemble")
    served = installation.serve()
    opened: list[Reader] = []

    def listen(name: str, *, port: int = 0, **more: str) -> Reader:
        reader = Reader.open(port or served.port, sessions.get(name, name), **more)
        opened.append(reader)
        if reader.status == 200:
            reader.greeting = reader.next()
        return reader

    yield Desk(installation, served, sessions, listen)
    for reader in opened:
        reader.close()
