"""Recompute every score from the stored responses; what differs is added, never overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.values import is_permitted
from pro_service.services.answering.answers import score_rows
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.store.answering import rescoring as store
from pro_service.store.answering.rescoring import SittingAnswer, StandingScore
from pro_service.store.connection import Connection, StaleRevisionError
from pro_service.store.ids import new_id

Cause = Literal["scoring version", "corrected answer", "answer out of range", "unexplained"]
Basis = Literal["complete", "partial"]
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
class _Work:
    """What one participant's scores come to."""

    scores: int = 0
    differences: list[Difference] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)
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
        work = await _rescore_one(
            connection, context, study_id, participant_id, code, dry_run=dry_run, actor=actor
        )
        outcome.participants += 1
        outcome.scores += work.scores
        outcome.differences += work.differences
        outcome.other_versions |= work.other_versions
        outcome.written += 0 if dry_run else len(work.rows)
        told(number, len(found))
    return outcome


async def _rescore_one(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    code: str,
    *,
    dry_run: bool,
    actor: str,
) -> _Work:
    for _ in range(TRIES):
        revision = await store.get_revision(connection, study_id, participant_id)
        scores = await store.list_standing_scores(connection, study_id, participant_id)
        answers = await store.list_sitting_answers(connection, study_id, participant_id)
        work = recompute(context.instruments, code, scores, answers, actor=actor)
        if dry_run or not (work.rows or work.queries):
            return work
        try:
            await store.record_rescoring(
                connection,
                study_id,
                participant_id,
                revision,
                {"scores": work.rows, "queries": work.queries},
            )
        except StaleRevisionError:
            continue
        return work
    raise BusyError


def recompute(
    instruments: Mapping[str, Instrument],
    participant: str,
    scores: Sequence[StandingScore],
    answers: Sequence[SittingAnswer],
    *,
    actor: str,
) -> _Work:
    """What one participant's scores should be, beside what they are. Touches no database."""
    work = _Work()
    for (attempt_id, basis), group in groupby(scores, key=lambda one: (one.attempt_id, one.basis)):
        stored = {one.scale: one for one in group}
        first = next(iter(stored.values()))
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
            first.assessment_id,
            attempt_id,
            basis=cast(Basis, basis),
            actor=actor,
        )
        work.scores += len(fresh)
        _compare(work, participant, first, stored, fresh, given, unreadable=unreadable)
        if unreadable:
            work.queries.append(
                {
                    "id": new_id(),
                    "assessment_id": first.assessment_id,
                    "rule": OUT_OF_RANGE,
                    "actor": actor,
                }
            )
    return work


def _is_readable(instrument: Instrument, answer: SittingAnswer) -> bool:
    """Whether the item exists and its stored value is in range: else it counts as missing."""
    if all(item.code != answer.item for item in instrument.items):
        return False
    return answer.value is None or is_permitted(instrument.item(answer.item), answer.value)


def _compare(
    work: _Work,
    participant: str,
    place: StandingScore,
    stored: Mapping[str, StandingScore],
    fresh: Sequence[dict[str, Any]],
    given: Sequence[SittingAnswer],
    *,
    unreadable: bool,
) -> None:
    for row in fresh:
        old = stored.get(row["scale"])
        same_rules = old is not None and old.scoring_version == row["scoring_version"]
        same = old is not None and _figures(old._asdict()) == _figures(row)
        if same and same_rules:
            continue
        work.rows.append(row)
        if same:
            continue
        if not same_rules:
            cause: Cause = "scoring version"
        elif unreadable:
            cause = "answer out of range"
        elif old is not None and any(one.response_id > old.id for one in given):
            cause = "corrected answer"
        else:
            cause = "unexplained"
        work.differences.append(
            Difference(
                participant,
                place.visit,
                place.target,
                place.instrument,
                place.basis,
                row["scale"],
                None if old is None else old.raw,
                row["raw"],
                cause,
            )
        )


def _figures(score: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("raw", "normalised", "answered", "substituted", "absent_reason")
    return tuple(score[name] for name in names)
