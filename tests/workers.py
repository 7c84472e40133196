"""Which worker runs which tests, and when.

Tests that share what was prepared are run by one worker: a file, or a group of files. The first two
workers begin with what mostly waits, browsers and processes, while the others compute: so the
cores are never all wanted, nor all idle, at once, and few workers start a browser of their own.
"""

from __future__ import annotations

import os
from typing import Any, Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = (
    "tests/integration/desk/charting/",
    "tests/integration/desk/correlating/",
    "tests/integration/desk/signing/",
    "tests/integration/desk/texts/",
    "tests/integration/exports/",
    "tests/integration/reading/",
    "tests/integration/record/plans/",
    "tests/integration/upgrade/",
)
"""Whoever runs one of these restores, loads or lives a study first, which takes many seconds."""
WAITING: Final = (
    "tests/rig/",
    "tests/acceptance/",
    "tests/browser/",
    "tests/benchmarks/",
    "tests/integration/keeping/",
    "tests/integration/running/",
)
"""Tests that mostly wait, the longest first: a browser's are run one after the other."""
WAITERS: Final = ("gw0", "gw1")
"""The workers that begin with them; the others come to them last."""

MOST: Final = 8
"""Workers, however many cores there are: each has connections of its own to one server."""


def how_many(*, quick: bool) -> int:
    """Workers for the quick suite or for everything, by the cores there are.

    Each worker reads all files of tests first, a few seconds of a core. The quick ones compute from
    then on, so more workers than cores would only read more; of everything many tests wait.
    """
    cores = os.cpu_count() or 1
    return min(cores if quick else 2 * cores, MOST)


def group_of(path: str) -> str:
    """Tests of one group are run by one worker, so that what they share is made once."""
    return next((each for each in TOGETHER if path.startswith(each)), path)


def place_in_line(group: str, *, waiter: bool) -> int:
    """How soon a worker turns to a group; of equals the one that was found first."""
    places = (number for number, each in enumerate(WAITING) if group.startswith(each))
    waits = next(places, None)
    if waits is None:
        return len(WAITING) if waiter else 0
    return waits if waiter else len(WAITING) - waits


class Schedule(LoadScopeScheduling):  # type: ignore[misc]
    """Hands groups of tests to workers."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])

    def _assign_work_unit(self, node: Any) -> None:
        waiter = node.gateway.id in WAITERS
        soonest = min(self.workqueue, key=lambda group: place_in_line(group, waiter=waiter))
        self.workqueue.move_to_end(soonest, last=False)
        super()._assign_work_unit(node)
