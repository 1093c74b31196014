"""A desk with people who have signed in, and browsers that listen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.processes import Actor, Installation, Served
from tests.realtime.reading import Reader


@dataclass(frozen=True)
class Desk:
    """A running desk, the session keys of its cast, and how to listen to it."""

    installation: Installation
    served: Served
    sessions: dict[str, str]
    listen: Callable[..., Reader]
    actor: Actor

    def act(self, *what: object) -> int:
        """Let another process do something; the number it says."""
        return int(self.actor.act(*what) or 0)

    def sign_in(self, name: str) -> str:
        """One more browser of this person; its session's key."""
        return str(self.actor.act("sign_in", name))


@pytest.fixture
def desk(installation: Installation) -> Iterator[Desk]:
    """`desk.listen("ada")` opens her stream and reads the greeting; all are closed afterwards."""
    actor = installation.actor("tests.realtime.acts")
    sessions: dict[str, str] = actor.act("assemble")
    served = installation.serve()
    opened: list[Reader] = []

    def listen(name: str, *, port: int = 0, **more: str) -> Reader:
        reader = Reader.open(port or served.port, sessions.get(name, name), **more)
        opened.append(reader)
        if reader.status == 200:
            reader.greeting = reader.next()
        return reader

    yield Desk(installation, served, sessions, listen, actor)
    for reader in opened:
        reader.close()
