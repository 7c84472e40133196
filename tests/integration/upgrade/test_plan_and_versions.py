"""A lived study has no plan: it is computed as before, also once the example's plan is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pro_service.catalog.plan_files import example_plan_file, load_plan_file
from pro_service.services.exports.export import export
from pro_service.services.exports.files import ABOUT
from pro_service.services.exports.naming import NO_PLAN
from pro_service.services.study.plans import load_plan
from pro_service.services.visits.moving import Move, move_participants
from tests.support.lived import exported_at
from tests.support.study import ACTOR, Trial
from tests.support.versions import EXAMPLE, store_version

TABLES = ("scores.csv", "items.csv", "endpoints.csv")


@pytest.mark.thorough
async def test_the_example_s_plan_changes_no_table_of_a_lived_study(
    lived: Trial, tmp_path: Path
) -> None:
    study = await lived.context.reader.study(lived.operator, None)
    await export(lived.operator, lived.context, study, tmp_path / "before")
    plan = load_plan_file(example_plan_file())
    await load_plan(lived.operator, lived.context, study, plan, actor=ACTOR, reason="first")
    await export(lived.operator, lived.context, study, tmp_path / "after")
    for name in TABLES:
        before, after = ((tmp_path / each / name).read_bytes() for each in ("before", "after"))
        assert before == after, name
    said = [
        json.loads((tmp_path / name / ABOUT).read_text("utf-8"))["analysis_plan"]
        for name in ("before", "after")
    ]
    assert (said[0]["note"], said[1]["sha256"]) == (NO_PLAN, plan.content_sha256)


async def test_everybody_has_been_under_their_version_since_enrolment(lived: Trial) -> None:
    assert await lived.fetchval(
        "SELECT bool_and(h.protocol_version_id = p.protocol_version_id"
        " AND h.recorded_at = p.recorded_at AND h.reason = 'enrolled')"
        " FROM pro.participants AS p LEFT JOIN pro.participant_protocols AS h"
        " ON h.participant_id = p.id"
    )
    assert await lived.count("participant_protocols") == await lived.count("participants")


@pytest.mark.thorough
async def test_a_lived_study_moves_on_and_its_past_stays(lived: Trial, tmp_path: Path) -> None:
    study = await lived.context.reader.study(lived.operator, None)
    at = exported_at()
    await export(lived.operator, lived.context, study, tmp_path / "before", as_of=at)
    version = await store_version(
        lived, EXAMPLE.replace("nudges_unanswered = 2", "nudges_unanswered = 3")
    )
    everybody = list(lived.participants.values())
    move = Move(version, ACTOR, "amendment 1")
    found = [
        one
        async for one in move_participants(
            lived.operator, lived.context, lived.study_id, everybody, move
        )
    ]
    outcomes = {one.outcome for one in found}
    assert "moved" in outcomes
    assert all(one.refusals for one in found if one.outcome == "refused")
    assert outcomes <= {"moved", "refused"}
    await export(lived.operator, lived.context, study, tmp_path / "after", as_of=at)
    for name in TABLES:
        before, after = ((tmp_path / each / name).read_bytes() for each in ("before", "after"))
        assert before == after, name
