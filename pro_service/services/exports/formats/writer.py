"""What a format has to be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pro_service.services.exports.columns import Row, Table


class Writer(Protocol):
    """One format of one export.

    Rows come table by table or mixed, and a table's in their order; a format keeps none of them
    that it can write. Files are made with `open_private`: health data, 0600.
    """

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin in a folder that is there, for the tables asked for; `about` is what the manifest
        says (study, instant, plan). Raises OSError.
        """

    def add(self, table: str, row: Row) -> None:
        """Take a row of a table: cells in the order of its columns."""

    def close(self) -> None:
        """Finish and close the files. Called once, also of an export that failed: what stands in
        the folder is thrown away then. Raises OSError.
        """
