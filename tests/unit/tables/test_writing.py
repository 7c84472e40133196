"""CSV that goes out: marked where it must be, whatever its size."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from pro_service.tables import TableFileError, csv_bytes, mark_csv, write_csv
from pro_service.tables.writing import AT_ONCE


@pytest.mark.parametrize("name", ["K-001", "北京"])
@pytest.mark.parametrize("before", [0, AT_ONCE - 1, 2 * AT_ONCE])
def test_a_table_written_row_by_row_is_marked_as_one_written_at_once(
    tmp_path: Path, name: str, before: int
) -> None:
    """The one character that is not ASCII may stand anywhere, across two pieces too."""
    text = "a" * before + f",{name}\r\n"
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8", newline="")
    mark_csv(path)
    assert path.read_bytes() == csv_bytes(text)
    assert path.read_bytes().startswith(codecs.BOM_UTF8) is not name.isascii()
    assert [one.name for one in tmp_path.iterdir()] == ["table.csv"]


def test_a_place_that_cannot_be_written_is_said_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(TableFileError, match="cannot be written") as refused:
        write_csv(tmp_path / "no" / "table.csv", "a,b\r\n")
    assert refused.value.mend == "Name a place you may write to."
