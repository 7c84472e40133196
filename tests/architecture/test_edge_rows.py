"""Every edge row of the scoring facts (E01-E39) is proved by a test that names it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMED = re.compile(r"^(?:async )?def test_(e\d\d)_", re.MULTILINE)
ROWS = {f"E{number:02}" for number in range(1, 40)}


def named_by_tests() -> Iterator[str]:
    """Rows in the name of a test function: `test_e30_...`."""
    for path in sorted(TESTS.rglob("test_*.py")):
        yield from (found.upper() for found in NAMED.findall(path.read_text(encoding="utf-8")))


def named_by_cases() -> Iterator[str]:
    """Rows that are cases of the tables which tests/unit/instruments/test_scoring.py runs."""
    for name in ("womac_cases.csv", "refused_cells.csv"):
        with (TESTS / "data" / "scoring" / name).open(encoding="utf-8", newline="") as file:
            yield from (row["id"] for row in csv.DictReader(file) if row["id"])


def test_every_edge_row_has_a_test_that_names_it() -> None:
    named = {*named_by_tests(), *named_by_cases()}
    assert sorted(ROWS - named) == []
