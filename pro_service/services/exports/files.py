"""Writes tables into a folder: whole or not at all, harmless to spreadsheets, with check sums."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.files import open_private
from pro_service.services.exports.columns import FILES, Cell, Column
from pro_service.tables import mark_csv

MANIFEST: Final = "SHA256SUMS"
ABOUT: Final = "about.json"
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula at the beginning of a cell."""


class ExportFolderError(ProServiceError):
    """The export cannot be written there."""


class Tables:
    """The open files of one export; a row must have exactly its file's columns."""

    def __init__(self, files: Mapping[str, TextIO]) -> None:
        """Write each file's header."""
        self.counts = dict.fromkeys(files, 0)
        self._writers = {
            name: csv.writer(file, lineterminator="\n") for name, file in files.items()
        }
        for name, writer in self._writers.items():
            writer.writerow([column.name for column in FILES[name]])

    def add(self, name: str, row: Mapping[str, Cell]) -> None:
        """Write one row; a column too many or too few is a mistake of the program."""
        columns = FILES[name]
        if row.keys() != {column.name for column in columns}:
            raise KeyError(f"{name}: the row's columns are not the file's")
        self._writers[name].writerow([cell_text(column, row[column.name]) for column in columns])
        self.counts[name] += 1


def cell_text(column: Column, value: Cell) -> str:
    """A cell as written: numbers as they are, text so that no spreadsheet runs it."""
    if value is None:
        return ""
    text = str(value)
    if column.type in ("integer", "decimal"):
        return text
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


@contextmanager
def new_export(
    folder: Path, about: dict[str, object], extra: Mapping[str, str] | None = None
) -> Iterator[Tables]:
    """Open the tables of an export that appears in `folder` once it is complete.

    `about` may be added to until the end; the counts of rows are added to it. `extra` are texts by
    file name that go along as they are. Raises ExportFolderError where something lies in the folder
    already or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFolderError(
            f"{folder} is not an empty folder.", mend="Name one that is new or empty."
        )
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        # Health data: nobody but the owner reads it.
        partial.mkdir(mode=0o700, parents=True)
        try:
            with ExitStack() as stack:
                tables = Tables(
                    {name: stack.enter_context(open_private(partial / name)) for name in FILES}
                )
                yield tables
            _finish(partial, about | {"rows": tables.counts}, extra or {})
            if folder.exists():
                folder.rmdir()
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise ExportFolderError(
            f"{folder} cannot be written ({error.strerror or 'unknown reason'})."
        ) from error


def _write(path: Path, text: str) -> None:
    with open_private(path) as file:
        file.write(text)


def _finish(folder: Path, about: Mapping[str, Any], extra: Mapping[str, str]) -> None:
    for name, content in extra.items():
        _write(folder / name, content)
    text = json.dumps(about, ensure_ascii=False, indent=2, sort_keys=True)
    _write(folder / ABOUT, text + "\n")
    for name in FILES:
        mark_csv(folder / name)
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in sorted([*FILES, ABOUT, *extra])]
    _write(folder / MANIFEST, "".join(lines))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
