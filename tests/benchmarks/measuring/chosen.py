"""What is asked of a benchmark, and what it gives back."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring.rounds import Contender, table


@dataclass(frozen=True)
class Chosen:
    """The words of the command line."""

    url: str | None
    """A server that is given; None: a durable one of our own."""
    folder: Path | None
    """Where server, filled study and oTree are kept for the next run."""
    rounds: int
    seconds: float
    clients: int
    participants: int
    beside: bool
    """Whether the limits are measured as well."""
    packages: bool
    """Whether those limits too that pip must fetch: oTree, pgqueuer."""
    profile: Path | None = None
    """Where what `serve` spent its time in is written; None: it is not watched."""


@dataclass
class Found:
    """The figures of one benchmark."""

    bench: str
    unit: str
    sides: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    """Lines below the table: the dearest statements, what was left out."""

    @classmethod
    def of(cls, bench: str, unit: str, sides: Sequence[Contender], notes: Sequence[str]) -> Found:
        """What rounds of contenders brought."""
        return cls(bench, unit, [one.figures() for one in sides], list(notes))

    def lines(self) -> list[str]:
        """The table as people read it."""
        compared = table(self.sides) if "a_second" in self.sides[0] else []
        title = f"{self.bench}: {self.unit}; costs in ms, statements and pages a unit"
        return [title, *compared, *self.more, *self.notes]


def circumstances(version: str, chosen: Chosen) -> dict[str, Any]:
    """Where and on what it was measured: without it no figure means anything."""
    head = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    ).stdout.strip()
    return {
        "commit": head or "unknown",
        "postgresql": version,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "participants": chosen.participants,
        "clients": chosen.clients,
        "rounds": chosen.rounds,
        "seconds": chosen.seconds,
    }
