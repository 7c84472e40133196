"""What stood under the old release stands in its sittings; closings of the past are settled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg

from pro_service.services import rounds
from pro_service.services.exports.export import export
from pro_service.store.migrations import migrate
from tests.support.databases import empty_database, run
from tests.support.lived import (
    as_exported_before,
    exported_at,
    in_milliseconds,
    old_export,
    restore,
)
from tests.support.study import Trial

OLD = "SELECT attempt_id, item, response_id FROM pro.current_responses"
NEW = "SELECT attempt_id, item, response_id FROM pro.sitting_responses"


async def _before_and_after(url: str) -> tuple[set[Any], set[Any], int]:
    """What stood before the migration and after it, and how many items were answered at all."""
    await restore(url)
    connection = await asyncpg.connect(url)
    try:
        before = {tuple(row) for row in await connection.fetch(OLD)}
        await migrate(connection)
        after = {tuple(row) for row in await connection.fetch(NEW)}
        answered = await connection.fetchval(
            "SELECT count(DISTINCT (attempt_id, item)) FROM pro.responses"
            " WHERE reason IS DISTINCT FROM 'overtaken'"
        )
        return before, after, answered
    finally:
        await connection.close()


def test_what_stood_stands_in_its_sitting_and_earlier_sittings_have_theirs_again(
    server_url: str,
) -> None:
    with empty_database(server_url) as url:
        before, after, answered = run(_before_and_after(url))
    assert len(before) > 1_000
    assert before <= after
    assert len(after) == answered


async def test_closings_of_the_past_are_settled_once_and_exports_stay_as_they_were(
    lived: Trial, tmp_path: Path
) -> None:
    sat = "SELECT count(DISTINCT a.id) FROM pro.assessments AS a JOIN pro.visits AS v"
    sat += " ON v.id = a.visit_id AND v.superseded_at IS NULL AND v.closes_at <= pro.now()"
    sat += " JOIN pro.attempts AS t ON t.assessment_id = a.id"
    while await rounds.closing_round(lived.pools.worker, lived.context):
        pass
    reasons = await lived.fetch("SELECT DISTINCT reason FROM pro.standing_sittings ORDER BY 1")
    assert await lived.count("standing_sittings") == await lived.fetchval(sat) > 100
    assert await rounds.closing_round(lived.pools.worker, lived.context) == 0
    study = await lived.context.reader.study(lived.operator, None)
    await export(lived.operator, lived.context, study, tmp_path / "new", as_of=exported_at())
    before = old_export()
    changed = [
        name
        for name in ("scores.csv", "items.csv", "endpoints.csv")
        if as_exported_before(name, (tmp_path / "new" / name).read_bytes())
        != in_milliseconds(before[name])
    ]
    assert (reasons, changed) == ([("late",), ("nearest",), ("only",), ("sent",)], [])
