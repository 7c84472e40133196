"""The clients of `api`, in a process of their own that loads nothing of the service.

URL, how many clients, items on a page and seconds come as words, the headers as JSON on its input;
the milliseconds of each request go out as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter

import aiohttp


async def read_with_all(
    url: str, clients: int, limit: str, seconds: float, headers: dict[str, str]
) -> list[float]:
    """Read a list over and over with all clients; milliseconds of each request."""
    spent: list[float] = []
    until = perf_counter() + seconds

    async def client() -> None:
        async with aiohttp.ClientSession(headers=headers) as session:
            after: str | None = None
            while perf_counter() < until:
                began = perf_counter()
                after = await _page(session, url, limit, after)
                spent.append((perf_counter() - began) * 1000)

    await asyncio.gather(*(client() for _ in range(clients)))
    return spent


async def _page(
    session: aiohttp.ClientSession, url: str, limit: str, after: str | None
) -> str | None:
    """One page; where the next begins, or None at the end of the list."""
    query = {"limit": limit} | ({} if after is None else {"after": after})
    async with session.get(url, params=query) as answer:
        answer.raise_for_status()
        following: str | None = (await answer.json())["next"]
        return following


if __name__ == "__main__":
    _, address, many, page, length = sys.argv
    shown = json.loads(sys.stdin.read())
    print(json.dumps(asyncio.run(read_with_all(address, int(many), page, float(length), shown))))
