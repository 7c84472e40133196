"""Exported files: harmless cells, whole or nothing, sums that check."""

from __future__ import annotations

import csv
import hashlib
import os
import stat
from codecs import BOM_UTF8
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.services.exports.columns import FILES, Cell, Column
from pro_service.services.exports.files import (
    FORMULA_STARTS,
    ExportFolderError,
    cell_text,
    new_export,
)
from pro_service.services.exports.instants import AsOfError, read_instant

TEXT = Column("x", "text", "x")
NUMBER = Column("x", "integer", "x")


def row(name: str, **cells: Cell) -> dict[str, Cell]:
    return {column.name: None for column in FILES[name]} | cells


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_text_a_spreadsheet_would_run_is_defused(start: str) -> None:
    assert cell_text(TEXT, f"{start}1+1") == f"'{start}1+1"


def test_negative_numbers_stay_numbers() -> None:
    assert cell_text(NUMBER, -3) == "-3"
    assert cell_text(Column("x", "decimal", "x"), "-12.5") == "-12.5"


@given(st.text())
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    assert not cell_text(TEXT, text).startswith(FORMULA_STARTS)


def test_files_appear_together_with_their_sums(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with new_export(folder, {"study": "X"}) as tables:
        tables.add(
            "endpoints.csv", row("endpoints.csv", participant='a,"b"', reason="=1", site="北京")
        )
        assert not folder.exists()
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sorted(listed) == sorted([*FILES, "about.json"])
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    with (folder / "endpoints.csv").open(newline="", encoding="utf-8") as file:
        (read,) = csv.DictReader(file)
    assert (read["participant"], read["reason"]) == ('a,"b"', "'=1")
    for name in FILES:
        content = (folder / name).read_bytes()
        assert content.startswith(BOM_UTF8) is not content.isascii(), name
    assert folder.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_export(tmp_path / "out", {}):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportFolderError, match="not an empty folder"), new_export(tmp_path, {}):
        pytest.fail("nothing may be written here")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with new_export(tmp_path / "out", {}):
        pass
    assert (tmp_path / "out" / "codebook.csv").exists()


def test_a_place_that_cannot_be_written_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    place = tmp_path / "file" / "out"
    with pytest.raises(ExportFolderError, match="cannot be written"), new_export(place, {}):
        pytest.fail("nothing may be written here")


def test_a_row_with_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="endpoints"), new_export(tmp_path / "out", {}) as tables:
        tables.add("endpoints.csv", {"participant": "a"})


def test_every_column_says_what_it_means_and_stands_once() -> None:
    for name, columns in FILES.items():
        names = [column.name for column in columns]
        assert len(set(names)) == len(names), name
        assert all(column.meaning for column in columns)
        assert {column.type for column in columns} <= {
            *("text", "integer", "decimal", "date", "instant", "yes/no")
        }


@pytest.mark.parametrize("text", ["yesterday", "2026-12-01", "2026-12-01T08:00"])
def test_an_instant_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(AsOfError):
        read_instant(text)


def test_an_instant_with_its_zone_is_read() -> None:
    assert read_instant("2026-12-01T08:00:00+08:00") == read_instant("2026-12-01T00:00:00Z")


def test_m18_nobody_but_the_owner_reads_what_was_exported(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with new_export(tmp_path / "out", {"study": "X"}, {"plan.toml": "x"}) as tables:
            tables.add("endpoints.csv", row("endpoints.csv", site="北京"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert rights.keys() == {*FILES, "about.json", "plan.toml", "SHA256SUMS"}
    assert set(rights.values()) == {0o600}
