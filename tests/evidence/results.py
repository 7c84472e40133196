"""What a run of the tests said of each test, from the JUnit files that pytest writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

TROUBLE = {"failure", "error", "skipped"}


@dataclass(frozen=True)
class Count:
    """How many tests of a name there were in the run, and how many of them passed."""

    ran: int
    passed: int

    @property
    def holds(self) -> bool:
        """Whether there was one, and every one passed."""
        return self.ran > 0 and self.passed == self.ran


@dataclass(frozen=True)
class Results:
    """Every test of a run, by its file and name, with whether it passed."""

    tests: tuple[tuple[str, str, bool], ...]

    def of(self, name: str) -> Count:
        """What became of the tests of `file` or `file::test`, with all their parameters."""
        path, _, test = name.partition("::")
        mine = [
            passed
            for where, called, passed in self.tests
            if where == path and test in ("", called.partition("[")[0])
        ]
        return Count(ran=len(mine), passed=sum(mine))


def read_results(paths: Iterable[Path]) -> Results:
    """The tests that these files tell of. Raises OSError and ElementTree.ParseError."""
    return Results(
        tuple(
            (
                case.get("classname", "").replace(".", "/") + ".py",
                case.get("name", ""),
                TROUBLE.isdisjoint(part.tag for part in case),
            )
            for path in paths
            for case in ElementTree.parse(path).iter("testcase")
        )
    )
