"""Facts a server has in hand of who was on its pages a moment ago, so that they are not read again.

Whatever is written about a participant moves their revision on. So while it is the one in hand,
their facts stand but for what it does not guard: study time, the site, and what happens on their
numbers (`FactsAround`). A page asks for these alone, and what this server has itself stored is
added to what it has in hand instead of being read back.

A write decided from them is guarded like any other: who was overtaken decides anew, from facts that
were read. Where nothing but the write depends on them, nobody asks before it (`unasked`): the write
asks itself whether they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.facts import (
    AnswerFacts,
    AssessmentFacts,
    AttemptFacts,
    ParticipantFacts,
    ReminderFacts,
    VisitFacts,
)
from pro_service.domain.study.sittings.standing import is_settled
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.around import Around, FactsAround
from pro_service.store.connection import Guard
from pro_service.store.pages.entrance import SessionRow
from pro_service.store.writes import AttemptRow, ResponseRow

KEPT: Final = 600.0
"""Seconds for which facts are believed after they were read (machine time)."""
MOST: Final = 300
"""Of so many ways in facts are kept; whoever came first leaves first."""


FOLLOWED: Final = (
    *("web_key", "door", "attempts", "responses", "scores", "queries"),
    *("submitted", "attempts_submitted", "visits_done"),
)
"""What a write may bring whose facts are known afterwards without reading them."""


@dataclass(frozen=True)
class _InHand:
    facts: ParticipantFacts
    session: SessionRow | None
    """Who came in, where it is a door; None: it is somebody who writes texts."""
    origin: str
    """The rows they were read from: those of another server, or restored ones, are others."""
    read_at: float
    told_at: float
    """When study time was what the facts say."""
    until: datetime | None
    """When the next of the visits opens or closes; until then study time changes none of it."""
    around: str | None = None
    """What stands around them, as it was told; None: it was read with them."""


class Unasked(NamedTuple):
    """Facts in hand as they are by now, if they still stand. Site and contacts may be others."""

    session: SessionRow
    facts: ParticipantFacts
    origin: str


class Stored(NamedTuple):
    """What this server has just stored, from which revision on, and at which study time."""

    guard: Guard
    document: AnswersWrite
    at: datetime


@dataclass
class KnownFacts:
    """Lean facts by what led to them: the hash of a link's token or a session's id, or (of who
    writes texts) of the number."""

    instruments: Mapping[str, Instrument]
    clock: Callable[[], float] = monotonic
    _known: dict[bytes, _InHand] = field(default_factory=dict)

    def holds(self, door: bytes, *, of: UUID | None = None) -> bool:
        """Whether it is worth asking for what stands around them alone.

        `of` is whose they must be, where several may come by one door.
        """
        one = self._known.get(door)
        if one is None or (of is not None and one.facts.id != of):
            return False
        return self.clock() - one.read_at < KEPT

    def keep(
        self, door: bytes, facts: ParticipantFacts, origin: str, session: SessionRow | None = None
    ) -> None:
        """Take facts in hand as they were read, and made ready."""
        now = self.clock()
        ends = [at for visit in facts.visits for at in (visit.opens_at, visit.closes_at)]
        until = min((at for at in ends if at is not None and at > facts.now), default=None)
        self._put(door, _InHand(facts, session, origin, now, now, until))

    def unasked(self, door: bytes) -> Unasked | None:
        """What is in hand of a door, for a write that looks itself whether it stands."""
        one, clock = self._known.get(door), self.clock()
        if one is None or one.session is None or clock - one.read_at >= KEPT:
            return None
        now = one.facts.now + timedelta(seconds=clock - one.told_at)
        if one.until is not None and now >= one.until:
            return None
        facts = one.facts.model_copy(update={"now": now})
        return Unasked(one.session, facts, one.origin)

    def present(
        self, door: bytes, around: FactsAround, session: SessionRow | None = None
    ) -> ParticipantFacts | None:
        """The facts as they are now, by what stands around them; None: they are to be read."""
        one = self._known.pop(door, None)
        if one is None or (around.origin, around.revision) != (one.origin, one.facts.revision):
            return None
        if session is not None and session.participant_id != one.facts.id:
            return None
        if around.now < one.facts.now or (one.until is not None and around.now >= one.until):
            return None
        changed: dict[str, object] = {"now": around.now}
        if around.around != one.around:
            told = Around.model_validate_json(around.around)
            changed |= {"site": told.site, "contacts": told.contacts}
        facts = one.facts.model_copy(update=changed)
        now = self.clock()
        one = replace(one, facts=facts, session=session, around=around.around, told_at=now)
        self._put(door, one)
        return facts

    def store(self, door: bytes, stored: Stored) -> None:
        """Add what was just stored at the revision in hand; what leads further is read anew."""
        one = self._known.pop(door, None)
        if one is None or one.facts.id != stored.guard.participant_id:
            return
        if one.facts.revision == stored.guard.revision:
            facts = facts_after(one.facts, stored, self.instruments)
            if facts is not None:
                self._put(door, replace(one, facts=facts, told_at=self.clock()))

    def forget(self, door: bytes) -> None:
        """Read them anew next time."""
        self._known.pop(door, None)

    def _put(self, door: bytes, one: _InHand) -> None:
        self._known.pop(door, None)
        self._known[door] = one
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]


def facts_after(
    facts: ParticipantFacts, stored: Stored, instruments: Mapping[str, Instrument]
) -> ParticipantFacts | None:
    """The facts once answers were stored or sent in; None where more follows from them.

    Of what is declined, late or alarming, and of sittings beside each other, the database tells.
    """
    document = stored.document
    if document != AnswersWrite(**{name: getattr(document, name) for name in FOLLOWED}):
        return None
    done = {row.visit_id: row.reason for row in document.visits_done}
    if done and facts.open_calls:
        return None
    wanted = {row.assessment_id for row in document.responses}
    wanted |= {row.assessment_id for row in document.attempts} | set(document.submitted)
    visits: list[VisitFacts] = []
    for visit in facts.visits:
        changed: dict[str, object] = {}
        there = [one.id for one in visit.asked or () if one.id in wanted]
        if there:
            asked = [
                one if one.id not in there else _answered(one, stored, instruments)
                for one in visit.asked or ()
            ]
            if None in asked:
                return None
            wanted.difference_update(there)
            changed["asked"] = tuple(asked)
        if done and visit.id in done:
            changed["nudged"] = _ended(visit, done.pop(visit.id), stored.at)
        visits.append(visit.model_copy(update=changed) if changed else visit)
    if wanted or done:
        return None
    return facts.model_copy(
        update={"now": stored.at, "revision": facts.revision + 1, "visits": tuple(visits)}
    )


def _ended(visit: VisitFacts, reason: str, at: datetime) -> tuple[ReminderFacts, ...]:
    """The nudges of a visit at which nothing is owed any more."""
    ended = {"ended_at": at, "end_reason": reason}
    return tuple(
        one if one.ended_at is not None else one.model_copy(update=ended)
        for one in visit.nudged or ()
    )


def _answered(
    assessment: AssessmentFacts, stored: Stored, instruments: Mapping[str, Instrument]
) -> AssessmentFacts | None:
    """An assessment with answers more, in its one sitting or in the first of all."""
    begun = [row for row in stored.document.attempts if row.assessment_id == assessment.id]
    given = [row for row in stored.document.responses if row.assessment_id == assessment.id]
    instrument = instruments.get(assessment.instrument)
    attempt = assessment.attempt or next((_begun(row, stored.at) for row in begun), None)
    plain = assessment.submitted_at is None and not assessment.others
    first = assessment.attempt is None
    if instrument is None or attempt is None or not plain or len(begun) != first:
        return None
    if any(row.attempt_id != attempt.id for row in given):
        return None
    answers = {one.item: one for one in assessment.read_answers}
    answers |= {row.item: _answer(row, stored.at) for row in given}
    sent = assessment.id in stored.document.submitted
    if sent and attempt.id not in stored.document.attempts_submitted:
        return None
    settled = is_settled(instrument, {item: one.value for item, one in answers.items()})
    now = {"last_answer_at": stored.at, "settled": settled and not sent}
    now |= {"submitted_at": stored.at} if sent else {}
    changed: dict[str, object] = {
        "answers": tuple(answers[item] for item in sorted(answers)),
        "attempt": attempt.model_copy(update=now),
    }
    changed |= {"submitted_at": stored.at} if sent else {}
    return assessment.model_copy(update=changed)


def _begun(row: AttemptRow, at: datetime) -> AttemptFacts:
    return AttemptFacts.model_validate(
        {
            "id": row.id,
            "ordinal": row.ordinal,
            "mode": row.mode,
            "respondent": row.respondent,
            "respondent_relation": row.respondent_relation,
            "started_at": at,
            "last_answer_at": at,
            "submitted_at": None,
        }
    )


def _answer(row: ResponseRow, at: datetime) -> AnswerFacts:
    return AnswerFacts(
        item=row.item, value=row.value, gap=row.gap, response_id=row.id, received_at=at
    )
