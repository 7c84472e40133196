"""One entry as facts stand now: what keeping or sending it writes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pro_service.domain.study.entering import ApartWhat, for_entry, kept_apart, sent_when_told
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    Entered,
    GivenAnswer,
    Sitting,
    find_assessment,
    plan_answers,
    read_baselines,
)
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Who, Write, writing
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.entering.heads import ENTER, EntryHead, StillOpenError
from pro_service.services.desk.seat import LONGEST_NOTE, signed
from pro_service.store.answering import answers as store
from pro_service.store.base.notes import give_note
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk.entry import EntryRow
from pro_service.store.notes import NoteRow


class EntryTyping:
    """One entry as facts stand now: what keeping or sending it writes."""

    def __init__(
        self,
        hands: Hands,
        protocol: Protocol,
        facts: ParticipantFacts,
        head: EntryHead,
        row: EntryRow | None,
    ) -> None:
        """Find the sitting it belongs to, and seal its words. Raises EntryRefusedError."""
        self.hands, self.protocol, self.facts = hands, protocol, facts
        self.head, self.row = head, row
        sitting_id = None if row is None else row.id
        self.as_told = for_entry(facts, head.assessment_id, sitting_id, head.told.at)
        self.visit, self.assessment = find_assessment(self.as_told, head.assessment_id)
        self.notes: dict[str, NoteRow] = {}
        if row is None:
            said = {"original": head.original, "apart_reason": head.apart_reason}
            self.notes = {
                name: note_about(hands.context, facts, words.strip()[:LONGEST_NOTE])
                for name, words in said.items()
                if words.strip()
            }

    def gaps(self, left_open: frozenset[str]) -> list[GivenAnswer]:
        """What closes the questions left open. Raises StillOpenError."""
        settled = {one.item for one in self.assessment.read_answers}
        instrument = self.hands.context.catalogue.instruments[self.assessment.instrument]
        still = [one for one in instrument.items if one.code not in settled]
        if {one.code for one in still} != left_open or not all(one.skippable for one in still):
            raise StillOpenError
        place = self.assessment.id
        return [GivenAnswer(place, one.code, value=None, gap="skipped") for one in still]

    async def plan(
        self, who: Who, given: Sequence[GivenAnswer], *, submit: bool = False
    ) -> AnswersPlan:
        """What is written, judged by when it was told."""
        context, told = self.hands.context, self.head.told
        baseline = await read_baselines(who.connection, context, self.as_told, self.protocol)
        sitting = Sitting(
            mode=told.mode,
            authentication="staff",
            language=told.language,
            actor=self.hands.seat.actor,
            respondent=told.respondent,
            entered=self._entered(),
        )
        case = AnsweringCase(context, self.protocol, self.as_told, sitting, baseline)
        plan = plan_answers(case, given, submit=[self.assessment.id] if submit else [])
        if submit and self.row is not None:
            self._say_when_sent(plan, self.row.id)
        return plan

    def write(self, plan: AnswersPlan) -> Write:
        """The write, with its notes, under the name of who types."""
        notes = list(self.notes.values())

        async def write(connection: Connection, guard: Guard) -> None:
            for note in notes[:-1]:
                await give_note(connection, guard.study_id, guard.participant_id, note)
            await store.record_answers(connection, guard, plan.document)

        seat = self.hands.seat
        if len(notes) < 2:
            record = writing(store.record_answers, plan.document)
            return signed(seat, ENTER, notes[0] if notes else None, record)
        return signed(seat, ENTER, notes[-1], write)

    def _entered(self) -> Entered:
        told, notes = self.head.told, self.notes
        offset = told.at.astimezone(zone(self.facts.site.zone)).utcoffset()
        apart = self.apart
        return Entered(
            told_at=told.at,
            offset_minutes=0 if offset is None else round(offset.total_seconds() / 60),
            typed_at=self.facts.now,
            interviewer=self.hands.seat.actor if told.mode == "telephone" else None,
            original=notes["original"].reference if "original" in notes else None,
            apart=None if apart is None else apart.value,
            apart_reason=None if apart is None else notes["apart_reason"].reference,
        )

    @property
    def apart(self) -> ApartWhat | None:
        """What keeps an entry that begins out of the analysis."""
        if self.row is not None:
            return None  # Said when it began.
        told = self.head.told
        return kept_apart(self.protocol, self.assessment.instrument, told.mode, told.respondent)

    def _say_when_sent(self, plan: AnswersPlan, sitting_id: UUID) -> None:
        _, now_known = find_assessment(self.facts, self.assessment.id)
        visit, now = self.visit, self.facts.now
        if sent_when_told(visit, now_known, sitting_id, now):
            plan.document.sent_at = self.head.told.at
        closed = visit.closes_at is not None and visit.closes_at <= now
        if closed and visit.id not in plan.document.sent_late:
            plan.document.sent_late.append(visit.id)
