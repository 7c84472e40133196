from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pro_service.catalog.protocol_files import (
    ProtocolFileError,
    example_protocol_file,
    load_protocol_file,
    read_protocol,
)
from pro_service.cli.tools.protocol_check import register_check

DATA = Path(__file__).parents[2] / "data" / "protocols"
TEXT = example_protocol_file().read_text("utf-8")


def _app() -> typer.Typer:
    app = typer.Typer()
    register_check(app)

    @app.command("other")
    def other() -> None:
        """A second command, so that the group keeps its command names."""

    return app


def test_the_example_study_loads_with_its_text() -> None:
    loaded = load_protocol_file(example_protocol_file())
    assert loaded.text == TEXT
    assert len(loaded.content_sha256) == 64
    assert loaded.protocol.messaging.nudge_at == time(18, 30)
    assert loaded.protocol.study.languages == ("en", "zh_CN")


def test_the_example_study_asks_what_it_should() -> None:
    protocol = load_protocol_file(example_protocol_file()).protocol
    full = {"baseline", "week_2", "month_1", "month_3", "month_6", "month_12", "early_termination"}
    for visit in protocol.visits:
        asked = [ask.instrument for ask in visit.asks]
        if visit.id in full:
            assert asked == ["womac-nrs-3.1", "pain-nrs", "pga"]
            assert all(set(ask.ways) == {"link", "text"} for ask in visit.asks)
        elif visit.id.startswith("safety_"):
            assert asked == ["safety", "pain-nrs-now"]
            assert visit.nudges == "safety"
        elif visit.id.startswith("month_"):
            assert asked == ["pain-nrs-week"]
            assert visit.asks[0].ways == ("text",)
        else:
            assert asked == []
    assert [visit.id for visit in protocol.visits if visit.imaging] == [
        "injection",
        "month_6",
        "month_12",
    ]


def test_comments_and_layout_make_no_new_version() -> None:
    plain = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))
    other = plain.replace(" = ", "=").replace('nudge_at="18:30"', "nudge_at=18:30:00")
    assert other != TEXT
    assert read_protocol(other).content_sha256 == read_protocol(TEXT).content_sha256


def test_another_value_makes_a_new_version() -> None:
    other = TEXT.replace('nudge_at = "18:30"', 'nudge_at = "18:00"')
    assert read_protocol(other).content_sha256 != read_protocol(TEXT).content_sha256


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(ProtocolFileError) as caught:
        read_protocol('[study]\ncode = "A"\nname = \n')
    assert "line 3" in str(caught.value)


def test_a_missing_file_and_wrong_bytes_are_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(ProtocolFileError, match="cannot be read"):
        load_protocol_file(tmp_path / "none.toml")
    wrong = tmp_path / "wrong.toml"
    wrong.write_bytes(b"\xff\xfe")
    with pytest.raises(ProtocolFileError, match="not UTF-8"):
        load_protocol_file(wrong)


def test_a_wrong_file_raises_one_error_with_every_problem() -> None:
    with pytest.raises(ProtocolFileError) as caught:
        load_protocol_file(DATA / "everything_wrong.toml")
    assert len(caught.value.problems) >= 18
    assert len(str(caught.value).splitlines()) == len(caught.value.problems) + 1


def test_check_prints_every_problem_and_exits_1() -> None:
    result = CliRunner().invoke(_app(), ["check", str(DATA / "everything_wrong.toml")])
    assert result.exit_code == 1
    with pytest.raises(ProtocolFileError) as caught:
        load_protocol_file(DATA / "everything_wrong.toml")
    assert result.stdout.splitlines() == [str(problem) for problem in caught.value.problems]


def test_check_of_the_example_study_exits_0(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(TEXT, "utf-8")
    result = CliRunner().invoke(_app(), ["check", str(file)])
    assert result.exit_code == 0
    assert "mine.toml is in order: study KNEE-OA-UCMSC, 21 visits" in result.stdout
