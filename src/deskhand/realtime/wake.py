"""What wakes the tail: PostgreSQL's NOTIFY, or SQLite's count of commits. Both may be wrong; the tail looks by itself, too."""

import asyncio
import logging
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from django.db import connection

EVERY_S: Final = 0.1  # how often SQLite is asked; costs 0.1 % of a core
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0

logger = logging.getLogger(__name__)


async def keep_watching(*, wake: Callable[[], None], while_needed: Callable[[], Awaitable[object]]) -> None:
    """Call `wake` whenever something may have been committed; comes back from every error, with longer pauses."""
    watch = _listen if connection.vendor == "postgresql" else _count_commits
    pause_s = FIRST_PAUSE_S
    while True:
        began = time.monotonic()
        try:
            await while_needed()
            await watch(wake, while_needed)
        except Exception as error:  # whatever it is: the tail still looks by itself
            logger.warning("Live updates look every few seconds only: %s", error)
        wake()
        if time.monotonic() - began > LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - so that processes do not come all at once
        pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


async def _listen(wake: Callable[[], None], _while_needed: Callable[[], Awaitable[object]]) -> None:
    """A connection of its own, not the pool's: who listens must never share it."""
    from psycopg import AsyncConnection

    parameters: dict[str, Any] = connection.get_connection_params()
    kept = {name: value for name, value in parameters.items() if name not in {"cursor_factory", "context"}}
    async with await AsyncConnection.connect(
        **kept, autocommit=True, application_name="deskhand live", keepalives_idle=30, keepalives_interval=10,
        keepalives_count=3,
    ) as listening:  # fmt: skip
        await listening.execute("LISTEN tickets_event")
        wake()
        async for _ in listening.notifies():
            wake()


async def _count_commits(wake: Callable[[], None], while_needed: Callable[[], Awaitable[object]]) -> None:
    """`data_version` rises with each commit of anybody else; asking it begins no transaction (F-39)."""
    path = quote(str(connection.settings_dict["NAME"]))
    watching = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.05, check_same_thread=False)
    try:
        known = None
        while True:
            await while_needed()
            version = await asyncio.to_thread(_version, watching)
            if version != known:
                known = version
                wake()
            await asyncio.sleep(EVERY_S)
    finally:
        watching.close()


def _version(watching: sqlite3.Connection) -> int:
    return int(watching.execute("PRAGMA data_version").fetchall()[0][0])  # all rows: a half-read statement stays open
