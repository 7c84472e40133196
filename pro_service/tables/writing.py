"""Tables that go out: CSV that every program reads as what it is."""

from __future__ import annotations

import codecs
import csv
import io
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pro_service.tables.reading import TableFileError

AT_ONCE: Final = 1024 * 1024
"""Bytes of a large table in memory at a time."""


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV with commas."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


def csv_bytes(text: str) -> bytes:
    """A CSV file's bytes: UTF-8, with a byte-order mark where it is not ASCII.

    Without the mark a spreadsheet with Chinese settings reads UTF-8 as GB18030.
    """
    return text.encode() if text.isascii() else codecs.BOM_UTF8 + text.encode()


def write_csv(path: Path, text: str) -> None:
    """Write a CSV file. Raises TableFileError."""
    try:
        path.write_bytes(csv_bytes(text))
    except OSError as error:
        raise TableFileError(
            f"{path} cannot be written ({error.strerror or 'unknown reason'}).",
            mend="Name a place you may write to.",
        ) from None


def mark_csv(path: Path) -> None:
    """Give a CSV file that was written row by row its byte-order mark, where it needs one.

    Of a large table only a piece is in memory. Raises OSError.
    """
    with path.open("rb") as written:
        if all(piece.isascii() for piece in iter(lambda: written.read(AT_ONCE), b"")):
            return
        marked = path.with_name(f"{path.name}.marked")
        written.seek(0)
        # The copy takes the file's place: nobody reads it who could not read the file.
        mode = stat.S_IMODE(path.stat().st_mode)
        descriptor = os.open(marked, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as target:
            target.write(codecs.BOM_UTF8)
            shutil.copyfileobj(written, target, AT_ONCE)
    marked.replace(path)
