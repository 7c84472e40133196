"""What watches ask of the database: asked once at a time, and never waited for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from pro_service.domain.errors import ProServiceError

ANSWERS_WITHIN: Final = 1.5
"""Seconds after which no answer is one (machine time): whoever asks is answered within two."""
_Seen = TypeVar("_Seen")


class NoAnswerError(ProServiceError):
    """The database does not answer in time."""


class Lookout(Generic[_Seen]):
    """A look at the database before each answer: once at a time, however many ask."""

    def __init__(self, look: Callable[[], Awaitable[_Seen]]) -> None:
        """`look` raises while there is nothing to be seen.

        It has bounds of its own: after an answer was given without it, it goes on until they end.
        """
        self._look = look
        self._looking: asyncio.Task[_Seen] | None = None

    async def ask(self) -> _Seen:
        """What the look saw. Raises what it raises, and NoAnswerError where it takes too long."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._once())
            self._looking.add_done_callback(_is_heard)
        looking = self._looking
        await asyncio.wait({looking}, timeout=ANSWERS_WITHIN)
        if not looking.done():
            raise NoAnswerError
        return looking.result()

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    async def _once(self) -> _Seen:
        return await self._look()


def _is_heard(looking: asyncio.Task[_Seen]) -> None:
    """A look nobody waits for any more may fail in silence: the next one asks again."""
    if not looking.cancelled():
        looking.exception()
