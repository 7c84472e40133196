"""Recompute every score from the stored responses; what differs is added, never overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Literal, NamedTuple, cast
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.values import is_permitted
from pro_service.services.answering.scores import Basis, Place, score_rows
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, Who, until_written
from pro_service.store.answering import rescoring as store
from pro_service.store.answering.rescoring import RescoringWrite, SittingAnswer, StandingScore
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.writes import QueryRow, ScoreRow

Cause = Literal["scoring version", "corrected answer", "answer out of range", "unexplained"]
OUT_OF_RANGE = "answer_out_of_range"


class Difference(NamedTuple):
    """One scale whose recomputed score is not the stored one; None is a score there is not."""

    participant: str
    visit: str
    target: str
    instrument: str
    basis: str
    scale: str
    before: Decimal | None
    after: Decimal | None
    cause: Cause


@dataclass
class Rescoring:
    """What was recomputed and what came of it."""

    participants: int = 0
    scores: int = 0
    """Scores recomputed."""
    written: int = 0
    """Further revisions stored; those of a new scoring version count even where no value moved."""
    differences: list[Difference] = field(default_factory=list)
    other_versions: set[str] = field(default_factory=set)
    """Instruments and versions with stored scores that this release does not have."""


@dataclass
class RecomputedScores:
    """What one participant's scores come to, and what must be added to the stored ones."""

    scores: int = 0
    differences: list[Difference] = field(default_factory=list)
    write: RescoringWrite = field(default_factory=RescoringWrite)
    other_versions: set[str] = field(default_factory=set)


async def rescore(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    dry_run: bool,
    actor: str,
    reason: str = "",
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Rescoring:
    """Recompute a study's scores by the present rules, participant by participant.

    A dry run writes nothing. Raises BusyError if somebody else keeps writing about a participant;
    those done before stay done, and the next run goes on from there.
    """
    outcome = Rescoring()
    found = await store.list_scored_participants(connection, study_id)
    if not dry_run:
        await store.give_reason(connection, reason)
    for number, (participant_id, code) in enumerate(found, start=1):
        who = Who(connection, context, study_id, participant_id)
        work = await _rescore_one(who, code, dry_run=dry_run, actor=actor)
        outcome.participants += 1
        outcome.scores += work.scores
        outcome.differences += work.differences
        outcome.other_versions |= work.other_versions
        outcome.written += 0 if dry_run else len(work.write.scores)
        told(number, len(found))
    return outcome


async def _rescore_one(who: Who, code: str, *, dry_run: bool, actor: str) -> RecomputedScores:
    async def decide() -> Decision[RecomputedScores]:
        place = (who.connection, who.study_id, who.participant_id)
        guard = Guard(who.study_id, who.participant_id, await store.get_revision(*place))
        scores = await store.list_standing_scores(*place)
        answers = await store.list_sitting_answers(*place)
        work = recompute(who.context.instruments, code, scores, answers, actor=actor)
        document = work.write
        if dry_run or not (document.scores or document.queries):
            return Decision(work)
        return Decision(work, lambda: store.record_rescoring(who.connection, guard, document))

    return await until_written(decide)


def recompute(
    instruments: Mapping[str, Instrument],
    participant: str,
    scores: Sequence[StandingScore],
    answers: Sequence[SittingAnswer],
    *,
    actor: str,
) -> RecomputedScores:
    """What one participant's scores should be, beside what they are. Touches no database."""
    work = RecomputedScores()
    for (attempt_id, basis), group in groupby(scores, key=lambda one: (one.attempt_id, one.basis)):
        stored = list(group)
        first = stored[0]
        instrument = instruments.get(first.instrument)
        if instrument is None or instrument.version != first.instrument_version:
            work.other_versions.add(f"{first.instrument} {first.instrument_version}")
            continue
        given = [one for one in answers if one.attempt_id == attempt_id]
        readable = {one.item: one.value for one in given if _is_readable(instrument, one)}
        unreadable = len(readable) < len(given)
        fresh = score_rows(
            instrument,
            readable,
            Place(first.assessment_id, attempt_id, actor),
            basis=cast(Basis, basis),
        )
        work.scores += len(fresh)
        _compare(work, _Sitting(participant, stored, given, unreadable), fresh)
        if unreadable:
            work.write.queries.append(
                QueryRow(
                    id=new_id(), assessment_id=first.assessment_id, rule=OUT_OF_RANGE, actor=actor
                )
            )
    return work


def _is_readable(instrument: Instrument, answer: SittingAnswer) -> bool:
    """Whether the item exists and its stored value is in range: else it counts as missing."""
    if all(item.code != answer.item for item in instrument.items):
        return False
    return answer.value is None or is_permitted(instrument.item(answer.item), answer.value)


class _Sitting(NamedTuple):
    """What is stored of one sitting: its scores, and the answers they should follow from."""

    participant: str
    scores: Sequence[StandingScore]
    answers: Sequence[SittingAnswer]
    unreadable: bool
    """An answer is out of range, or to no item there is."""


def _compare(work: RecomputedScores, sitting: _Sitting, fresh: Sequence[ScoreRow]) -> None:
    """Add what differs from the stored scores, and why."""
    stored = {one.scale: one for one in sitting.scores}
    place = sitting.scores[0]
    for row in fresh:
        old = stored.get(row.scale)
        same = old is not None and _figures(old) == _figures(row)
        if same and old is not None and old.scoring_version == row.scoring_version:
            continue
        work.write.scores.append(row)
        if same:
            continue
        work.differences.append(
            Difference(
                sitting.participant,
                place.visit,
                place.target,
                place.instrument,
                place.basis,
                row.scale,
                None if old is None else old.raw,
                row.raw,
                _cause(sitting, old, row),
            )
        )


def _cause(sitting: _Sitting, old: StandingScore | None, row: ScoreRow) -> Cause:
    """Why a recomputed score is another than the stored one."""
    if old is None or old.scoring_version != row.scoring_version:
        return "scoring version"
    if sitting.unreadable:
        return "answer out of range"
    if any(one.response_id > old.id for one in sitting.answers):
        return "corrected answer"
    return "unexplained"


def _figures(score: StandingScore | ScoreRow) -> tuple[object, ...]:
    return (
        score.raw,
        score.normalised,
        score.answered,
        score.substituted,
        score.absent_reason,
    )
