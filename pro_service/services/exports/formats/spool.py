"""Rows laid aside until a file's head can be written: how many there are, how long texts are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pro_service.services.base.files import open_scratch

Plain = str | int | float | bool | None
"""What a row may hold here."""


class Spool:
    """Rows of one table, in a file without a name that nobody else can open."""

    def __init__(self, folder: Path) -> None:
        """Begin it on the disk of `folder`. Raises OSError."""
        self._file = open_scratch(folder)
        self.count = 0
        """Rows so far."""

    def add(self, row: Sequence[Plain]) -> None:
        """Lay a row aside."""
        self._file.write(f"{json.dumps(row, ensure_ascii=False)}\n")
        self.count += 1

    def lines(self) -> Iterator[str]:
        """The rows as JSON arrays, in their order."""
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip("\n")

    def rows(self) -> Iterator[list[Plain]]:
        """The rows, in their order."""
        for line in self.lines():
            row: list[Plain] = json.loads(line)
            yield row

    def close(self) -> None:
        """Throw the rows away."""
        self._file.close()
