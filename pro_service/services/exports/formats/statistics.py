"""SAV (SPSS) and DTA (Stata): `<table>.sav`, `<table>.dta`, with labels.

Yes/no is 1 or 0 with value labels: labels on texts are ignored by R. Instants are UTC without
saying so. pyreadstat wants a table whole, so that one table at a time is in memory. Both heads hold
the time of writing; the export's instant is put in its place, so that the same instant gives the
same bytes.
"""

from __future__ import annotations

from calendar import month_abbr
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from pro_service.services.base.files import write_private
from pro_service.services.exports.columns import Table
from pro_service.services.exports.formats.frames import FrameWriter

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

YES_NO: Final[dict[int | float, str]] = {0: "no", 1: "yes"}
_MONTHS: Final[tuple[str, ...]] = tuple(month_abbr)
_SAV_CREATED_AT: Final = 92
"""Where SAV's head has the day (9 letters) and the time (8) of its making."""


class SavWriter(FrameWriter):
    """SPSS."""

    name: ClassVar[str] = "sav"
    needs: ClassVar[tuple[str, ...]] = ("polars", "pyreadstat")

    def write(self, table: Table, whole: LazyFrame, path: Path) -> None:
        """Write a table."""
        from pyreadstat import write_sav

        write_private(path, b"")
        write_sav(
            _numbers(table, whole),
            path,
            row_compress=True,
            file_label=table.name,
            column_labels=_column_labels(table),
            variable_value_labels=_value_labels(table),
        )
        at = self.told.as_of
        made = f"{at.day:02} {_MONTHS[at.month]} {at:%y}{at:%H:%M:%S}"
        with path.open("r+b") as file:
            file.seek(_SAV_CREATED_AT)
            file.write(made.encode())


class DtaWriter(FrameWriter):
    """Stata, version 15."""

    name: ClassVar[str] = "dta"
    needs: ClassVar[tuple[str, ...]] = ("polars", "pyreadstat")

    def write(self, table: Table, whole: LazyFrame, path: Path) -> None:
        """Write a table."""
        from pyreadstat import write_dta

        write_private(path, b"")
        write_dta(
            _numbers(table, whole),
            path,
            file_label=table.name,
            column_labels=_column_labels(table),
            variable_value_labels=_value_labels(table),
        )
        _stamp(path, self.told.as_of)


def _stamp(path: Path, at: datetime) -> None:
    """Put an instant in the place of DTA's own."""
    made = f"{at.day:02} {_MONTHS[at.month]} {at:%Y %H:%M}".encode()
    with path.open("r+b") as file:
        head = file.read(1000)
        start = head.index(b"<timestamp>") + len(b"<timestamp>") + 1
        if head[start - 1] != len(made):
            raise ValueError("DTA's head is not as it was")
        file.seek(start)
        file.write(made)


def _numbers(table: Table, whole: LazyFrame) -> DataFrame:
    """What the formats know: numbers, texts, dates and instants without a zone."""
    import polars as pl

    casts = [
        pl.col(column.name).cast(pl.Int32())
        if column.type in ("yes/no", "integer")
        else pl.col(column.name).dt.replace_time_zone(None)
        for column in table.columns
        if column.type in ("yes/no", "integer", "instant")
    ]
    return whole.with_columns(casts).collect()


def _column_labels(table: Table) -> list[str | None]:
    return [column.label for column in table.columns]


def _value_labels(table: Table) -> dict[str, dict[int | float, str]]:
    return {column.name: YES_NO for column in table.columns if column.type == "yes/no"}
