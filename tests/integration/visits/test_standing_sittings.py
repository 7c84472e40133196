"""Which sitting is the record (R3): nothing is displaced by less; chosen once, at closing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from pro_service.domain.endpoints.baselines import standing_of
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.times import zone
from pro_service.services.exports.adherence import report
from pro_service.store.base import participants
from pro_service.store.exports import adherence
from pro_service.store.pools import Pools
from tests.integration.sittings import WOMAC, Sitter
from tests.support.seed import SeededParticipant

DAY = timedelta(days=1)
SERVICE = "service:worker"
"""The baseline of these tests opened a day ago, on its target day, and closes in five days."""


@pytest.fixture
async def sitter(participant: SeededParticipant, pools: Pools) -> Sitter:
    return Sitter(participant, pools)


def all_of(sitter: Sitter, value: int) -> dict[str, int]:
    return dict.fromkeys(sitter.items, value)


async def full_then_poor(sitter: Sitter) -> None:
    """All answered and never sent; three days later one number (S1)."""
    await sitter.answer(all_of(sitter, 3))
    await sitter.move(3 * DAY)
    await sitter.answer({"pain_1": 9})


async def state(sitter: Sitter) -> AssessmentState:
    """The state of the assessment, as the report of adherence has it."""
    found = await report(sitter.owner, sitter.context, sitter.participant.study.id)
    return found.rows[0].visits["baseline"][0]


async def test_a_full_unsent_sitting_is_not_displaced_by_a_poorer_later_one(
    sitter: Sitter, tmp_path: Path
) -> None:
    await full_then_poor(sitter)
    assert {row["value"] for row in (await sitter.exported(tmp_path / "open"))["items"]} == {"3"}
    await sitter.move(3 * DAY)
    await sitter.close()
    assert await sitter.chosen() == [(1, "scorable", SERVICE)]
    assert await sitter.scores() == [(1, "unsent", 1, 15), (2, "partial", 1, None)]
    tables = await sitter.exported(tmp_path / "closed")
    assert {(row["sitting"], row["state"], row["value"]) for row in tables["items"]} == {
        ("1", "unsent", "3")
    }
    (pain,) = [row for row in tables["scores"] if row["scale"] == "pain"]
    assert (pain["basis"], pain["raw"], pain["is_baseline"]) == ("unsent", "15", "no")
    assert await state(sitter) is AssessmentState.unsent


async def test_a_full_sitting_is_the_open_one_whatever_was_begun_after_it(sitter: Sitter) -> None:
    """S1: what is open is to send what can be scored; a later sitting with less hides nothing."""
    await full_then_poor(sitter)
    facts = await sitter.facts()
    assert facts.attempt is not None
    assert (facts.attempt.ordinal, facts.is_unsent, len(facts.read_answers)) == (1, True, 24)
    assert [(one.attempt.ordinal, len(one.answers)) for one in facts.others] == [(2, 1)]
    assert await state(sitter) is AssessmentState.unsent
    await sitter.answer({}, send=True)
    facts = await sitter.facts()
    assert facts.attempt is not None
    assert (facts.attempt.ordinal, facts.submitted_at is not None) == (1, True)
    assert await state(sitter) is AssessmentState.completed
    assert await sitter.scores() == [(1, "complete", 1, 15)]


async def test_the_open_sitting_shows_nothing_of_the_one_before_which_stands_all_the_same(
    sitter: Sitter,
) -> None:
    fewer = all_of(sitter, 3)
    del fewer["function_17"]
    await sitter.answer(fewer)
    await sitter.move(3 * DAY)
    await sitter.answer({"pain_1": None})
    facts = await sitter.facts()
    assert [(one.item, one.gap) for one in facts.read_answers] == [("pain_1", "skipped")]
    assert facts.attempt is not None
    assert (facts.attempt.ordinal, facts.answered_before, facts.progress.answered) == (
        2,
        True,
        True,
    )
    await sitter.move(3 * DAY)
    assert await state(sitter) is AssessmentState.partial


async def test_a_sent_sitting_stands_when_another_is_begun_after_it(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.answer(all_of(sitter, 4), send=True)
    await sitter.move(DAY)
    await sitter.sit_anew(2, all_of(sitter, 9), send=False)
    facts = await sitter.facts()
    assert facts.attempt is not None
    assert (facts.attempt.ordinal, {one.value for one in facts.read_answers}) == (1, {4})
    await sitter.move(5 * DAY)
    await sitter.close()
    assert await sitter.chosen() == [(1, "sent", SERVICE)]
    assert await sitter.scores() == [(1, "complete", 1, 20), (2, "unsent", 1, 45)]
    tables = await sitter.exported(tmp_path / "out")
    assert {row["value"] for row in tables["items"]} == {"4"}
    assert {row["state"] for row in tables["scores"]} == {"completed"}


async def test_of_two_sent_the_one_nearest_the_target_stands_and_both_are_scored(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.move(2 * DAY)
    await sitter.answer(all_of(sitter, 4), send=True)
    await sitter.move(DAY)
    await sitter.sit_anew(2, all_of(sitter, 9), send=True)
    assert {row["value"] for row in (await sitter.exported(tmp_path / "open"))["items"]} == {"4"}
    await sitter.move(3 * DAY)
    await sitter.close()
    assert await sitter.chosen() == [(1, "nearest", SERVICE)]
    assert await sitter.scores() == [(1, "complete", 1, 20), (2, "complete", 1, 45)]
    assert {row["value"] for row in (await sitter.exported(tmp_path / "out"))["items"]} == {"4"}


async def test_of_two_sent_the_one_that_can_be_scored_counts_as_scorable(sitter: Sitter) -> None:
    await sitter.answer({"pain_1": 4}, send=True)
    await sitter.sit_anew(2, all_of(sitter, 9), send=True)
    study = sitter.participant.study
    for closing in (timedelta(0), 6 * DAY):
        await sitter.move(closing)
        await sitter.close()
        found = await report(sitter.owner, sitter.context, study.id)
        baseline = next(one for one in found.figures if one.definition == "baseline")
        # Pain and the global rating, asked at the same visit, were never answered.
        assert baseline.scorable == 0
        assert await adherence.list_scorable(sitter.owner, study.id) == {sitter.assessment_id}
    assert await sitter.chosen() == [(2, "scorable", SERVICE)]


async def test_what_comes_after_closing_is_kept_and_displaces_nothing(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.answer({"pain_1": 9})
    await sitter.move(6 * DAY)
    await sitter.close()
    assert await sitter.chosen() == [(1, "only", SERVICE)]
    await sitter.answer(all_of(sitter, 3), send=True)
    facts = await sitter.facts()
    assert (facts.passed_over, facts.progress.submitted_at) == (True, None)
    assert await state(sitter) is AssessmentState.partial
    await sitter.close()
    assert await sitter.chosen() == [(1, "only", SERVICE)]
    assert (2, "complete", 1, 15) in await sitter.scores()
    tables = await sitter.exported(tmp_path / "out")
    assert {(row["sitting"], row["state"]) for row in tables["items"]} == {("1", "partial")}


async def test_what_comes_after_closing_displaces_nothing_though_the_worker_was_away(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.answer({"pain_1": 9})
    await sitter.move(6 * DAY)
    await sitter.answer(all_of(sitter, 3), send=True)
    tables = await sitter.exported(tmp_path / "out")
    assert {(row["sitting"], row["state"]) for row in tables["items"]} == {("1", "partial")}
    await sitter.close()
    assert await sitter.chosen() == [(1, "only", SERVICE)]


async def test_at_a_missed_visit_the_sitting_sent_late_stands(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.move(6 * DAY)
    await sitter.close()
    assert await sitter.chosen() == []
    await sitter.answer({"pain_1": 3})
    await sitter.close()
    assert await sitter.chosen() == []
    await sitter.answer({item: 3 for item in sitter.items if item != "pain_1"}, send=True)
    tables = await sitter.exported(tmp_path / "out")
    assert {(row["sitting"], row["state"]) for row in tables["items"]} == {("1", "late")}
    assert await sitter.close() == 1
    assert await sitter.close() == 0
    assert await sitter.chosen() == [(1, "late", SERVICE)]
    assert await state(sitter) is AssessmentState.late


async def test_an_export_as_of_an_instant_has_the_sitting_that_stood_then(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.answer({"pain_1": 9})
    poor = await sitter.now()
    await sitter.move(3 * DAY)
    await sitter.answer(all_of(sitter, 3))
    full = await sitter.now()
    await sitter.move(3 * DAY)
    await sitter.close()
    closed = await sitter.now()
    await sitter.move(DAY)
    await sitter.answer(all_of(sitter, 5), send=True)
    late = await sitter.now()
    stood = {}
    for name, instant in (("poor", poor), ("full", full), ("closed", closed), ("late", late)):
        tables = await sitter.exported(tmp_path / name, instant)
        (row,) = [one for one in tables["items"] if one["item"] == "pain_1"]
        stood[name] = (row["sitting"], row["value"], row["state"])
    assert stood == {
        "poor": ("1", "9", "started"),
        "full": ("2", "3", "unsent"),
        "closed": ("2", "3", "unsent"),
        "late": ("2", "3", "unsent"),
    }


async def test_a_correction_in_the_sitting_that_stands_adds_a_revision_of_its_scores(
    sitter: Sitter, tmp_path: Path
) -> None:
    await sitter.answer(all_of(sitter, 4), send=True)
    await sitter.sit_anew(2, {"pain_1": 0}, send=False)
    await sitter.answer({"pain_1": 9}, send=True)
    assert await sitter.scores() == [(1, "complete", 1, 20), (1, "complete", 2, 25)]
    (pain,) = [
        row for row in (await sitter.exported(tmp_path / "out"))["scores"] if row["scale"] == "pain"
    ]
    assert (pain["raw"], pain["score_revision"], pain["sitting"]) == ("25", "2", "1")


async def test_two_closers_at_once_write_the_choice_once(sitter: Sitter) -> None:
    await full_then_poor(sitter)
    await sitter.move(3 * DAY)
    done = await asyncio.gather(*(sitter.close() for _ in range(4)))
    assert sum(done) == 1
    assert await sitter.chosen() == [(1, "scorable", SERVICE)]
    assert len(await sitter.scores()) == 2


async def test_the_choice_is_written_for_good(sitter: Sitter) -> None:
    await full_then_poor(sitter)
    await sitter.move(3 * DAY)
    await sitter.close()
    for statement in (
        "UPDATE pro.standing_sittings SET reason = 'only'",
        "DELETE FROM pro.standing_sittings",
        "TRUNCATE pro.standing_sittings",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await sitter.owner.execute(statement)
    entry = await sitter.owner.fetchrow(
        "SELECT actor, reason, row_count FROM pro.audit_entries"
        " WHERE table_name = 'standing_sittings'"
    )
    assert tuple(entry) == (SERVICE, "scorable", 1)


async def test_a_closing_that_is_moved_is_chosen_for_anew(sitter: Sitter) -> None:
    """The injection's time was put right: the window had not closed when it was thought to."""
    await sitter.answer({"pain_1": 9})
    await sitter.move(6 * DAY)
    await sitter.close()
    await sitter.owner.execute("UPDATE pro.visits SET closes_at = closes_at + interval '9 days'")
    await sitter.answer(all_of(sitter, 3), send=True)
    assert await state(sitter) is AssessmentState.completed
    await sitter.move(9 * DAY)
    await sitter.close()
    assert await sitter.chosen() == [(1, "only", SERVICE), (2, "sent", SERVICE)]


async def test_safety_rules_compare_with_the_sitting_that_stands(sitter: Sitter) -> None:
    await sitter.move(2 * DAY)
    await sitter.answer(all_of(sitter, 4), send=True)
    await sitter.move(DAY)
    await sitter.sit_anew(2, all_of(sitter, 9), send=True)
    study = sitter.participant.study
    sent = await participants.list_sent_sittings(
        sitter.owner,
        study.id,
        sitter.participant.id,
        instruments=[WOMAC],
        before=await sitter.now() + DAY,
    )
    assert [one.ordinal for one in sent] == [1, 2]
    instruments, now = sitter.context.catalogue.instruments, await sitter.now()
    (derived,) = standing_of(sent, instruments, zone("Europe/London"), now)
    assert (derived.ordinal, derived.answers["pain_1"]) == (1, 4)
