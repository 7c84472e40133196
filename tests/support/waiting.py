"""Waiting for a fact that another process or task brings about, never for an amount of time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

PATIENCE_SECONDS: Final = 120.0
"""After so long what is waited for is taken never to come, however busy the machine is."""
PAUSE_SECONDS: Final = 0.05


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something has come true. Raises TimeoutError if it never does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await holds():
                return
            await asyncio.sleep(PAUSE_SECONDS)
