"""What `correlate` finds of a trial that was lived, when it may (R20), and what it keeps."""

from __future__ import annotations

import csv
import io
import math
from datetime import timedelta
from typing import Final

import pytest

from pro_service.domain.measures.analyses import Question
from pro_service.services.exports.cuts import make_cut
from pro_service.services.measuring import correlating
from pro_service.services.measuring.correlating import (
    Asked,
    Found,
    Looking,
    NoPairingError,
    NotOpenError,
    QuestionError,
    Wish,
)
from pro_service.store.base import operations
from tests.integration.desk.correlating.conftest import ANSWERED, LOCKED, MEASURED, value_of
from tests.integration.exports.conftest import INJECTED
from tests.support.study import ACTOR, Trial

PRODUCTION: Final = """
ALTER TABLE pro.database_identity DISABLE TRIGGER USER;
UPDATE pro.database_identity SET kind = 'production';
"""
PAIN: Final = Asked("womac-nrs-3.1/pain", "ute_t2s", "cMFC", visit="week_2")


async def looking(trial: Trial) -> Looking:
    """An operator looks."""
    return Looking(
        study_id=trial.study_id,
        names={"li"},
        kind=await operations.get_database_kind(trial.operator),
        now=await trial.now(),
        protocol=await correlating.newest_protocol(trial.operator, trial.context, trial.study_id),
        seen=False,
    )


async def find(trial: Trial, asked: Asked = PAIN, cut: str | None = None) -> Found:
    """What is found, with 30 days at most between a score and its value."""
    about = await looking(trial)
    terms = correlating.read_question(trial.context.catalogue, about.protocol, asked)
    return await correlating.find(
        trial.operator, trial.context, about, terms, Wish(cut, within_days=30)
    )


async def test_pairs_and_correlations_are_those_worked_by_hand(trial: Trial) -> None:
    found = await find(trial)
    assert found.terms.question == Question(
        "womac-nrs-3.1", "pain", "ute_t2s", "cMFC", "full", "week_2"
    )
    told = list(csv.DictReader(io.StringIO(correlating.pairs_csv(found.pairing.pairs))))
    assert [
        (one["participant"], one["knee"], one["analysis_visit"], one["score"], one["measure"])
        for one in told
    ] == [
        (code, "left_knee", visit, str(10 * answer), str(measured))
        for code in ANSWERED
        for visit, answer, measured in zip(
            ("baseline", "week_2"), ANSWERED[code], MEASURED[code], strict=True
        )
    ]
    assert [int(one["gap_days"]) for one in told] == [4, 2] * 4
    assert found.pairing.scores_alone == {}
    assert found.pairing.values_alone == {"too_far": 1}
    assert found.pairing.missing == {"unreadable": 1}
    within, change, across = found.analyses
    # Changes: xx 13, yy 5200, xy 100; r = 100 / sqrt(67600) = 5/13.
    estimate = within.figures[0].estimate
    assert estimate.r == pytest.approx(5 / 13, abs=1e-12)
    assert estimate.slope == pytest.approx(100 / 13, abs=1e-12)
    assert (estimate.df, estimate.pairs, estimate.units, estimate.persons) == (3, 8, 4, 4)
    # Less their means: xx 43/4, yy 300, xy -5; with visit means removed it is the same.
    expected = pytest.approx(-5 / math.sqrt(3225), abs=1e-12)
    assert within.figures[1].estimate.r == expected
    assert within.figures[1].estimate.df == 2
    assert change.figures[0].estimate.r == expected
    assert change.figures[0].p is not None
    # 40 50 20 10 by 18 23 20 23, less the means 30 and 21: xx 18, yy 1000, xy -20.
    assert across.figures[0].estimate.r == pytest.approx(-20 / math.sqrt(18 * 1000), abs=1e-12)
    assert {one.planned for one in found.analyses} == {None}


async def test_every_run_is_kept_and_numbered(trial: Trial) -> None:
    found = await find(trial)
    first = await correlating.record(trial.operator, trial.study_id, found, ACTOR)
    second = await correlating.record(trial.operator, trial.study_id, found, ACTOR)
    assert (first.number, second.number) == (1, 2)
    runs = await correlating.list_runs(trial.operator, trial.study_id)
    assert [(one.number, one.measure, one.layer, one.pairs) for one in runs] == [
        (1, "ute_t2s", "full", 8),
        (2, "ute_t2s", "full", 8),
    ]
    # What came later changes nothing of what a run found.
    await trial.move(INJECTED + timedelta(days=40))
    await trial.owner_does(value_of("K-002", "2026-01-27", 60))
    about = await looking(trial)
    again = await correlating.find_again(trial.operator, trial.context, about, found.terms, runs[0])
    assert again.run == found.run
    assert again.analyses == found.analyses
    assert (await find(trial)).run != found.run


async def test_r20_a_trial_is_not_looked_at_before_a_named_cut(trial: Trial) -> None:
    await trial.owner_does(PRODUCTION)
    await trial.owner_does(LOCKED)
    with pytest.raises(NotOpenError, match="before a named data cut"):
        await find(trial)
    cut = INJECTED + timedelta(days=1)
    await make_cut(trial.operator, trial.study_id, "primary", at=cut, reason="x", actor=ACTOR)
    # As of its instant: nothing of week 2, and no value either, which were all recorded later.
    found = await find(trial)
    assert (found.opening.ground, found.opening.name, found.by.as_of) == ("cut", "primary", cut)
    assert found.pairing.pairs == ()
    assert found.pairing.scores_alone == {"no_other": 4}
    assert {one.figures[0].estimate.why for one in found.analyses} == {"no_pairs"}
    with pytest.raises(NotOpenError, match="no cut or look final"):
        await find(trial, cut="final")


async def test_r19_no_score_stands_beside_reads_that_are_not_locked(trial: Trial) -> None:
    await trial.owner_does(PRODUCTION)
    await make_cut(trial.operator, trial.study_id, "primary", at=None, reason="x", actor=ACTOR)
    with pytest.raises(NotOpenError, match="reads are not locked"):
        await find(trial)


async def test_who_withdrew_the_use_of_the_data_is_in_no_pair(trial: Trial) -> None:
    await trial.owner_does(
        "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor,"
        " reason) SELECT study_id, gen_random_uuid(), id, 'withdrew_data_use', pro.now(), 'cli:t',"
        " 'said' FROM pro.participants WHERE code = 'K-001'"
    )
    found = await find(trial)
    assert {one.score.of.code for one in found.pairing.pairs} == {"K-002", "K-003", "K-004"}
    assert found.pairing.values_alone == {}


async def test_nobody_guesses_how_far_apart_they_may_lie(trial: Trial) -> None:
    about = await looking(trial)
    terms = correlating.read_question(trial.context.catalogue, about.protocol, PAIN)
    with pytest.raises(NoPairingError, match="how far"):
        await correlating.find(trial.operator, trial.context, about, terms, Wish())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (PAIN._replace(score="womac/pain"), "no instrument womac"),
        (PAIN._replace(score="womac-nrs-3.1"), "no scale"),
        (PAIN._replace(measure="mri"), "no measure mri"),
        (PAIN._replace(region=None), "several regions"),
        (PAIN._replace(layer="outer"), "no layer outer"),
        (PAIN._replace(measure="weight"), "has no regions"),
        (PAIN._replace(visit="year_9"), "no visit year_9"),
    ],
)
async def test_a_question_about_nothing_there_is_refused(
    trial: Trial, asked: Asked, said: str
) -> None:
    with pytest.raises(QuestionError, match=said):
        await find(trial, asked)
