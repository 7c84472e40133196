"""Extra visits: asked when made, by text or by link, and in the way of nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.visits.extra_visits import (
    ExtraVisit,
    ExtraVisitRefusedError,
    Wish,
    add_extra_visit,
)
from tests.support.study import ACTOR, Trial, open_trial, row

PAIN = Wish("pain-nrs")
LATER = timedelta(days=40)
"""After the injection: between month 1 and month 2 nothing else is open."""


async def add(trial: Trial, code: str, *wishes: Wish) -> ExtraVisit:
    """Make an extra visit as the command does."""
    return await add_extra_visit(
        trial.who(code), wishes, actor=ACTOR, reason="the site asked for it"
    )


async def between_visits(trial: Trial, **cells: str) -> None:
    """A treated participant to whom nothing is open and nothing due."""
    await trial.enrol(row("K-001", **cells))
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(LATER)
    while await trial.remind():
        pass


async def test_an_extra_visit_is_asked_by_text_and_scored(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await between_visits(trial)
        before = len(await trial.texts("K-001"))
        made = await add(trial, "K-001", PAIN)
        assert (made.occurrence, made.asked) == (1, (("pain-nrs", "left_knee"),))
        await trial.ask()
        texts = await trial.texts("K-001")
        assert len(texts) == before + 1
        assert "0" in texts[-1]
        await trial.says("K-001", "6")
        found = await trial.fetch(
            "SELECT v.occurrence, s.raw FROM scores s JOIN assessments a ON a.id = s.assessment_id"
            " JOIN visits v ON v.id = a.visit_id WHERE v.kind = 'unscheduled'"
        )
        assert found == [(1, 6)]


async def test_an_extra_visit_is_open_by_link_until_it_is_answered(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await between_visits(trial, channel="link")
        await add(trial, "K-001", Wish("womac-nrs-3.1", "right_knee"))
        await trial.ask()
        assert f"{trial.context.public_url}/q/" in (await trial.texts("K-001"))[-1]
        await trial.move(timedelta(days=200))
        found = await trial.fetchval(
            "SELECT count(*) FROM visits WHERE kind = 'unscheduled' AND closes_at IS NULL"
        )
        states = {
            one.target: one.submitted_at
            for visit in (await trial.facts("K-001")).visits
            if visit.definition == "unscheduled"
            for one in visit.assessments
        }
        assert (found, states) == (1, {"right_knee": None})


async def test_an_extra_visit_nobody_answers_makes_a_call(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await between_visits(trial)
        await add(trial, "K-001", PAIN)
        await trial.ask()
        await trial.ask()
        await trial.move(timedelta(hours=25))
        await rounds.call_round(trial.pools.worker, trial.context)
        assert ("unscheduled", "nudges_unanswered") in await trial.fetch(
            "SELECT v.definition, k.reason FROM call_tasks k JOIN visits v ON v.id = k.visit_id"
        )


async def test_an_extra_visit_counts_in_neither_figure(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await between_visits(trial)
        await add(trial, "K-001", PAIN)
        await trial.ask()
        await trial.says("K-001", "6")
        assert "unscheduled" not in {one.definition for one in (await trial.report()).figures}


async def test_a_moved_injection_leaves_an_extra_visit_alone(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await between_visits(trial)
        await add(trial, "K-001", PAIN)
        await trial.happened("K-001", at=await trial.now() - timedelta(days=38))
        kept = [one for one in (await trial.facts("K-001")).visits if one.closes_at is None]
        assert [(one.definition, one.schedule_revision) for one in kept] == [("unscheduled", 1)]


async def test_the_same_twice_is_refused_until_it_is_answered(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await between_visits(trial)
        await add(trial, "K-001", PAIN)
        with pytest.raises(ExtraVisitRefusedError, match="asks pain-nrs"):
            await add(trial, "K-001", PAIN)
        await trial.ask()
        await trial.says("K-001", "6")
        assert (await add(trial, "K-001", PAIN)).occurrence == 2


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        ([Wish("no-such-thing")], "no instrument no-such-thing"),
        ([Wish("pain-nrs", "person")], "does not ask about person"),
        ([Wish("pga", "left_knee")], "does not ask about left_knee"),
        ([], "Nothing is to be asked"),
    ],
)
async def test_what_cannot_be_asked_is_named(
    database_url: str, wishes: list[Wish], says: str
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        before = await trial.count("visits")
        with pytest.raises(ExtraVisitRefusedError, match=says):
            await add(trial, "K-001", *wishes)
        assert await trial.count("visits") == before


async def test_nobody_is_asked_after_withdrawal(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.status("K-001", Status.withdrew_follow_up)
        with pytest.raises(ExtraVisitRefusedError, match="withdrew_follow_up"):
            await add(trial, "K-001", PAIN)
