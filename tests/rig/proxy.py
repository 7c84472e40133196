"""A way between two processes that can be spoilt: delayed, silent, half open, reset."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Literal

PIECE: Final = 65_536
Mode = Literal["pass", "delay", "drop", "half-open", "reset"]
SPOILT: Final[tuple[Mode, ...]] = ("delay", "drop", "half-open", "reset")
SLOW: Final = 0.4
"""Seconds each piece is late, each way, where a link delays."""


class Link:
    """Hands on to one port whatever comes to its own, in the mode it is told.

    `drop` holds everything back, both ways, and lets it go once it passes again, as packets do that
    are sent until they are heard: what nobody waits for any more arrives late. `half-open` hands
    requests on and swallows the answers; such connections never recover. `reset` breaks them all
    and refuses others.
    """

    def __init__(self, name: str, target: int) -> None:
        """Nothing listens yet; `target` is a port of this machine."""
        self.name, self.target, self.port = name, target, 0
        self.mode: Mode = "pass"
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, on the same port every time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def become(self, mode: Mode) -> None:
        """Change what it does to all that passes, of connections open now as well."""
        was, self.mode = self.mode, mode
        if mode == "drop":
            self._open.clear()
        else:
            self._open.set()
        if "half-open" in (was, mode) and mode != "half-open":
            await self._break_all()
        if mode == "reset":
            await self.close()
        elif was == "reset":
            await self.open()

    async def close(self) -> None:
        """Listen no more, and break what is there."""
        if self._server is not None:
            self._server.close()
        await self._break_all()

    async def _break_all(self) -> None:
        ways = list(self._ways)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = asyncio.current_task()
        assert way is not None
        self._ways.add(way)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._open.wait()
                there, back = await asyncio.open_connection("127.0.0.1", self.target)
                try:
                    await asyncio.gather(
                        self._hand_on(reader, back, answers=False),
                        self._hand_on(there, writer, answers=True),
                    )
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()
            self._ways.discard(way)

    async def _hand_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # The latter where it is closed already.
            while piece := await source.read(PIECE):
                await self._open.wait()
                if self.mode == "half-open" and answers:
                    continue
                if self.mode == "delay":
                    await asyncio.sleep(SLOW)
                target.write(piece)
                await target.drain()
        with contextlib.suppress(OSError, RuntimeError):
            target.write_eof()  # The other way may have something to say yet.
