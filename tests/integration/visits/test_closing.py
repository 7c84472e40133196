"""Sittings: too long ago starts anew, and what was left unfinished is scored apart."""

from __future__ import annotations

from datetime import timedelta

from pro_service.domain.study.assessments import AssessmentState
from pro_service.services import rounds
from tests.support.study import Trial, open_trial, row

WOMAC = "womac-nrs-3.1"


async def answered(trial: Trial, *texts: str) -> None:
    """A participant asked at baseline who answered so much."""
    await trial.enrol(row("K-001"))
    await trial.ask()
    for text in texts:
        await trial.says("K-001", text)


async def close(trial: Trial) -> int:
    """One round of closing."""
    return await rounds.closing_round(trial.pools.worker, trial.context)


async def test_an_attempt_older_than_its_span_starts_anew_and_the_old_one_is_kept(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await answered(trial, "4", "5")
        await trial.move(timedelta(hours=25))
        await trial.says("K-001", "7")
        reply = await trial.says("K-001", "7")
        assert reply is not None
        sittings = await trial.fetch("SELECT ordinal FROM attempts ORDER BY ordinal")
        assert sittings == [(1,), (2,)]
        kept = await trial.fetch(
            "SELECT t.ordinal, r.item, r.value, r.replaces FROM responses r"
            " JOIN attempts t ON t.id = r.attempt_id ORDER BY r.id"
        )
        assert kept[:2] == [(1, "pain_1", 4, None), (1, "pain_2", 5, None)]
        assert {(ordinal, replaces) for ordinal, _, _, replaces in kept[2:]} == {(2, None)}
        assert await trial.count("sitting_responses") == len(kept)


async def test_a_fresh_sitting_completes_without_the_old_answers(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await answered(trial, "4", "5")
        await trial.move(timedelta(hours=25))
        for _ in range(40):
            reply = await trial.says("K-001", "2")
            if reply and "last question" in reply:
                break
        raw = await trial.fetchval(
            "SELECT raw FROM scores WHERE instrument = $1 AND scale = 'total'", WOMAC
        )
        assert int(raw) == 48
        assert await trial.fetch(
            "SELECT t.ordinal, t.submitted_at IS NOT NULL FROM attempts t"
            " JOIN assessments a ON a.id = t.assessment_id WHERE a.instrument = $1 ORDER BY 1",
            WOMAC,
        ) == [(1, False), (2, True)]


async def test_what_was_left_unfinished_is_scored_apart_once_the_visit_has_closed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await answered(trial, *["3"] * 7)
        assert await close(trial) == 0
        await trial.move(timedelta(days=12))
        assert await close(trial) == 1
        assert await close(trial) == 0
        scores = await trial.fetch("SELECT basis, scale, raw FROM scores ORDER BY scale")
        assert [
            (basis, scale, None if raw is None else int(raw)) for basis, scale, raw in scores
        ] == [
            ("partial", "function", None),
            ("partial", "pain", 15),
            ("partial", "stiffness", 6),
            ("partial", "total", None),
        ]
        assert await trial.count("assessments", "submitted_at IS NOT NULL") == 0


async def test_partial_scores_are_in_no_figure(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await answered(trial, *["3"] * 7)
        await trial.move(timedelta(days=12))
        await close(trial)
        result = await trial.report()
        baseline = next(one for one in result.figures if one.definition == "baseline")
        assert (baseline.completed_in_window, baseline.expected_and_closed) == (0, 1)
        assert (baseline.scorable, baseline.enrolled) == (0, 1)
        assert AssessmentState.partial in result.rows[0].visits["baseline"]


async def test_two_closers_at_once_score_once(database_url: str) -> None:
    import asyncio

    async with open_trial(database_url) as trial:
        await answered(trial, *["3"] * 7)
        await trial.move(timedelta(days=12))
        done = await asyncio.gather(*(close(trial) for _ in range(4)))
        assert sum(done) == 1
        assert await trial.count("scores") == 4
