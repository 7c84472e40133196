"""The two figures, from the record and nothing else."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import get_args

import asyncpg

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.respondents import Mode, RespondentKind, with_help
from tests.support.study import Trial, open_trial, row


async def answer_all(trial: Trial, code: str) -> None:
    """Answer until nothing is open."""
    for _ in range(40):
        reply = await trial.says(code, "2")
        if reply and "last question" in reply:
            return
    raise AssertionError("the questions never end")


async def test_completion_and_availability_name_their_sets(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(1, 5)))
        await trial.ask()
        await answer_all(trial, "K-001")
        await trial.says("K-002", "4")
        await trial.status("K-004", Status.screen_failure)
        await trial.move(timedelta(days=20))
        result = await trial.report()
        baseline = next(one for one in result.figures if one.definition == "baseline")
        # K-004 failed screening inside the window: expected then, but not enrolled.
        assert (baseline.completed_in_window, baseline.expected_and_closed) == (1, 4)
        assert (baseline.scorable, baseline.enrolled) == (1, 3)
        assert (baseline.by_themselves, baseline.helped) == (1, 0)
        week_2 = next(one for one in result.figures if one.definition == "week_2")
        assert (week_2.expected_and_closed, week_2.completion) == (0, None)
        states = {each.code: set(each.visits["baseline"]) for each in result.rows}
        assert states["K-001"] == {AssessmentState.completed}
        assert AssessmentState.partial in states["K-002"]
        assert states["K-003"] == {AssessmentState.missed}


async def test_visits_after_a_death_are_expected_of_nobody(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.happened("K-001", EventKind.death, statuses=[Status.died])
        await trial.move(timedelta(days=400))
        result = await trial.report()
        later = [one for one in result.figures if one.definition != "baseline"]
        assert [one.expected_and_closed for one in later] == [0] * len(later)
        assert set(result.rows[0].visits["month_12"]) == {AssessmentState.not_applicable}


async def test_before_the_injection_later_visits_are_not_yet_due(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move(timedelta(days=60))
        result = await trial.report()
        assert set(result.rows[0].visits["week_2"]) == {AssessmentState.not_yet_due}


async def test_what_was_read_out_or_told_is_completed_with_help(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await answer_all(trial, "K-001")
        superuser = await asyncpg.connect(database_url)
        try:
            for mode in get_args(Mode):
                for kind in get_args(RespondentKind):
                    said = await superuser.fetchval("SELECT pro.with_help($1, $2)", mode, kind)
                    assert said == with_help(mode, kind), (mode, kind)
            await superuser.execute("SET session_replication_role = replica")
            await superuser.execute(
                "UPDATE pro.attempts SET respondent = 'self_with_reader'"
                " WHERE id = (SELECT id FROM pro.attempts LIMIT 1)"
            )
        finally:
            await superuser.close()
        await trial.move(timedelta(days=20))
        result = await trial.report()
        baseline = next(one for one in result.figures if one.definition == "baseline")
        assert (baseline.completed_in_window, baseline.helped) == (1, 1)
        assert (baseline.by_themselves, baseline.completion_by_themselves) == (0, Fraction(0))
