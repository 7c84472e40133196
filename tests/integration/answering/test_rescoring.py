"""Rescoring on a real database: stored answers give the stored scores; what differs is added."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.instruments.model import Instrument, Scale
from pro_service.services import rounds
from pro_service.services.answering.rescoring import Difference, Rescoring, rescore
from pro_service.store.ids import new_id
from tests.support.begun import begun_by
from tests.support.command import commands_with
from tests.support.databases import Prepared
from tests.support.study import Left, Trial, go_on_with, row

NRS = "womac-nrs-3.1"
SCORES = "SELECT * FROM pro.scores ORDER BY id"


async def answer(trial: Trial) -> None:
    """K-001 answered everything at baseline, gaps included; K-002 left it half done."""
    await trial.enrol(row("K-001"), row("K-002"))
    await trial.ask()
    for number in range(60):
        text = "skip" if number in (1, 8, 9) else str(number % 11)
        reply = await trial.says("K-001", text)
        if reply is None or await trial.count("assessments", "submitted_at IS NULL") == 3:
            break
    for _ in range(7):
        await trial.says("K-002", "3")
    await trial.move(timedelta(days=12))
    await rounds.closing_round(trial.pools.worker, trial.context)


begun = begun_by(answer)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


async def run(trial: Trial, *, dry_run: bool = False) -> Rescoring:
    return await rescore(
        trial.operator, trial.context, trial.study_id, dry_run=dry_run, actor="test", reason="test"
    )


def with_rule(trial: Trial, instrument: Instrument) -> None:
    """Let the service know this instrument instead."""
    trial.context.catalogue.instruments = {
        **trial.context.catalogue.instruments,
        instrument.id: instrument,
    }


def stricter(trial: Trial, *, version: str) -> Instrument:
    """WOMAC that wants all five pain items."""
    womac = trial.context.catalogue.instruments[NRS]
    scales = tuple(
        scale.model_copy(update={"minimum_answered": 5}) if scale.code == "pain" else scale
        for scale in womac.scales
    )
    return womac.model_copy(update={"scales": scales, "scoring_version": version})


async def test_scores_recomputed_from_stored_responses_are_the_stored_ones(
    trial: Trial,
) -> None:
    before = await trial.fetch(SCORES)
    assert {basis for (basis,) in await trial.fetch("SELECT DISTINCT basis FROM scores")} == {
        "complete",
        "partial",
    }
    outcome = await run(trial)
    assert (outcome.differences, outcome.written) == ([], 0)
    assert outcome.scores == len(before)
    assert await trial.fetch(SCORES) == before


async def test_a_new_scoring_version_is_added_and_the_old_scores_are_kept(
    trial: Trial,
) -> None:
    before = await trial.fetch(SCORES)
    with_rule(trial, stricter(trial, version="2"))
    shown = await run(trial, dry_run=True)
    assert await trial.fetch(SCORES) == before
    outcome = await run(trial)
    assert outcome.differences == shown.differences
    assert {(one.scale, one.after, one.cause) for one in outcome.differences} == {
        ("pain", None, "scoring version"),
        ("total", None, "scoring version"),
    }
    after = await trial.fetch(SCORES)
    assert after[: len(before)] == before
    assert len(after) == len(before) + outcome.written
    added = await trial.fetch("SELECT DISTINCT revision FROM scores WHERE scoring_version = '2'")
    assert added == [(1,)]
    assert (await run(trial)).written == 0


async def test_figures_read_the_rescored_version_and_not_the_one_before(
    trial: Trial,
) -> None:
    before = await trial.report()
    assert [one.scorable for one in before.figures if one.definition == "baseline"] == [1]
    with_rule(trial, stricter(trial, version="2"))
    await run(trial)
    after = await trial.report()
    assert [one.scorable for one in after.figures if one.definition == "baseline"] == [0]
    with_rule(
        trial,
        trial.context.catalogue.instruments[NRS].model_copy(
            update={"scales": womac_scales(), "scoring_version": "3"}
        ),
    )
    await run(trial)
    again = await trial.report()
    assert [one.scorable for one in again.figures if one.definition == "baseline"] == [1]


def womac_scales() -> tuple[Scale, ...]:
    """WOMAC's scales as shipped."""
    return load_instruments()[NRS].scales


async def test_a_rule_changed_without_a_new_version_is_unexplained(trial: Trial) -> None:
    with_rule(trial, stricter(trial, version="1"))
    outcome = await run(trial)
    assert {one.cause for one in outcome.differences} == {"unexplained"}
    revisions = await trial.fetch(
        "SELECT max(revision) FROM scores WHERE scale = 'pain' AND basis = 'complete'"
        " AND instrument = $1",
        NRS,
    )
    assert revisions == [(2,)]


async def correct(trial: Trial, item: str, value: int, *, highest: int = 10) -> None:
    """An answer corrected by the owner's hand, without its scores."""
    await trial.owner_does(
        "WITH added AS (INSERT INTO pro.responses (study_id, id, participant_id, assessment_id,"
        " attempt_id, item, value, lowest, highest, answered_at, received_at, replaces, actor)"
        " SELECT r.study_id, $1, r.participant_id, r.assessment_id, r.attempt_id, r.item, $3, 0,"
        " $4, pro.now(), pro.now(), r.id, 'test' FROM pro.responses AS r"
        " JOIN pro.assessments AS a ON a.study_id = r.study_id AND a.id = r.assessment_id"
        " WHERE r.item = $2 AND a.instrument = 'womac-nrs-3.1' AND a.submitted_at IS NOT NULL"
        " RETURNING *)"
        " UPDATE pro.sitting_responses AS c SET response_id = added.id FROM added"
        " WHERE c.attempt_id = added.attempt_id AND c.item = added.item",
        new_id(),
        item,
        value,
        highest,
    )


async def test_a_corrected_answer_is_named_as_the_cause(trial: Trial) -> None:
    (before,) = await trial.fetch(
        "SELECT raw FROM scores WHERE scale = 'stiffness' AND basis = 'complete'"
    )
    await correct(trial, "stiffness_1", 10)
    outcome = await run(trial)
    stiffness = next(one for one in outcome.differences if one.scale == "stiffness")
    assert stiffness == Difference(
        *("K-001", "baseline", "left_knee", NRS, "complete", "stiffness"),
        before=before[0],
        after=stiffness.after,
        cause="corrected answer",
    )
    assert stiffness.after != before[0]
    assert (await run(trial)).differences == []


async def test_e15_a_stored_answer_out_of_range_counts_as_missing_and_raises_a_query(
    trial: Trial,
) -> None:
    await correct(trial, "pain_1", 99, highest=99)
    outcome = await run(trial)
    assert {one.cause for one in outcome.differences} == {"answer out of range"}
    assert ("answer_out_of_range",) in await trial.fetch("SELECT rule FROM data_queries")
    pain = next(one for one in outcome.differences if one.scale == "pain")
    assert pain.after is None
    assert (await run(trial)).written == 0


async def test_scores_of_a_version_this_release_does_not_have_are_left_alone(
    trial: Trial,
) -> None:
    newer = trial.context.catalogue.instruments[NRS].model_copy(update={"version": "4.0"})
    with_rule(trial, newer)
    outcome = await run(trial)
    assert outcome.other_versions == {f"{NRS} 3.1"}
    assert outcome.written == 0


async def test_each_further_revision_names_actor_and_reason_in_the_audit(
    trial: Trial,
) -> None:
    with_rule(trial, stricter(trial, version="2"))
    await run(trial)
    entries = await trial.fetch(
        "SELECT DISTINCT actor, reason FROM audit_entries"
        " WHERE table_name = 'scores' AND reason IS NOT NULL"
    )
    assert entries == [("test", "test")]


async def test_a_score_can_still_not_be_changed_by_those_who_add_one(trial: Trial) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await trial.operator.execute("UPDATE pro.scores SET raw = 0")


async def test_the_command_shows_differences_and_a_dry_run_writes_nothing(
    trial: Trial,
    database_url: str,
) -> None:
    await correct(trial, "stiffness_1", 10)
    before = await trial.fetch(SCORES)
    commands = commands_with(database_url, trial.context.keys.vault)
    dry = await commands.call("rescore", "--dry-run")
    assert dry.code == 0, dry.err
    assert "corrected answer" in dry.out
    assert "Nothing was written." in dry.out
    assert await trial.fetch(SCORES) == before
    refused = await commands.call("rescore")
    assert refused.code != 0
    assert "--reason" in refused.err
    done = await commands.call("rescore", "--reason", "answer corrected on paper")
    assert "further revisions were written" in done.out
    assert len(await trial.fetch(SCORES)) > len(before)
    again = await commands.call("rescore", "--dry-run")
    assert "0 differ." in again.out


async def test_scores_at_rest_have_twelve_places(trial: Trial) -> None:
    (function,) = await trial.fetch(
        "SELECT raw FROM scores WHERE scale = 'function' AND basis = 'complete'"
    )
    assert function[0].as_tuple().exponent == -12
    assert function[0] != Decimal(int(function[0]))
