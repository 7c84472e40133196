"""Every format of a real export, read back by a reader that is not ours, cell by cell."""

from __future__ import annotations

import math
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars
import pyreadstat
import pytest
from openpyxl import load_workbook

from pro_service.services.exports.columns import TABLES, Column
from pro_service.services.exports.formats.xpt import data_set
from tests.integration.exports.conftest import Cells
from tests.support.command import commands_with
from tests.support.study import Trial


def test_the_same_instant_gives_the_same_bytes_in_every_format(
    exported: tuple[Path, Path],
) -> None:
    first, second = exported
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert {
        path.name for path in first.iterdir() if stat.S_IMODE(path.stat().st_mode) != 0o600
    } == (set())
    differ = [each for each in names if (first / each).read_bytes() != (second / each).read_bytes()]
    # The manifest says when it was made, and the sums have its sum.
    assert set(differ) <= {"about.json", "SHA256SUMS"}


def expected(column: Column, cell: str) -> object:
    """A cell of the CSV as a value of its column's type."""
    if cell == "" and column.type != "text":
        return None
    read: dict[str, Callable[[str], object]] = {
        "text": lambda text: text or None,
        "integer": int,
        "decimal": float,
        "date": date.fromisoformat,
        "instant": datetime.fromisoformat,
        "yes/no": lambda text: text == "yes",
    }
    return read[column.type](cell)


def same(found: object, wanted: object) -> bool:
    if isinstance(found, float) and isinstance(wanted, float | int):
        return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(found, datetime) and isinstance(wanted, datetime):
        return abs((found.replace(tzinfo=UTC) - wanted).total_seconds()) <= 0.0015
    return found == wanted or {found, wanted} == {None, ""}


def compare(
    table: str, rows: Cells, found: Sequence[Sequence[object]], wanted: Callable[..., object]
) -> None:
    columns = TABLES[table].columns
    assert len(found) == len(rows), table
    for row, cells in zip(rows, found, strict=True):
        for column, cell in zip(columns, cells, strict=True):
            told = wanted(column, row[column.name])
            assert same(cell, told), (table, column.name, cell, told)


def test_parquet_is_read_by_polars(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    for name, rows in tables.items():
        frame = polars.read_parquet(exported[0] / f"{name}.parquet")
        assert frame.columns == [column.name for column in TABLES[name].columns]
        compare(name, rows, frame.rows(), expected)


def as_in_a_workbook(column: Column, cell: str) -> object:
    value = expected(column, cell)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def test_a_workbook_is_read_by_openpyxl(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    book = load_workbook(exported[0] / "export.xlsx", read_only=True)
    assert book.sheetnames == list(TABLES)
    for name, rows in tables.items():
        head, *found = book[name].iter_rows(values_only=True)
        assert list(head) == [column.name for column in TABLES[name].columns]
        compare(name, rows, found, as_in_a_workbook)
    book.close()


def as_in_statistics(column: Column, cell: str) -> object:
    value = expected(column, cell)
    if isinstance(value, bool):
        return float(value)
    if column.type == "text":
        return cell
    return float(value) if isinstance(value, int) else value


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_spss_and_stata_are_read_by_readstat(
    exported: tuple[Path, Path], tables: Mapping[str, Cells], kind: str
) -> None:
    read = {"sav": pyreadstat.read_sav, "dta": pyreadstat.read_dta}[kind]
    for name, rows in tables.items():
        frame, told = read(exported[0] / f"{name}.{kind}", output_format="polars")
        columns = TABLES[name].columns
        assert told.column_names_to_labels == {each.name: each.label for each in columns}
        labelled = {each.name for each in columns if each.type == "yes/no"}
        assert set(told.variable_value_labels) == labelled
        found = [[numeric(cell) for cell in row] for row in frame.rows()]
        compare(name, rows, found, as_in_statistics)


def numeric(cell: object) -> object:
    if isinstance(cell, float) and math.isnan(cell):
        return None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return cell


def as_in_transport(column: Column, cell: str) -> object:
    if column.type == "yes/no":
        return {"yes": "Y", "no": "N", "": ""}[cell]
    if column.type == "text":
        return cell.rstrip(" ")
    return as_in_statistics(column, cell)


def test_transport_files_are_read_by_readstat(
    exported: tuple[Path, Path], tables: Mapping[str, Cells]
) -> None:
    for name, rows in tables.items():
        path = exported[0] / f"{data_set(name).lower()}.xpt"
        frame, told = pyreadstat.read_xport(path, output_format="polars")
        columns = TABLES[name].columns
        shorts = [each.short for each in columns]
        assert [each for each in told.column_names if each in shorts] == shorts
        labels = dict(zip(told.column_names, told.column_labels, strict=True))
        assert [labels[each] for each in shorts] == [each.label for each in columns]
        assert told.table_name == data_set(name)
        found = [
            [numeric(cell) for cell in joined(told.column_names, shorts, row)]
            for row in frame.rows()
        ]
        compare(name, rows, found, as_in_transport)


def joined(names: Sequence[str], shorts: Sequence[str], row: Sequence[object]) -> list[object]:
    """A row whose long texts, which go on in the variables behind their own, are whole again."""
    found: list[object] = []
    for name, cell in zip(names, row, strict=True):
        if name in shorts:
            found.append(cell)
        else:
            found[-1] = f"{found[-1]}{cell}"
    return found


async def test_the_command_takes_formats_and_tables_and_refuses_two_folders(
    trial: Trial, tmp_path: Path
) -> None:
    commands = commands_with(trial.url, trial.context.keys.vault)
    out = tmp_path / "out"
    words = ("export", "--as", "xlsx,odm", "--tables", "items,visits", "--out", str(out))
    done = await commands.call(*words)
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir()} == {
        *("about.json", "SHA256SUMS", "export.xlsx", "odm.xml"),
    }
    for wrong, told in (
        (("--as", "pdf", "--out", str(tmp_path / "b")), "no format pdf"),
        (("--as", "odm", "--tables", "visits", "--out", str(tmp_path / "b")), "made of the table"),
        (("--tables", "secrets", "--out", str(tmp_path / "b")), "no table secrets"),
        (("--csv", str(tmp_path / "b"), "--out", str(tmp_path / "c")), "one folder"),
        (("--as", "xlsx", "--csv", str(tmp_path / "b")), "one folder"),
        ((), "one folder"),
    ):
        refused = await commands.call("export", *wrong)
        assert refused.code != 0
        assert told in refused.err
    assert not (tmp_path / "b").exists()
