"""The loop every write goes through: what is tried again, how often, and what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pro_service.services.base.turns import TRIES, BusyError, Decision, until_written
from pro_service.store.connection import DuplicateError, StaleRevisionError

STALE = StaleRevisionError()
COPY = DuplicateError("web_writes_pkey")


class Turns:
    """Decides anew each time, and lets the first writes be refused."""

    def __init__(self, *refusals: Exception) -> None:
        """Keep what the first writes are refused with, in order."""
        self.refusals = list(refusals)
        self.read = 0
        self.written: list[int] = []

    async def decide(self) -> Decision[int]:
        """What was decided from the latest reading."""
        self.read += 1
        decided_from = self.read
        return Decision(decided_from, lambda: self._write(decided_from))

    async def _write(self, decided_from: int) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.written.append(decided_from)


@pytest.mark.parametrize("refusals", [(), (STALE,), (COPY,), (STALE, COPY, STALE, COPY)])
async def test_what_was_refused_is_decided_anew_and_written_once(
    refusals: tuple[Exception, ...],
) -> None:
    turns = Turns(*refusals)
    latest = len(refusals) + 1
    assert await until_written(turns.decide) == latest
    assert turns.written == [latest]


async def test_after_so_many_refusals_nothing_is_written_and_the_last_is_named() -> None:
    turns = Turns(*[STALE] * (TRIES - 1), COPY)
    with pytest.raises(BusyError) as busy:
        await until_written(turns.decide)
    assert (turns.read, turns.written) == (TRIES, [])
    assert busy.value.__cause__ is COPY


@pytest.mark.parametrize("error", [ValueError, BusyError, TimeoutError])
async def test_any_other_error_is_the_callers_at_once(error: Callable[[], Exception]) -> None:
    turns = Turns(error())
    with pytest.raises(type(error())):
        await until_written(turns.decide)
    assert (turns.read, turns.written) == (1, [])


async def test_where_there_is_nothing_to_write_the_result_is_given() -> None:
    async def decide() -> Decision[str]:
        return Decision("stored before")

    assert await until_written(decide) == "stored before"
