"""`pro-service score`, from file to standard output."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from pro_service.catalog.instrument_files import load_instruments
from pro_service.cli.tools.score import register
from tests.support.sheets import as_workbook

CODES = [item.code for item in load_instruments()["womac-lk-3.1"].items]
ADDED = ["pain", "stiffness", "function", "total"]
ADDED = [name for code in ADDED for name in (code, f"{code}_0_100")]


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    return app


def run(app: typer.Typer, instrument: str, path: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["score", instrument, str(path), *more])


def run_text(app: typer.Typer, instrument: str, folder: Path, content: str | bytes) -> Result:
    path = folder / "answers.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return run(app, instrument, path)


def womac(*rows: list[str]) -> str:
    return "\n".join(",".join(row) for row in ([*CODES], *rows)) + "\n"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_scores_are_appended_and_other_columns_pass_through(
    app: typer.Typer, tmp_path: Path
) -> None:
    header = ",".join(["code", *CODES, "note"])
    answers = ",".join(["2"] * 24).replace("2", "", 1)
    result = run_text(app, "womac-lk-3.1", tmp_path, f'{header}\n007 ,{answers},"wet, ""cold"""\n')
    assert result.exit_code == 0
    (row,) = table(result.stdout)
    assert list(row) == ["code", *CODES, "note", *ADDED]
    assert (row["code"], row["pain_1"], row["note"]) == ("007 ", "", 'wet, "cold"')
    assert [row[name] for name in ADDED] == ["10", "50", "4", "50", "34", "50", "48", "50"]
    assert result.stderr == ""


def test_row_without_enough_answers_has_empty_scores(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "womac-lk-3.1", tmp_path, womac([""] * 24, ["0"] * 24))
    empty, zero = table(result.stdout)
    assert {empty[name] for name in ADDED} == {""}
    assert {zero[name] for name in ADDED} == {"0"}


def test_non_terminating_scores_have_twelve_places(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(
        app, "womac-lk-3.1", tmp_path, womac(["1"] * 7 + ["2"] * 13 + ["3"] + [""] * 3)
    )
    (row,) = table(result.stdout)
    assert row["function"] == "35.214285714286"


def test_pain_score_gets_a_name_apart_from_its_item(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "id,pain\na,7\nb,\n")
    assert result.stdout == "id,pain,pain_score,pain_0_100\na,7,7,70\nb,,,\n"


def test_any_taken_name_gets_the_suffix_until_it_is_free(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "pain,pain_score,pain_0_100\n7,x,y\n")
    assert result.stdout.splitlines() == [
        "pain,pain_score,pain_0_100,pain_score_score,pain_0_100_score",
        "7,x,y,7,70",
    ]


def test_every_bad_cell_is_told_with_row_and_column_and_nothing_is_scored(
    app: typer.Typer, tmp_path: Path
) -> None:
    bad = ["1"] * 24
    bad[0], bad[23] = "5", "7.5"
    result = run_text(app, "womac-lk-3.1", tmp_path, womac(["1"] * 24, bad, ["-1"] + ["1"] * 23))
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "row 3, column pain_1",
        "row 3, column function_17",
        "row 4, column pain_1",
    ]
    assert all("whole number from 0 to 4" in line and "empty" in line for line in lines)


def test_errors_do_not_repeat_what_a_cell_says(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "pain\nsecretword\n")
    assert result.exit_code == 1
    assert "secretword" not in result.stderr


def test_unknown_instrument_is_told_with_the_known_ones(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "womac", tmp_path, womac())
    assert result.exit_code == 1
    assert "womac-nrs-3.1" in result.stderr
    assert result.stdout == ""


def test_an_instrument_without_scales_has_its_answers_checked(
    app: typer.Typer, tmp_path: Path
) -> None:
    signs = [item.code for item in load_instruments()["safety"].items]
    text = f"{','.join(signs)}\n{','.join('0' for _ in signs)}\n"
    result = run_text(app, "safety", tmp_path, text)
    assert (result.exit_code, result.stdout) == (0, text)
    assert "safety has no scales: answers were checked, nothing is added" in result.stderr
    refused = run_text(app, "safety", tmp_path, text.replace("0,0", "0,2", 1))
    assert refused.exit_code == 1
    assert "is not a whole number from 0 to 1" in refused.stderr


def test_absent_item_columns_are_named(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "womac-lk-3.1", tmp_path, ",".join(CODES[1:-1]) + "\n")
    assert result.exit_code == 1
    assert "pain_1, function_17" in result.stderr


def test_doubled_column_is_named(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "pain,pain\n1,2\n")
    assert result.exit_code == 1
    assert "column pain stands 2 times" in result.stderr


def test_semicolons_between_columns_are_recognised(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "id;pain\n1;2\n")
    assert result.stdout == "id,pain,pain_score,pain_0_100\n1,2,2,20\n"


def test_byte_order_mark_and_windows_line_ends_are_accepted(
    app: typer.Typer, tmp_path: Path
) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "\ufeffpain,姓名\r\n3,甲\r\n")
    assert result.stdout == "\ufeffpain,姓名,pain_score,pain_0_100\n3,甲,3,30\n"


def test_table_with_a_header_only_gives_a_header_only(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, "pain\n")
    assert (result.exit_code, result.stdout) == (0, "pain,pain_score,pain_0_100\n")


def test_blank_line_is_a_missing_answer_only_where_there_is_one_column(
    app: typer.Typer, tmp_path: Path
) -> None:
    one = run_text(app, "pain-nrs", tmp_path, "pain\n3\n\n4\n")
    two = run_text(app, "pain-nrs", tmp_path, "id,pain\na,3\n\nb,4\n\n")
    assert one.stdout.splitlines()[1:] == ["3,3,30", ",,", "4,4,40"]
    assert two.stdout.splitlines()[1:] == ["a,3,3,30", "b,4,4,40"]


def test_row_number_counts_rows_and_not_lines(app: typer.Typer, tmp_path: Path) -> None:
    result = run_text(app, "pain-nrs", tmp_path, 'pain,note\n3,"two\nlines"\n\n99,\n')
    assert "row 4, column pain:" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no header row"),
        ("\n", "no header row"),
        ("\ufeff", "no header row"),
        ("pain,id\n1,a\n2\n3,c,d\n", "row 3: has 1 cells where the header has 2"),
        ('pain,id\n1,"a\n', "row 2: is not valid CSV"),
        ("pain,note\n3,M\u00fcller".encode("latin-1"), "is not UTF-8, UTF-16 or GB18030"),
        ("pain\n\x00", "row 2, column 1: holds a control character"),
    ],
)
def test_file_that_is_no_table_is_told_why(
    app: typer.Typer, tmp_path: Path, content: str | bytes, said: str
) -> None:
    result = run_text(app, "pain-nrs", tmp_path, content)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_file_that_is_absent_is_told_so(app: typer.Typer, tmp_path: Path) -> None:
    result = run(app, "pain-nrs", tmp_path / "absent.csv")
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


def test_output_goes_to_the_named_file(app: typer.Typer, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("pain\n3\n")
    result = run(app, "pain-nrs", source, "--output", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_bytes() == b"pain,pain_score,pain_0_100\n3,3,30\n"


def test_bad_cell_leaves_the_output_file_alone(app: typer.Typer, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("pain\n11\n")
    target.write_text("before")
    assert run(app, "pain-nrs", source, "--output", str(target)).exit_code == 1
    assert target.read_text() == "before"


def test_output_that_cannot_be_written_is_told_so(app: typer.Typer, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("pain\n3\n")
    result = run(app, "pain-nrs", source, "--output", str(tmp_path / "absent" / "out.csv"))
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_nrs_rows_that_fit_likert_are_scored_with_a_warning(
    app: typer.Typer, tmp_path: Path
) -> None:
    result = run_text(app, "womac-nrs-3.1", tmp_path, womac(["9"] * 24, ["4"] * 24))
    assert result.exit_code == 0
    assert [row["total"] for row in table(result.stdout)] == ["216", "96"]
    assert result.stderr.startswith("warning: row 3: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("cell", "raw"),
    [
        *[(cell, "") for cell in ("NA", "N/A", "nan", "NaN", "<NA>", ".", "", " ", "NULL", "#N/A")],
        *[(cell, "7") for cell in ("7", "7.0", "7.", "7.00", " 7 ", "７", "+7", '"7,0"', "07")],
        *[
            (cell, None)
            for cell in ("7.5", "-1", "11", "99", "7e0", "seven", '"1,000"', "7 0", "..")
        ],
        *[(cell, None) for cell in ("8.6E+12", "TRUE", "7.0.0", "七", "9" * 30)],
    ],
)
def test_cells_as_statistics_programs_leave_them(
    app: typer.Typer, tmp_path: Path, cell: str, raw: str | None
) -> None:
    result = run_text(app, "pain-nrs", tmp_path, f"id,pain\na,{cell}\n")
    if raw is None:
        assert (result.exit_code, result.stdout) == (1, "")
        assert "row 2, column pain:" in result.stderr
    else:
        assert [row["pain_score"] for row in table(result.stdout)] == [raw], result.stderr


def test_a_file_of_r_with_missing_answers_is_scored_without_a_word(
    app: typer.Typer, tmp_path: Path
) -> None:
    heads = ",".join(f'"{code.upper()}"' for code in CODES)
    cells = ",".join(["NA", *["2.0"] * 23])
    result = run_text(app, "womac-lk-3.1", tmp_path, f'"",{heads}\n"1",{cells}\n')
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].startswith(",PAIN_1,")
    assert [next(csv.DictReader(io.StringIO(result.stdout)))[name] for name in ADDED[:2]] == [
        "10",
        "50",
    ]


def test_heads_may_be_spelled_otherwise_but_stand_once(app: typer.Typer, tmp_path: Path) -> None:
    heads = [f"Pain {code[-1]}" if code.startswith("pain") else code for code in CODES]
    text = ",".join(heads) + "\n" + ",".join(["1"] * 24) + "\n"
    assert run_text(app, "womac-lk-3.1", tmp_path, text).exit_code == 0
    twice = ",".join([*heads, "PAIN-01"]) + "\n"
    refused = run_text(app, "womac-lk-3.1", tmp_path, twice)
    assert "column pain_1 stands 2 times: Pain 1 (column 1) and PAIN-01" in refused.stderr


def test_a_workbook_is_scored_by_its_first_sheet(app: typer.Typer, tmp_path: Path) -> None:
    path = as_workbook(
        tmp_path / "answers.csv", [["id", "pain"], ["0012", 7.0], ["b", None]], "old"
    )
    result = run(app, "pain-nrs", path)
    assert result.stdout == "id,pain,pain_score,pain_0_100\n0012,7,7,70\nb,,,\n"
    assert "only the first sheet, Sheet, was read; left out: old" in result.stderr
