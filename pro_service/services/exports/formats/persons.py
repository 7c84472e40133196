"""What ODM and FHIR share: the rows of one participant at a time, whatever table they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import ClassVar, NamedTuple

from pro_service.domain.instruments.model import Instrument
from pro_service.services.exports.columns import Cell, Row, Table
from pro_service.services.exports.formats.about import Told

Cells = Mapping[str, Cell]
"""A row's cells by the names of their columns."""


class Asked(NamedTuple):
    """One questionnaire at one visit about one knee or the person."""

    participant: str
    site: str
    target: str
    visit: str
    occurrence: int
    instrument: str


class PersonWriter(ABC):
    """Keeps one participant's rows, and hands them over when the next one's begin."""

    uses: ClassVar[frozenset[str]]
    """Tables it is made of; the others pass by."""
    told: Told
    folder: Path

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        """`instruments` are the catalogue's, with neutral labels."""
        self.instruments = instruments
        self._tables: dict[str, Table] = {}
        self._person: str | None = None
        self._rows: dict[str, list[Cells]] = {}
        self._is_open = False

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin the files."""
        self.told, self.folder = Told.of(about), folder
        self._tables = {one.name: one for one in tables if one.name in self.uses}
        self.begin()
        self._is_open = True

    def add(self, table: str, row: Row) -> None:
        """Keep a row; of somebody else it ends the one before."""
        if table not in self._tables:
            return
        cells = self._tables[table].named(row)
        if cells["participant"] != self._person:
            self._hand_over()
            self._person = str(cells["participant"])
        self._rows.setdefault(table, []).append(cells)

    def close(self) -> None:
        """Write the last participant, and end the files."""
        if self._is_open:
            self._hand_over()
            self.finish()

    def _hand_over(self) -> None:
        if self._person is not None:
            self.write(self._person, self._rows)
        self._rows = {}

    @abstractmethod
    def begin(self) -> None:
        """Open the files in `folder`."""

    @abstractmethod
    def write(self, code: str, rows: Mapping[str, list[Cells]]) -> None:
        """Write a participant."""

    @abstractmethod
    def finish(self) -> None:
        """Close the files."""


def by_questionnaire(items: Sequence[Cells]) -> Iterator[tuple[Asked, list[Cells]]]:
    """Rows of items, questionnaire by questionnaire, in their order."""
    for asked, rows in groupby(items, key=asked_of):
        yield asked, list(rows)


def asked_of(cells: Cells) -> Asked:
    """What a row of items or scores belongs to."""
    return Asked(
        *(str(cells["participant"]), str(cells["site"]), str(cells["target"])),
        *(str(cells["visit"]), int(str(cells["occurrence"])), str(cells["instrument"])),
    )
