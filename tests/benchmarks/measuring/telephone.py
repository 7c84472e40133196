"""A telephone's browser without what costs: one connection, its cookies, and where it was led.

A client of a library takes a third of what `serve` takes, and half of a machine's cores belong to
it while it measures the other half.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

MOST_LEADS: Final = 5
"""Redirections that are followed for one page."""
_ENDED: Final = "Max-Age=0"


class UnreadableAnswerError(RuntimeError):
    """A server's answer was not one this client can read."""


class Answer(NamedTuple):
    """What came in the end."""

    status: int
    address: str
    """The path it was found at."""
    headers: Mapping[str, str]
    """By name in lower case."""
    text: str


class Telephone:
    """Asks one server, page after page; `forget` makes it somebody else's."""

    def __init__(self, base: str) -> None:
        """Nothing is connected yet."""
        place = urlsplit(base)
        self._host, self._port = place.hostname or "", place.port or 80
        self._cookies: dict[str, str] = {}
        self._way: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def forget(self) -> None:
        """Keep no cookie."""
        self._cookies.clear()

    async def get(self, path: str) -> Answer:
        """A page, wherever it leads."""
        return await self._followed("GET", path, "", {})

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The page a form leads to. `headers` go along as far as it leads, as a script's do."""
        return await self._followed("POST", path, urlencode(fields), headers or {})

    async def close(self) -> None:
        """Hang up."""
        if self._way is not None:
            self._way[1].close()
            self._way = None

    async def _followed(
        self, method: str, path: str, body: str, headers: Mapping[str, str]
    ) -> Answer:
        for _ in range(MOST_LEADS):
            answer = await self._asked(method, path, body, headers)
            if answer.status not in (301, 302, 303, 307):
                return answer
            led = urlsplit(answer.headers["location"])
            path = f"{led.path}?{led.query}" if led.query else led.path
            if answer.status != 307:
                method, body = "GET", ""
        raise UnreadableAnswerError(f"{path} leads on and on")

    async def _asked(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        if self._way is None or self._way[0].at_eof():
            await self.close()
            self._way = await asyncio.open_connection(self._host, self._port, limit=2**20)
        reader, writer = self._way
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Accept: text/html",
            "Accept-Encoding: gzip",
            "User-Agent: a telephone of the benchmarks (Mobile)",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(map("=".join, self._cookies.items())))
        if method == "POST":
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join((*lines, "", body)).encode("ascii"))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, told = self._read_head(head)
        content = await self._content(reader, told)
        if told.get("connection", "").lower() == "close":
            await self.close()
        if told.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return Answer(status, path.partition("?")[0], told, content.decode("utf-8"))

    async def _content(self, reader: asyncio.StreamReader, told: Mapping[str, str]) -> bytes:
        if "content-length" in told:
            return await reader.readexactly(int(told["content-length"]))
        if told.get("transfer-encoding") != "chunked":
            raise UnreadableAnswerError("an answer does not say where it ends")
        parts: list[bytes] = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)

    def _read_head(self, head: str) -> tuple[int, dict[str, str]]:
        """Status and headers; what is to be kept as a cookie is kept."""
        first, *lines = head[:-4].split("\r\n")
        told: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            told[name] = value
            if name == "set-cookie":
                cookie, _, given = value.partition(";")[0].partition("=")
                self._cookies[cookie] = given.strip('"')
                if _ENDED in value:
                    del self._cookies[cookie]
        return int(first.split(" ", 2)[1]), told
