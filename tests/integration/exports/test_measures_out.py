"""Measures as they leave: every reader's row as it stood, and what `adpro` has of them."""

from __future__ import annotations

from pathlib import Path

from tests.integration.desk.correlating.conftest import value_of
from tests.integration.exports.test_export import pick, read
from tests.support.study import Trial

DAYS = (("2026-01-02", 24), ("2026-01-11", 20), ("2026-01-28", 18), ("2026-06-01", None))
"""Two before the injection of 12 January, one at week 2, and an image nobody could read."""


async def test_each_value_has_a_row_and_adpro_one_record_a_visit(
    trial: Trial, tmp_path: Path
) -> None:
    for day, value in DAYS:
        await trial.owner_does(value_of("K-001", day, value))
    # A second reader of one of them differs: by the protocol it is adjudicated, and none till then.
    for value, reader in ((16, "'R2', 1"), (17, "'R3', 0")):
        if reader == "'R3', 0":
            stacked = pick((await read(trial, tmp_path / "open"))["adpro.csv"], category="imaging")
            assert [each["value"] for each in stacked] == ["24", "20"]
        said = value_of("K-001", "2026-01-28", value).replace("'R1', 1", reader)
        await trial.owner_does(said)
    tables = await read(trial, tmp_path / "out")
    rows = pick(tables["measures.csv"], participant="K-001")
    assert [(each["measured_on"], each["value"], each["reader"]) for each in rows] == [
        ("2026-01-02", "24", "R1"),
        ("2026-01-11", "20", "R1"),
        *[("2026-01-28", "18", "R1"), ("2026-01-28", "16", "R2"), ("2026-01-28", "17", "R3")],
        ("2026-06-01", "", "R1"),
    ]
    assert [each["study_day"] for each in rows] == ["-10", "-1", "17", "17", "17", "141"]
    assert {(each["measure"], each["region"], each["layer"], each["unit"]) for each in rows} == {
        ("ute_t2s", "cMFC", "full", "ms")
    }
    assert [each["missing_reason"] for each in rows] == [*[""] * 5, "unreadable"]
    stacked = [
        each
        for each in pick(tables["adpro.csv"], participant="K-001")
        if each["category"] == "imaging"
    ]
    figures = ("analysis_date", "value", "baseline", "change", "is_baseline", "analysis_record")
    assert [tuple(each[name] for name in figures) for each in stacked] == [
        ("2026-01-02", "24", "20", "", "no", "no"),
        ("2026-01-11", "20", "20", "", "yes", "yes"),
        ("2026-01-28", "17", "20", "-3", "no", "no"),
    ]
    assert len({each["parameter_code"] for each in stacked}) == 1
    assert [each["read_number"] for each in rows] == ["1", "1", "1", "1", "0", "1"]
    # Its day less that of the nearest sitting about the knee, which was at week 2.
    assert stacked[2]["pair_gap_days"] == "2"
