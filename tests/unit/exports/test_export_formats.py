"""Formats at their bounds: full sheets, long texts, odd characters, missing libraries."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook

from pro_service.catalog.instrument_files import load_instruments
from pro_service.services.exports.choosing import FORMATS, choose_formats, choose_tables
from pro_service.services.exports.columns import TABLES, Cell, Row, Table
from pro_service.services.exports.formats import Writer, frames, xlsx
from pro_service.services.exports.formats.errors import FormatError
from pro_service.services.exports.formats.xml import text
from pro_service.services.exports.formats.xpt import (
    XptWriter,
    cut,
    data_set,
    ibm_float,
    pieces,
    variables_of,
)

ABOUT: Final[Mapping[str, object]] = {
    "study": "X",
    "as_of": "2026-01-31T00:00:00+00:00",
    "release": "0",
}
EVENTS: Final = TABLES["own_events"]
AT: Final = datetime(2026, 1, 12, 2, 0, 0, 123000, tzinfo=UTC)


def row(**cells: Cell) -> Row:
    empty: dict[str, Cell] = {column.name: None for column in EVENTS.columns}
    return EVENTS.row(empty | cells)


def write(folder: Path, writer: Writer, *rows: Row, tables: tuple[Table, ...] = (EVENTS,)) -> None:
    writer.open(folder, tables, ABOUT)
    try:
        for one in rows:
            writer.add(EVENTS.name, one)
    finally:
        writer.close()


def transported(folder: Path, *rows: Row) -> list[dict[str, Any]]:
    write(folder, XptWriter(), *rows)
    path = folder / f"{data_set(EVENTS.name).lower()}.xpt"
    found: list[dict[str, Any]] = pyreadstat.read_xport(path, output_format="polars")[0].to_dicts()
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_of_tables_without_rows_is_written_and_leaves_nothing_else(
    name: str, tmp_path: Path
) -> None:
    writer = FORMATS[name](load_instruments())
    write(tmp_path, writer, tables=tuple(TABLES.values()))
    assert list(tmp_path.iterdir())
    assert all(path.is_file() for path in tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_that_was_never_opened_closes(name: str) -> None:
    FORMATS[name](load_instruments()).close()


def test_a_text_a_spreadsheet_would_run_is_defused_in_a_workbook(tmp_path: Path) -> None:
    write(tmp_path, FORMATS["xlsx"]({}), row(kind="=1+1", dose=Decimal("-2.5"), recorded_at=AT))
    (_, found) = load_workbook(tmp_path / xlsx.FILE)[EVENTS.name].iter_rows(values_only=True)
    cells = dict(zip((column.name for column in EVENTS.columns), found, strict=True))
    assert (cells["kind"], cells["dose"]) == ("'=1+1", -2.5)
    assert cells["recorded_at"] == AT.replace(tzinfo=None)


def test_more_rows_than_a_sheet_holds_are_refused_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "LAST_ROW", 3)
    with pytest.raises(FormatError, match=r"more rows than a sheet .* Take csv or parquet"):
        write(tmp_path, FORMATS["xlsx"]({}), *[row(kind="fall")] * 3)


def test_a_text_longer_than_a_cell_is_refused_and_not_cut(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="longer than a cell"):
        write(tmp_path, FORMATS["xlsx"]({}), row(kind="x" * (xlsx.LONGEST + 1)))


def test_a_long_transported_text_goes_on_in_further_variables(tmp_path: Path) -> None:
    long = "膝" * 100
    rows = [row(kind=long, label_en=None, flagged=True), row(kind="fall", label_en="a" * 201)]
    found, short = transported(tmp_path, *rows)
    assert (found["KIND"], found["KIND2"]) == ("膝" * 66, "膝" * 34)
    assert (short["KIND"], short["KIND2"]) == ("fall", "")
    assert (found["LABELEN"], found["LABELEN2"], found["FLAGGED"]) == ("", "", "Y")
    assert (short["LABELEN"], short["LABELEN2"]) == ("a" * 200, "a")
    assert cut("膝盖", 5) == "膝"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=500))
def test_nothing_of_a_text_is_lost_in_parts(words: str) -> None:
    parts = pieces(words * 3)
    assert "".join(parts) == words * 3
    assert max(len(part.encode()) for part in parts) <= 200
    # A reader takes spaces at the end for padding.
    assert all(part == part.rstrip(" ") or not part.strip(" ") for part in parts[:-1])


def test_parts_of_a_text_have_names_no_column_has() -> None:
    named = {one.short for one in TABLES["codebook"].columns}
    lengths = [[200, 200, 5] for _ in TABLES["codebook"].columns]
    names = [one.name for one in variables_of(TABLES["codebook"], lengths)]
    assert len(set(names)) == len(names) == 3 * len(named)
    assert named <= set(names)
    assert max(map(len, names)) <= 8


def figure(told: bytes) -> float:
    """What SAS reads of it: by the definition, in whole numbers."""
    value = int.from_bytes(told[1:], "big") * 2.0**-56 * 16.0 ** ((told[0] & 0x7F) - 64)
    return -value if told[0] & 0x80 else value


@given(st.floats(min_value=-1e12, max_value=1e12).filter(lambda one: one == 0 or abs(one) > 1e-12))
def test_no_figure_is_changed_by_the_mainframes_format(value: float) -> None:
    assert figure(ibm_float(value)) == pytest.approx(value, rel=1e-15, abs=0)


def test_figures_days_and_instants_are_read_as_they_were(tmp_path: Path) -> None:
    rows = [row(dose=Decimal(each), recorded_at=AT) for each in ("0", "-0.1", "118.5", "1e9")]
    found = transported(tmp_path, *rows, row(dose=None))
    doses = [each["DOSE"] for each in found]
    assert doses[:-1] == pytest.approx([0, -0.1, 118.5, 1e9])
    assert found[-1]["RECDTM"] is None
    assert abs((found[0]["RECDTM"] - AT.replace(tzinfo=None)).total_seconds()) < 0.0015


def test_names_of_data_sets_differ() -> None:
    names = [data_set(name) for name in (*TABLES, "dm", "sv", "qs")]
    assert len(set(names)) == len(names)


@given(st.text())
def test_no_text_breaks_xml(words: str) -> None:
    etree.fromstring(text("a", words, b=words).encode(errors="ignore"))


def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find(name: str) -> object:
        return None if name == "polars" else importlib.util.find_spec(name)

    monkeypatch.setattr(frames, "find_spec", find)
    for name in ("parquet", "sav", "dta"):
        with pytest.raises(FormatError, match=rf"{name} needs .* 'pro-service\[analysis\]'"):
            FORMATS[name]({})


def test_formats_and_tables_are_chosen_by_name() -> None:
    every = choose_tables(None)
    assert every == frozenset(TABLES)
    assert choose_tables("items, scores") == {"items", "scores"}
    assert len(choose_formats("csv,xlsx, csv", every, {})()) == 2
    with pytest.raises(FormatError, match=r"no format pdf\. Known: csv, xlsx, odm"):
        choose_formats("csv,pdf", every, {})
    with pytest.raises(FormatError, match="No format is named"):
        choose_formats(" , ", every, {})
    with pytest.raises(FormatError, match="odm is made of the table items"):
        choose_formats("odm", frozenset({"visits"}), {})
