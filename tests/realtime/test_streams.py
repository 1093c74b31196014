"""One stream and its client, who may be slow or gone."""

import asyncio
from typing import Any

from deskhand.accounts.standing import Standing
from deskhand.realtime.streams import WAITING, Stream, Streams, block, bye


class Client:
    """The server's side of a connection: what was written, and whether it takes any more."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.takes_more = asyncio.Event()
        self.takes_more.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.takes_more.wait()
        self.sent.append(message)

    @property
    def text(self) -> str:
        return b"".join(message["body"] for message in self.sent).decode()

    @property
    def is_closed(self) -> bool:
        return not self.sent[-1]["more_body"]


def stream_to(client: Client, person: int = 1) -> Stream:
    """An open stream."""
    return Stream(key=f"session of {person}", standing=Standing(person, b""), send=client.send)


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_how_a_message_is_written() -> None:
    assert block(event="ticket", data='{"n":1}', cursor="5:5:") == b'id: 5:5:\nevent: ticket\ndata: {"n":1}\n\n'
    assert block(cursor="5:5:") == b"id: 5:5:\n\n"
    assert block() == b": \n\n"


def test_what_is_put_is_written_in_order_and_an_idle_stream_has_no_task() -> None:
    async def run() -> None:
        client = Client()
        stream = stream_to(client)
        stream.put(b"a")
        stream.put(b"b", b"c")
        await settle()
        stream.put(b"d")
        await settle()
        assert client.text == "abcd"
        assert not client.is_closed
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_a_slow_client_is_told_to_start_anew_and_costs_no_more_memory() -> None:
    """What it has not read is dropped: the page looks at everything, and nothing can pile up."""

    async def run() -> None:
        client = Client()
        stream = stream_to(client)
        client.takes_more.clear()
        stream.put(b"on its way;")
        await settle()
        for _ in range(WAITING):
            stream.put(b"waits;")
        assert len(stream._waiting) == WAITING
        stream.put(b"too much;")
        stream.put(b"later;")
        assert len(stream._waiting) == 1
        client.takes_more.set()
        await settle()
        assert client.text == "on its way;event: reset\ndata: {}\n\n"
        assert client.is_closed

    asyncio.run(run())


def test_after_the_end_nothing_is_written() -> None:
    async def run() -> None:
        client = Client()
        stream = stream_to(client)
        stream.put(b"a;")
        stream.end(bye("signed-out"))
        stream.end(bye("restart"))
        stream.put(b"b;")
        await settle()
        assert client.text == 'a;event: bye\ndata: {"why":"signed-out"}\n\n'
        assert client.is_closed

    asyncio.run(run())


def test_a_client_that_has_gone_leaves_nothing_behind() -> None:
    async def run() -> None:
        streams, client = Streams(), Client()
        mine, other = stream_to(client), stream_to(client, person=2)
        streams.add(mine)
        streams.add(other)
        client.takes_more.clear()
        mine.put(b"never read")
        await settle()
        streams.remove(mine)
        await settle()
        assert (len(streams), streams.of([1, 2]), list(streams.by_person)) == (1, [other], [2])
        assert len(asyncio.all_tasks()) == 1
        streams.remove(other)
        assert len(streams) == 0
        assert not streams._any.is_set()

    asyncio.run(run())


def test_everybody_gets_a_sign_of_life_in_25_seconds() -> None:
    """Spread over them: 2,000 at once would hold up everything else."""
    streams = Streams()
    for person in range(100):
        streams.add(Stream(key="", standing=Standing(person, b""), send=None))  # type: ignore[arg-type]
    assert [len(streams.in_slot(slot)) for slot in range(25)] == [4] * 25
    assert {stream for slot in range(1, 26) for stream in streams.in_slot(slot)} == set(streams.everybody())
