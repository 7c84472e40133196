"""Exported files: harmless cells, whole or nothing, sums that check."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import stat
from codecs import BOM_UTF8
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.services.exports.columns import TABLES, Block, Cell, Column, Row, Table
from pro_service.services.exports.columns.model import Source, Type
from pro_service.services.exports.files import ExportFolderError, Tables, new_export
from pro_service.services.exports.formats import CsvWriter
from pro_service.services.exports.formats.csv import FORMULA_STARTS, cell_text
from pro_service.services.exports.instants import AsOfError, read_instant

TEXT = Column("x", "text", "X", "x", "x")
NUMBER = Column("x", "integer", "X", "x", "x")
FIGURE = Column("x", "decimal", "X", "x", "x")
FILES = [f"{name}.csv" for name in TABLES]


def row(name: str, **cells: Cell) -> Row:
    empty: dict[str, Cell] = {column.name: None for column in TABLES[name].columns}
    return TABLES[name].row(empty | cells)


def new_tables(folder: Path) -> AbstractContextManager[Tables]:
    """A new export of every table as CSV."""
    return new_export(folder, {"study": "X"}, tuple(TABLES.values()), (CsvWriter(),))


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_text_a_spreadsheet_would_run_is_defused(start: str) -> None:
    assert cell_text(TEXT, f"{start}1+1") == f"'{start}1+1"


def test_negative_numbers_stay_numbers() -> None:
    assert cell_text(NUMBER, -3) == "-3"
    assert cell_text(FIGURE, Decimal("-12.500")) == "-12.5"
    assert cell_text(FIGURE, Decimal(100)) == "100"
    assert cell_text(FIGURE, 40) == "40"


def test_an_instant_is_in_milliseconds_of_utc_and_says_so() -> None:
    at = Column("x", "instant", "X", "x", "x")
    beijing = timezone(timedelta(hours=8))
    assert cell_text(at, datetime(2026, 1, 12, 10, tzinfo=beijing)) == "2026-01-12T02:00:00.000Z"
    told = datetime(2026, 1, 12, 2, 0, 0, 123987, tzinfo=UTC)
    assert cell_text(at, told) == "2026-01-12T02:00:00.123Z"


@given(st.text())
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    assert not cell_text(TEXT, text).startswith(FORMULA_STARTS)


@given(st.lists(st.text(), min_size=2, max_size=9))
def test_whatever_is_written_is_read_back(cells: list[str]) -> None:
    columns = tuple(TEXT._replace(name=f"c{place}") for place, _ in enumerate(cells))
    with TemporaryDirectory() as folder:
        writer = CsvWriter()
        writer.open(Path(folder), [Table("x", "x", columns)], {})
        writer.add("x", tuple(cells))
        writer.add("x", (None,) * len(cells))
        writer.close()
        with (Path(folder) / "x.csv").open(newline="", encoding="utf-8-sig") as file:
            _, read, empty = csv.reader(file)
    assert read == [cell_text(TEXT, cell) for cell in cells]
    assert empty == [""] * len(cells)


def test_files_appear_together_with_their_sums(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with new_tables(folder) as tables:
        tables.add("endpoints", [row("endpoints", participant='a,"b"', reason="=1", site="北京")])
        sha256 = tables.finish({})
        assert not folder.exists()
    assert hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest() == sha256
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
    with pytest.raises(RuntimeError), new_tables(tmp_path / "out"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportFolderError, match="not an empty folder"), new_tables(tmp_path):
        pytest.fail("nothing may be written here")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with new_tables(tmp_path / "out") as tables:
        tables.finish({})
    assert (tmp_path / "out" / "codebook.csv").exists()


def test_a_place_that_cannot_be_written_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    place = tmp_path / "file" / "out"
    with pytest.raises(ExportFolderError, match="cannot be written"), new_tables(place):
        pytest.fail("nothing may be written here")


def test_a_row_with_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="endpoints"):
        TABLES["endpoints"].row({"participant": "a"})
    with pytest.raises(ValueError, match="1 cells for 24"), new_tables(tmp_path / "out") as tables:
        tables.add("endpoints", [("a",)])


def test_rows_that_begin_and_end_alike_are_written_as_any_others(tmp_path: Path) -> None:
    whole = row("items", participant="a,b", state="=missed", item="pain_1", sitting=1)
    other = row("items", participant="a,b", state="=missed", item="pain_2", sitting=1)
    written = set()
    for first, last in ((9, 10), (0, len(whole)), (9, len(whole)), (0, 10), (None, None)):
        middles = [one[first:last] for one in (whole, other)]
        block = Block(whole[: first or 0], middles, whole[last or len(whole) :])
        assert list(block.rows()) == [whole, other]
        with new_tables(tmp_path / f"{first}-{last}") as tables:
            tables.add("items", [whole, other] if first is None else [block])
            assert tables.counts["items"] == 2
            tables.finish({})
        written.add((tmp_path / f"{first}-{last}" / "items.csv").read_bytes())
    assert len(written) == 1
    wrong = Block(whole[:9], [("pain_1",)], whole[11:])
    with pytest.raises(ValueError, match="too few"), new_tables(tmp_path / "out") as tables:
        tables.add("items", [wrong])


def test_every_column_says_what_it_means_and_stands_once() -> None:
    for name, table in TABLES.items():
        assert table.name == name
        for names in ([one.name for one in table.columns], [one.short for one in table.columns]):
            assert len(set(names)) == len(names), name
        for one in table.columns:
            assert one.meaning
            assert one.type in get_args(Type)
            assert one.source in get_args(Source)


def test_every_column_has_a_name_and_a_label_that_the_narrowest_format_can_write() -> None:
    for table in TABLES.values():
        for one in table.columns:
            assert re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", one.short), one
            assert one.label.isascii()
            assert 0 < len(one.label) <= 40, one


@pytest.mark.parametrize("text", ["yesterday", "2026-12-01", "2026-12-01T08:00"])
def test_an_instant_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(AsOfError):
        read_instant(text)


def test_an_instant_with_its_zone_is_read() -> None:
    assert read_instant("2026-12-01T08:00:00+08:00") == read_instant("2026-12-01T00:00:00Z")


def test_m18_nobody_but_the_owner_reads_what_was_exported(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with new_tables(tmp_path / "out") as tables:
            tables.add("endpoints", [row("endpoints", site="北京")])
            tables.finish({"plan.toml": "x"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert rights.keys() == {*FILES, "about.json", "plan.toml", "SHA256SUMS"}
    assert set(rights.values()) == {0o600}
