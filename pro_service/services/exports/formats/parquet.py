"""Parquet: `<table>.parquet`, streamed from its pieces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pro_service.services.base.files import open_private_bytes
from pro_service.services.exports.columns import Table
from pro_service.services.exports.formats.frames import FrameWriter

if TYPE_CHECKING:
    from polars import LazyFrame


class ParquetWriter(FrameWriter):
    """Instants carry their zone (UTC), yes/no is boolean, decimals are binary figures."""

    name: ClassVar[str] = "parquet"
    needs: ClassVar[tuple[str, ...]] = ("polars",)

    def write(self, table: Table, whole: LazyFrame, path: Path) -> None:
        """Write a table."""
        with open_private_bytes(path) as file:
            whole.sink_parquet(file)
