"""What is signed of a participant's record, read as of an instant; and whether signatures stand.

Whether a signature stands is never stored: what it covers is read again and compared by its hash.
Where it differs, the record as it stood at signing is read too, and what changed is told part by
part. Both are read through `pro.analysable_visits`, so a lock holds for signatures as it does for
exports: what arrives for a locked visit voids nothing while the lock holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, TypeVar
from uuid import UUID

from pro_service.domain.signatures import (
    Change,
    Part,
    SignedAssessment,
    SignedContent,
    SignedItem,
    SignedScore,
    SignedSitting,
    SignedVisit,
    changes,
    content_sha256,
)
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.store.connection import Connection
from pro_service.store.exports import export as stored
from pro_service.store.exports.export import ExportedAnswer, ExportedAssessment, ExportedScore
from pro_service.store.record import signatures as store
from pro_service.store.record.signatures import (
    ProtocolFollowed,
    RecordedChange,
    Signature,
    SignedPerson,
)

T = TypeVar("T")


class Told(NamedTuple):
    """A change of what was signed, with the latest word on it; None: the audit alone knows."""

    change: Change
    at: datetime | None
    actor: str | None


@dataclass(frozen=True)
class Verified:
    """A signature, and what speaks against it."""

    signature: Signature
    told: Sequence[Told] = ()
    """What changed since it was signed."""
    is_proven: bool = True
    """Whether the record as it stood at signing still gives the hash that was signed. If not, it
    was changed in a way the record does not tell; `audit verify` says where."""

    @property
    def stands(self) -> bool:
        """Whether it stands."""
        return self.is_proven and not self.told


class Asked(NamedTuple):
    """What was asked of one participant, what was answered, and the scores, as all stood."""

    assessments: Sequence[ExportedAssessment]
    answers: Sequence[ExportedAnswer]
    scores: Sequence[ExportedScore]


async def read_content(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> SignedContent:
    """The visits of a participant that had closed at `as_of` (study time), as they stood then.

    Raises UnknownParticipantError.
    """
    person = await store.get_signed_person(connection, study_id, participant_id)
    if person is None:
        raise UnknownParticipantError
    place = (connection, study_id, participant_id, as_of)
    asked = await stored.list_exported_assessments(*place)
    answers = await stored.list_exported_answers(*place)
    return content_of(
        person, Asked(asked, answers, await stored.list_exported_scores(*place)), as_of
    )


def content_of(person: SignedPerson, asked: Asked, as_of: datetime) -> SignedContent:
    """The same of what was read as it stood at `as_of` (study time)."""
    held = _Held(asked.answers, asked.scores)
    visits = [
        _visit(list(rows), closes_at, person.followed, held)
        for (_, closes_at), rows in groupby(
            asked.assessments, key=lambda one: (one.visit_id, one.closes_at)
        )
        if closes_at is not None and closes_at <= as_of
    ]
    return SignedContent(study=person.study, participant=person.code, visits=visits)


def covered(content: SignedContent, visit_id: UUID | None) -> SignedContent:
    """Of what can be signed, what a signature covers: one visit, or (None) all of it."""
    if visit_id is None:
        return content
    return replace(content, visits=[one for one in content.visits if one.visit_id == visit_id])


async def verify_signatures(
    connection: Connection,
    study_id: UUID,
    signatures: Sequence[Signature],
    as_of: datetime,
    *,
    content: SignedContent | None = None,
) -> list[Verified]:
    """Whether signatures of one participant stood at `as_of` (study time), in their order.

    `content` is what can be signed of it, where that was read already.
    """
    if not signatures:
        return []
    if content is None:
        place = (connection, study_id, signatures[0].participant_id)
        content = await read_content(*place, as_of)
    return [await _verified(connection, study_id, one, content) for one in signatures]


async def _verified(
    connection: Connection, study_id: UUID, signature: Signature, content: SignedContent
) -> Verified:
    now = _as_wide(covered(content, signature.visit_id), signature)
    if content_sha256(now, signature.format) == signature.content_sha256:
        return Verified(signature)
    place = (connection, study_id, signature.participant_id)
    then = covered(await read_content(*place, signature.signed_at), signature.visit_id)
    recorded = await store.list_changes_since(*place, signature.signed_at)
    latest = {_part_of(one): one for one in recorded}
    told = [
        Told(one, None if by is None else by.recorded_at, None if by is None else by.actor)
        for one in changes(then, now)
        for by in (latest.get(one.part),)
    ]
    proven = content_sha256(then, signature.format) == signature.content_sha256
    return Verified(signature, told, proven)


def _as_wide(content: SignedContent, signature: Signature) -> SignedContent:
    """Of what stands now, as much as had closed when it was signed: what closed later was not."""
    closed = [one for one in content.visits if one.closes_at <= signature.signed_at]
    return replace(content, visits=closed)


def _part_of(one: RecordedChange) -> Part:
    return Part(
        one.definition,
        one.occurrence,
        one.instrument,
        one.target,
        one.sitting,
        one.what,
        one.name,
    )


class _Held:
    """Answers and scores, by sitting."""

    def __init__(self, answers: Iterable[ExportedAnswer], scores: Iterable[ExportedScore]) -> None:
        self.items: Mapping[UUID, list[SignedItem]] = defaultdict(list)
        for one in answers:
            self.items[one.attempt_id].append(
                SignedItem(
                    item=one.item,
                    value=one.value,
                    gap=one.gap,
                    answered_at=one.answered_at,
                    corrections=one.corrections,
                )
            )
        self.scores: Mapping[UUID, list[SignedScore]] = defaultdict(list)
        for each in scores:
            self.scores[each.attempt_id].append(
                SignedScore(
                    basis=each.basis,
                    scale=each.scale,
                    scoring_version=each.scoring_version,
                    raw=each.raw,
                    score_0_100=each.normalised,
                    absent=each.absent_reason,
                )
            )


def _visit(
    rows: Sequence[ExportedAssessment],
    closes_at: datetime,
    protocols: Sequence[ProtocolFollowed],
    held: _Held,
) -> SignedVisit:
    first = rows[0]
    followed = [one for one in protocols if one.since <= closes_at] or protocols[:1]
    return SignedVisit(
        visit_id=first.visit_id,
        visit=first.definition,
        occurrence=first.occurrence,
        opens_at=first.opens_at,
        target_on=first.target_on,
        closes_at=closes_at,
        protocol_sha256=followed[-1].content_sha256,
        asked=[_asked(list(each), held) for _, each in groupby(rows, key=lambda one: one.id)],
    )


def _asked(rows: Sequence[ExportedAssessment], held: _Held) -> SignedAssessment:
    first = rows[0]
    sittings = [sitting for one in rows if (sitting := _sitting(one, held)) is not None]
    return SignedAssessment(
        instrument=first.instrument,
        target=first.target,
        declined_at=first.declined_at,
        standing=next((one.sitting for one in rows if one.chosen), None),
        sittings=sittings,
    )


def _sitting(one: ExportedAssessment, held: _Held) -> SignedSitting | None:
    """The sitting of a row; None where nobody sat at it."""
    if one.attempt_id is None:
        return None
    return SignedSitting(
        sitting=_there(one.sitting),
        mode=_there(one.mode),
        respondent=_there(one.respondent),
        respondent_relation=one.respondent_relation,
        language=_there(one.language),
        not_for_analysis=one.not_for_analysis,
        started_at=_there(one.started_at),
        submitted_at=one.submitted_at,
        instrument_sha256=_there(one.instrument_sha256),
        wording_sha256=_there(one.wording_sha256),
        items=held.items[one.attempt_id],
        scores=held.scores[one.attempt_id],
    )


def _there(column: T | None) -> T:
    """What every sitting has, in rows where there may be none."""
    if column is None:
        raise AssertionError("a sitting that is there has this column")
    return column
