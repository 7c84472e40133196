"""A way to the database that can go silent, break, or not be there: a TCP proxy of the tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

PIECE: Final = 65_536


class DatabaseProxy:
    """Listens on a TCP port and hands every byte on to a server's socket, while it is told to."""

    def __init__(self, server_url: str) -> None:
        """Nothing listens yet."""
        self.server_url = server_url
        """Where it leads; may be changed, for connections that come later."""
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._links: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The database's address by way of the proxy."""
        parts = urlsplit(self.server_url)
        who = parts.netloc.rpartition("@")[0] or "postgres"
        return urlunsplit((parts.scheme, f"{who}@127.0.0.1:{self._port}", parts.path, "", ""))

    async def open(self) -> None:
        """Listen, on the same port every time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Listen no more, and break what is there: connections are refused."""
        if self._server is not None:
            self._server.close()
        await self.break_all()

    async def break_all(self) -> None:
        """Break every connection, on both sides."""
        links = list(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    def fall_silent(self) -> None:
        """Hand nothing on, in no direction, and say nothing: who connects is accepted, unheard."""
        self._passing.clear()

    def come_back(self) -> None:
        """Hand on what comes on new connections; those that fell silent stay so."""
        self._passing = asyncio.Event()
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        passing = self._passing
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await passing.wait()
                there, back = await self._dial()
                try:
                    async with asyncio.TaskGroup() as both:
                        both.create_task(_hand_on(reader, back, passing))
                        both.create_task(_hand_on(there, writer, passing))
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()
            self._links.discard(link)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.server_url)
        asked = parse_qs(parts.query)
        host = asked.get("host", [parts.hostname or ""])[0]
        port = int(asked.get("port", [str(parts.port or 5432)])[0])
        if host.startswith("/"):
            return await asyncio.open_unix_connection(str(Path(host) / f".s.PGSQL.{port}"))
        return await asyncio.open_connection(host, port)


async def _hand_on(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, passing: asyncio.Event
) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(PIECE):
            await passing.wait()
            target.write(piece)
            await target.drain()
    target.transport.abort()


@asynccontextmanager
async def proxy_to(server_url: str) -> AsyncIterator[DatabaseProxy]:
    """A proxy that hands on everything, until told otherwise."""
    proxy = DatabaseProxy(server_url)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.refuse()
