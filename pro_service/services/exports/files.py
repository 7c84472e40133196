"""Writes tables into a folder: whole or not at all, in each format asked for, with check sums."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Final, cast

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.files import open_private
from pro_service.services.exports.columns import Block, Row, Table
from pro_service.services.exports.formats import CsvWriter, Writer

MANIFEST: Final = "SHA256SUMS"
ABOUT: Final = "about.json"


class ExportFolderError(ProServiceError):
    """The export cannot be written there."""


class Tables:
    """The tables of one export, growing in its folder: each row goes to every format."""

    def __init__(
        self,
        folder: Path,
        about: dict[str, object],
        tables: Sequence[Table],
        writers: Sequence[Writer],
    ) -> None:
        """Open every format; rows of tables not asked for are passed over."""
        self.about, self.counts = about, {one.name: 0 for one in tables}
        self.folder, self._writers = folder, writers
        self._open = ExitStack()
        for writer in writers:
            self._open.callback(writer.close)
            writer.open(folder, tables, about)

    def add(self, name: str, rows: Iterable[Row | Block]) -> None:
        """Write rows of a table, if it was asked for."""
        if name not in self.counts:
            return
        for are_blocks, some in groupby(rows, key=lambda one: isinstance(one, Block)):
            if are_blocks:
                for one in some:
                    self._add_block(name, cast("Block", one))
            else:
                self._add_rows(name, cast("list[Row]", list(some)))

    def _add_rows(self, name: str, rows: Sequence[Row]) -> None:
        for writer in self._writers:
            if isinstance(writer, CsvWriter):
                writer.add_rows(name, rows)
                continue
            for row in rows:
                writer.add(name, row)
        self.counts[name] += len(rows)

    def _add_block(self, name: str, block: Block) -> None:
        for writer in self._writers:
            if isinstance(writer, CsvWriter):
                writer.add_block(name, block)
                continue
            for row in block.rows():
                writer.add(name, row)
        self.counts[name] += len(block.middles)

    def append(self, folder: Path, counts: Mapping[str, int]) -> None:
        """Set behind the rows those of the same tables in another folder, written as CSV alone."""
        for writer in self._writers:
            if not isinstance(writer, CsvWriter):
                raise TypeError("only CSV is set behind CSV")
            for name, count in counts.items():
                writer.append(name, folder)
                self.counts[name] += count

    def finish(self, extra: Mapping[str, str]) -> str:
        """Close every format and write the check sums; returns that of their file, and so of every
        byte that goes out. `extra` are texts by file name that go along as they are.
        """
        self.close()
        about = json.dumps(
            self.about | {"rows": self.counts}, ensure_ascii=False, indent=2, sort_keys=True
        )
        for name, content in {**extra, ABOUT: f"{about}\n"}.items():
            _write(self.folder / name, content)
        files = {
            path.relative_to(self.folder).as_posix(): _sha256(path)
            for path in self.folder.rglob("*")
            if path.is_file()
        }
        sums = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
        _write(self.folder / MANIFEST, sums)
        return hashlib.sha256(sums.encode()).hexdigest()

    def close(self) -> None:
        """Close what is open: once, and again without effect."""
        self._open.close()


@contextmanager
def new_export(
    folder: Path,
    about: dict[str, object],
    tables: Sequence[Table],
    writers: Sequence[Writer],
) -> Iterator[Tables]:
    """Open the tables of an export that appears in `folder` once the block ends well.

    The block finishes the tables itself (`Tables.finish`), so that what is written can be told to
    the record before anybody finds it. Raises ExportFolderError where something lies in the folder
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
            with closing(Tables(partial, about, tables, writers)) as written:
                yield written
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
