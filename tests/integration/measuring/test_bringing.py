"""Values brought in by a file: looked at row by row, kept all or none, never twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from pro_service.services.measuring import ValuesRefusedError, look_at_file
from pro_service.store.measuring.measurements import list_measurements
from tests.support.measures import UTE, bring, bringer_of, file_of, refusals
from tests.support.study import Trial

WEIGHT = {"participant": "P-1", "measure": "weight", "exam_on": "2026-01-04", "value": "80.5"}
STANDING = "SELECT count(*) FROM pro.standing_measurements($1, NULL, pro.now())"


async def test_a_file_is_kept_once_with_where_each_value_comes_from(enrolled: Trial) -> None:
    first = await bring(enrolled, UTE | {"scanner": "Prisma", "field_strength": "3T"}, WEIGHT)
    assert [first.count(one) for one in ("new", "same", "changed")] == [2, 0, 0]
    again = await bring(enrolled, UTE | {"scanner": "Prisma", "field_strength": "3T"}, WEIGHT)
    assert [again.count(one) for one in ("new", "same", "changed")] == [0, 2, 0]
    assert await enrolled.count("measure_imports") == 1
    assert await enrolled.count("measurements") == 2
    kept = await list_measurements(enrolled.operator, enrolled.study_id, await enrolled.now())
    found = {one.measured.measure: one for one in kept}
    ute = found["ute_t2s"]
    assert ute.measured.value == Decimal("12.34")
    assert (ute.measured.target, ute.measured.region, ute.measured.layer) == (
        *("left_knee", "cMFC", "deep"),
    )
    assert ute.measured.visit == ("injection", 1)
    assert (ute.scanner, ute.field_strength, ute.source_row) == ("Prisma", Decimal(3), 2)
    assert found["weight"].measured.visit == ("screening", 1)
    assert found["weight"].measured.target == "person"
    ((name, rows, reason, actor),) = await enrolled.fetch(
        "SELECT file_name, row_count, reason, actor FROM pro.measure_imports"
    )
    assert (name, rows, reason, actor) == (
        *("values.csv", 2, "read at the core laboratory", "cli:test"),
    )


async def test_a_changed_value_is_a_further_revision_and_the_old_one_stays(
    enrolled: Trial,
) -> None:
    await bring(enrolled, UTE)
    before = await enrolled.now()
    await enrolled.move(before.replace(hour=before.hour + 1))
    changed = await bring(enrolled, UTE | {"value": "13"})
    assert changed.count("changed") == 1
    assert changed.rows[0].before is not None
    now = await list_measurements(enrolled.operator, enrolled.study_id, await enrolled.now())
    then = await list_measurements(enrolled.operator, enrolled.study_id, before)
    assert [(one.measured.value, one.revision) for one in now] == [(Decimal(13), 2)]
    assert [(one.measured.value, one.revision) for one in then] == [(Decimal("12.34"), 1)]
    assert now[0].thing_id == then[0].thing_id


async def test_r6_what_stands_is_told_to_whom_the_protocol_shows_measures_alone(
    enrolled: Trial,
) -> None:
    await bring(enrolled, UTE)
    blind = replace(bringer_of(enrolled), may_see=lambda _protocol, _code: False)
    looked = await look_at_file(blind, file_of([UTE | {"value": "13"}]))
    assert [(one.fate, one.before) for one in looked.rows] == [("changed", None)]


MISTAKES: list[tuple[Mapping[str, str], str, str]] = [
    ({"participant": "P-9"}, "participant", "participant_unknown"),
    ({"measure": "t3"}, "measure", "measure_unknown"),
    ({"measure": "worms_marrow"}, "measure", "measure_not_planned"),
    ({"knee": "right"}, "knee", "knee_untreated"),
    ({"knee": ""}, "knee", "knee_missing"),
    ({"knee": "both"}, "knee", "cell_knee"),
    ({"region": "cXXX"}, "region", "region_unknown"),
    ({"layer": ""}, "layer", "layer_missing"),
    ({"value": "12.345"}, "value", "value_decimals"),
    ({"value": "612.3"}, "value", "value_out_of_range"),
    ({"value": ""}, "value", "value_missing"),
    ({"value": "12,3"}, "value", "cell_number"),
    ({"missing": "not done"}, "missing", "value_and_missing"),
    ({"exam_on": "2026-03-01"}, "exam_on", "exam_future"),
    ({"exam_on": "2025-11-01"}, "exam_on", "exam_of_no_visit"),
    ({"visit": "injection", "exam_on": "2025-11-01"}, "exam_on", "exam_outside_window"),
    ({"visit": "week_2"}, "visit", "measure_not_then"),
    ({"visit": "no_such"}, "visit", "visit_unknown"),
    ({"exam_on": "10.01.2026"}, "exam_on", "cell_day"),
    ({"read_number": "x"}, "read_number", "cell_read_number"),
    ({"study_uid": "abc"}, "study_uid", "cell_uid"),
    ({}, "measure", "row_twice"),
]


async def test_each_row_that_cannot_be_is_refused_with_its_place(enrolled: Trial) -> None:
    rows = [UTE, *(UTE | dict(cells) for cells, _, _ in MISTAKES)]
    assert await refusals(enrolled, *rows) == [
        (number, column, word) for number, (_, column, word) in enumerate(MISTAKES, start=3)
    ]


async def test_one_row_that_is_refused_keeps_all_others_out(enrolled: Trial) -> None:
    with pytest.raises(ValuesRefusedError) as refused:
        await bring(enrolled, UTE, UTE | {"layer": "full"}, UTE)
    assert [one.number for one in refused.value.looked.refused] == [4]
    assert await enrolled.fetchval(STANDING, enrolled.study_id) == 0
    assert await enrolled.count("measure_imports") == 0


async def test_out_of_range_is_taken_with_a_reason_which_is_sealed(enrolled: Trial) -> None:
    await bring(enrolled, UTE | {"value": "75.5", "reason": "fluid in the defect, read twice"})
    ((value, reason),) = await enrolled.fetch("SELECT value, reason FROM pro.measurements")
    assert value == Decimal("75.5")
    assert str(reason).startswith("note:")
    ((words,),) = await enrolled.fetch("SELECT words_sealed FROM pro.notes")
    assert b"defect" not in words


async def test_why_there_is_no_value_is_a_value_too(enrolled: Trial) -> None:
    await bring(enrolled, UTE | {"value": "", "missing": "无法判读"})
    assert await enrolled.fetch("SELECT value, gap FROM pro.measurements") == [(None, "unreadable")]
