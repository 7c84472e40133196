"""Requirement, tests, result and commit, as a page to read and a table to sort."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.evidence.read import Requirement
from tests.evidence.results import Results

HEAD = ("source", "id", "asks", "known", "met_by", "test", "ran", "passed", "holds", "besides")

SAID = {
    "guide": "written down in",
    "person": "a person",
    "contract": "a contract",
    "apart": "does not apply",
}


@dataclass(frozen=True)
class Row:
    """One requirement beside one of its tests; or beside who fulfils it."""

    requirement: Requirement
    test: str
    ran: int | None
    passed: int | None
    holds: bool

    def cells(self) -> tuple[object, ...]:
        """The row of the table."""
        its = self.requirement
        return (
            *(its.source, its.id, its.asks, its.known, its.met_by, self.test),
            *(self.ran, self.passed, "yes" if self.holds else "NO", its.besides or its.who),
        )


def rows_of(requirements: Iterable[Requirement], results: Results) -> Iterator[Row]:
    """What the run said of each test of each requirement."""
    for each in requirements:
        for test in each.shown_by:
            count = results.of(test)
            yield Row(each, test, count.ran, count.passed, count.holds)
        if not each.shown_by:
            yield Row(each, "", None, None, each.met_by != "open")


def write_evidence(rows: tuple[Row, ...], commit: str, folder: Path) -> None:
    """`evidence.csv` and `evidence.md` in the folder, made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "evidence.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow((*HEAD, "commit"))
        table.writerows((*row.cells(), commit) for row in rows)
    lines = [f"# What shows that the requirements are met\n\nCommit {commit}.\n"]
    for source in dict.fromkeys(row.requirement.source for row in rows):
        lines.append(f"\n## {source}\n\n| | asks | shown by | result |\n|---|---|---|---|\n")
        lines += [_line(row) for row in rows if row.requirement.source == source]
    (folder / "evidence.md").write_text("".join(lines), encoding="utf-8")


def _line(row: Row) -> str:
    its = row.requirement
    open_ = its.met_by == "open"
    shown = f"`{row.test}`" if row.test else its.who if open_ else f"{SAID[its.met_by]}: {its.who}"
    said = "NOT MET" if open_ else "not the software's"
    if row.test:
        said = f"{row.passed} of {row.ran} passed"
    more = f" ({its.besides})" if its.besides else ""
    return f"| {its.id} | {its.asks}{more} | {shown} | {said} |\n"
