"""Dataset-JSON 1.1 (CDISC): `<data set>.json`, streamed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from pro_service.domain.instruments.numbers import written
from pro_service.services.base.files import open_private
from pro_service.services.exports.columns import Cell, Column, Row, Table
from pro_service.services.exports.formats.about import Told
from pro_service.services.exports.formats.csv import instant_text
from pro_service.services.exports.formats.spool import Plain, Spool
from pro_service.services.exports.formats.xpt import data_set

_TYPES: Final[Mapping[str, str]] = {
    "text": "string",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "instant": "datetime",
    "yes/no": "boolean",
}


class DatasetJsonWriter:
    """Columns carry the registry's short names; decimals are texts, so that no digit is lost."""

    def __init__(self) -> None:
        """Nothing is written before `open`."""
        self._folder = Path()
        self._told: Told | None = None
        self._tables: dict[str, Table] = {}
        self._spools: dict[str, Spool] = {}

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin with no rows."""
        self._folder, self._told = folder, Told.of(about)
        for table in tables:
            self._tables[table.name], self._spools[table.name] = table, Spool(folder)

    def add(self, table: str, row: Row) -> None:
        """Lay a row aside: how many there are stands before them."""
        self._spools[table].add([_plain(cell) for cell in row])

    def close(self) -> None:
        """Write the files."""
        for name, spool in self._spools.items():
            if self._told is not None:
                self._write(self._told, self._tables[name], spool)
            spool.close()

    def _write(self, told: Told, table: Table, spool: Spool) -> None:
        name = data_set(table.name)
        head = json.dumps(_head(told, name, table) | {"records": spool.count}, ensure_ascii=False)
        with open_private(self._folder / f"{name.lower()}.json") as file:
            file.write(f'{head.removesuffix("}")}, "rows": [')
            for number, line in enumerate(spool.lines()):
                file.write(f"{',' if number else ''}\n{line}")
            file.write("\n]}\n")


def _head(told: Told, name: str, table: Table) -> dict[str, object]:
    return {
        "datasetJSONCreationDateTime": told.instant,
        "datasetJSONVersion": "1.1.0",
        "dbLastModifiedDateTime": told.instant,
        "fileOID": f"{told.study}.{told.instant}.{name}",
        "originator": "pro-service",
        "sourceSystem": {"name": "pro-service", "version": told.release},
        "studyOID": told.study,
        "metaDataVersionOID": "1",
        "itemGroupOID": f"IG.{name}",
        "name": name,
        "label": table.one_row,
        "columns": [_column(name, column) for column in table.columns],
    }


def _column(name: str, column: Column) -> dict[str, object]:
    told: dict[str, object] = {
        "itemOID": f"IT.{name}.{column.short}",
        "name": column.short,
        "label": column.label,
        "dataType": _TYPES[column.type],
    }
    return told | ({"targetDataType": "decimal"} if column.type == "decimal" else {})


def _plain(cell: Cell) -> Plain:
    if isinstance(cell, Decimal):
        return written(cell)
    if isinstance(cell, datetime):
        return instant_text(cell)
    return cell.isoformat() if isinstance(cell, date) else cell
