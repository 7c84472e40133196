"""Rounds of several contenders, turn about: what each did, how long steps took, the cost.

The machine is seldom idle and never the same: only what was measured turn about in one run is
compared, by the medians of its rounds.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.benchmarks.measuring.server import (
    Server,
    Statements,
    cpu_of_process,
    cpu_of_server,
    forget_statements,
    statements_of,
)
from tests.benchmarks.measuring.walking import Step

Once = Callable[[int, Step], Awaitable[int]]
"""Work of a lane (0, 1, ...): how many units it did; 0 once there is nothing left to do."""
BETWEEN: Final = 0.3
"""Seconds of rest before each round, for what the one before left to do."""


@dataclass
class Contender:
    """One side of a comparison, and what its rounds brought."""

    name: str
    once: Once
    database_url: str | None = None
    """Where its statements are counted."""
    pid: int | None = None
    """The process that serves it."""
    before: Callable[[], Awaitable[None]] | None = None
    """What is made ready before each round, outside the measuring."""
    lanes: int | None = None
    """How many side by side, where that is not what was chosen."""
    rates: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    done: int = 0
    serve_s: float = 0.0
    database_s: float = 0.0
    statements: Statements | None = None

    @property
    def rate(self) -> float:
        """Units a second: the middle round."""
        return statistics.median(self.rates) if self.rates else 0.0

    def step_ms(self, share: float) -> float | None:
        """The time within which this share of all steps was done, ms."""
        if not self.steps:
            return None
        ordered = sorted(self.steps)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def figures(self) -> dict[str, Any]:
        """Everything, per unit where that says more; None: not counted here."""
        done, said = max(self.done, 1), self.statements
        return {
            "name": self.name,
            "a_second": self.rate,
            "least": min(self.rates, default=0.0),
            "most": max(self.rates, default=0.0),
            "rounds": len(self.rates),
            "units": self.done,
            "step_p50_ms": self.step_ms(0.5),
            "step_p99_ms": self.step_ms(0.99),
            "serve_cpu_ms": None if self.pid is None else 1000 * self.serve_s / done,
            "database_cpu_ms": 1000 * self.database_s / done if self.database_s else None,
            "statements": None if said is None else said.calls / done,
            "database_ms": None if said is None else said.ms / done,
            "buffers": None if said is None else said.buffers / done,
        }


async def take_turns(
    contenders: Sequence[Contender], server: Server, *, rounds: int, seconds: float, lanes: int
) -> None:
    """Warm each up with a short round, then measure `rounds` rounds of each, turn about."""
    for one in contenders:
        await _round(one, seconds / 2, one.lanes or lanes)
    await forget_statements(server)
    for _ in range(rounds):
        for one in contenders:
            await _measured(one, server, seconds, one.lanes or lanes)
    for one in contenders:
        if one.database_url is not None:
            one.statements = await statements_of(server, one.database_url)


async def _measured(one: Contender, server: Server, seconds: float, lanes: int) -> None:
    serve, postgres = _cpu(one), cpu_of_server(server)
    done, took, steps = await _round(one, seconds, lanes)
    one.serve_s += _cpu(one) - serve
    one.database_s += cpu_of_server(server) - postgres
    one.done += done
    one.steps += steps
    if done:
        one.rates.append(done / took)


def _cpu(one: Contender) -> float:
    return 0.0 if one.pid is None else cpu_of_process(one.pid)


async def _round(one: Contender, seconds: float, lanes: int) -> tuple[int, float, list[float]]:
    """Lanes side by side, each one unit after another: units, seconds, seconds of each step."""
    if one.before is not None:
        await one.before()
    await asyncio.sleep(BETWEEN)
    steps: list[float] = []
    began = time.perf_counter()
    until = began + seconds

    async def lane(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            units = await one.once(number, steps.append)
            if not units:
                break
            done += units
        return done

    done = sum(await asyncio.gather(*(lane(number) for number in range(lanes))))
    return done, time.perf_counter() - began, steps


COLUMNS: Final = (
    ("a_second", "a second", 1),
    ("least", "least", 1),
    ("most", "most", 1),
    ("step_p50_ms", "p50 ms", 1),
    ("step_p99_ms", "p99 ms", 1),
    ("serve_cpu_ms", "serve cpu", 1),
    ("database_cpu_ms", "db cpu", 1),
    ("statements", "statements", 1),
    ("database_ms", "db ms", 1),
    ("buffers", "buffers", 0),
)


def table(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a contender; the last column is its rate beside the first one's."""
    lines = [f"{'':30}" + "".join(f"{title:>11}" for _, title, _ in COLUMNS) + f"{'ratio':>8}"]
    first = found[0]["a_second"] or 1.0
    for one in found:
        cells = [
            f"{'-':>11}" if one[key] is None else f"{one[key]:11.{places}f}"
            for key, _, places in COLUMNS
        ]
        lines.append(f"{one['name']:30}" + "".join(cells) + f"{one['a_second'] / first:8.2f}")
    return lines


def dearest(said: Statements | None, units: int, most: int = 10) -> list[str]:
    """The statements that took the longest together: calls, ms and buffers a unit."""
    if said is None:
        return []
    lines = [f"{'statement':50}{'calls':>9}{'ms':>9}{'buffers':>9}   a unit"]
    for one in said.dearest(most):
        lines.append(
            f"{one.name:50}{one.calls / units:9.2f}{one.ms / units:9.2f}{one.buffers / units:9.0f}"
        )
    return lines
