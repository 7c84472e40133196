"""What stands in the files of an export, whatever format they have, as text to look through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars
import pyreadstat
from openpyxl import load_workbook


def opened(folder: Path) -> dict[str, str]:
    """Each file's cells as text, by its name; read by readers that are not ours."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: "\n".join(_cells(path)) for path in files}


def _cells(path: Path) -> Iterator[str]:
    kind = path.suffix.lstrip(".")
    if kind == "xlsx":
        book = load_workbook(path, read_only=True)
        for sheet in book.worksheets:
            yield from (str(cells) for cells in sheet.iter_rows(values_only=True))
        book.close()
    elif kind == "parquet":
        yield from map(str, polars.read_parquet(path).rows())
    elif kind == "sav":
        yield from map(str, pyreadstat.read_sav(path, output_format="polars")[0].rows())
    elif kind == "dta":
        yield from map(str, pyreadstat.read_dta(path, output_format="polars")[0].rows())
    elif kind == "xpt":
        yield from map(str, pyreadstat.read_xport(path, output_format="polars")[0].rows())
    else:
        yield path.read_text(encoding="utf-8")
