"""What happened with a participant, told in the order it happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.conversation.staff_replies import KIND
from pro_service.domain.study.follow_up.alert_steps import AlertStage
from pro_service.domain.study.statuses import overruled
from pro_service.domain.study.times import zone
from pro_service.services.base.notes import noted_in
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.conversation import CallLine, InboundLine, MessageLine
from pro_service.store.desk.timeline import AnswerLine, AssessmentLine, VisitLine
from pro_service.web.desk.alerts.steps import assessments_told
from pro_service.web.desk.consenting.said import consent_in_words
from pro_service.web.desk.person.own_words import own_event_in_words
from pro_service.web.desk.words import Words


class _Entry(NamedTuple):
    """One thing that happened."""

    at: datetime
    kind: str
    what: str
    detail: str = ""
    quote: str | None = None
    who: str = ""


class Told:
    """One participant, told in one language; times in the site's zone."""

    def __init__(self, words: Words, timeline: Timeline) -> None:
        self.words = words
        self.timeline = timeline
        self.document = timeline.document
        self.zone: ZoneInfo = zone(timeline.site.zone)
        self.answers: dict[UUID, list[AnswerLine]] = defaultdict(list)
        self.assessments: dict[UUID, tuple[VisitLine, AssessmentLine]] = {}
        for answer in self.document.answers:
            self.answers[answer.assessment_id].append(answer)
        for visit in self.document.visits:
            for assessment in visit.assessments:
                self.assessments[assessment.id] = (visit, assessment)

    def said(self, text: str | None) -> str | None:
        """The words of staff a text of the record refers to; None for the program's own."""
        note = noted_in(text)
        if note is None:
            return None
        return self.words.noted(self.timeline.words.get(note))

    def at(self, instant: datetime) -> str:
        return self.words.instant(instant, self.zone)

    def value(self, one: AnswerLine) -> str:
        return self.words.word("gap", one.gap or "none") if one.value is None else str(one.value)


class Story(Told):
    """The entries of a participant's page."""

    def entries(self) -> list[dict[str, Any]]:
        found = [
            *self._placings(),
            *self._events(),
            *self._own_events(),
            *self._remarks(),
            *self._messages(),
            *self._replies(),
            *self._opt_outs(),
            *self._calls(),
            *self._alerts(),
            *self._undone(),
        ]
        return [
            {**one._asdict(), "at": self.at(one.at), "kind_word": self.words.word("kind", one.kind)}
            for one in sorted(found, key=lambda one: one.at)
        ]

    def _placings(self) -> Iterator[_Entry]:
        words, document = self.words, self.document
        yield _Entry(document.enrolled_at, "status", words.text("entry.enrolled"))
        idle = overruled([one.effective_at for one in document.statuses])
        for status, never in zip(document.statuses, idle, strict=True):
            key = "entry.overruled" if never else "entry.to_come"
            said = [words.word("status", status.status)]
            if never or status.effective_at > document.now:
                said.append(words.text(key))
            reason = self.said(status.reason) or words.reason(status.reason or "")
            who = words.who(status.actor)
            yield _Entry(status.effective_at, "status", " ".join(said), reason, who=who)
        for consent in document.consents:
            what = consent_in_words(words, consent)
            who = words.who(consent.actor)
            yield _Entry(consent.recorded_at, "consent", what, who=who)

    def _events(self) -> Iterator[_Entry]:
        words = self.words
        for event in self.document.events:
            name = words.word("event", event.kind)
            if event.ordinal > 1:
                name = f"{name} {event.ordinal}"
            if event.occurred_at is not None:
                what = words.text("entry.happened", event=name, at=self.at(event.occurred_at))
            elif event.planned_on is not None:
                what = words.text("entry.planned", event=name, day=words.day(event.planned_on))
            else:
                what = words.text("event.known", event=name, word=words.text("event.no_death"))
            reason = self.said(event.reason) or words.reason(event.reason or "")
            yield _Entry(event.recorded_at, "event", what, reason, who=words.who(event.actor))

    def _own_events(self) -> Iterator[_Entry]:
        words = self.words
        for one in self.document.own_events:
            told = own_event_in_words(words, self.timeline.protocol, one)
            key = "struck" if one.struck else "entered" if one.revision == 1 else "corrected"
            what = words.text(f"entry.own_{key}", event=told)
            yield _Entry(one.recorded_at, "event", what, who=words.who(one.actor))

    def _remarks(self) -> Iterator[_Entry]:
        for one in self.document.remarks:
            what = self.words.text("entry.note")
            quote, who = self.said(one.said), self.words.who(one.actor)
            yield _Entry(one.recorded_at, "note", what, quote=quote, who=who)

    def _messages(self) -> Iterator[_Entry]:
        words = self.words
        for message in self.document.conversation.messages:
            yield _Entry(
                message.at,
                "message",
                words.text("entry.staff_reply")
                if message.kind == KIND
                else words.word("template", message.template),
                self._fate(message),
            )
            if message.dealt_at is not None:
                yield _Entry(
                    message.dealt_at,
                    "message",
                    words.text("entry.dealt_with"),
                    self.said(message.dealt_note) or "",
                    who=words.who(message.dealt_by),
                )

    def _fate(self, message: MessageLine) -> str:
        """What became of a text and why, the provider's code for it, and what it cost."""
        words = self.words
        fate = words.word("message", message.state)
        if message.state_reason:
            why = words.why(message.state_reason)
            fate = words.text("entry.because", what=fate, reason=why)
        if message.error_code:
            fate = words.text("entry.provider_code", what=fate, code=message.error_code)
        return words.text("entry.segments", what=fate, count=message.segments)

    def _replies(self) -> Iterator[_Entry]:
        by_inbound: dict[UUID, list[AnswerLine]] = defaultdict(list)
        for answer in self.document.answers:
            if answer.inbound_id is not None:
                by_inbound[answer.inbound_id].append(answer)
        for inbound in self.document.conversation.inbounds:
            yield self._reply(inbound, by_inbound[inbound.id])

    def _reply(self, inbound: InboundLine, answers: list[AnswerLine]) -> _Entry:
        words = self.words
        what = words.word("disposition", inbound.disposition)
        if inbound.command is not None:
            what = words.text(
                "entry.understood", what=what, command=words.word("command", inbound.command)
            )
        details = [self._understood(one) for one in answers]
        if inbound.urgent:
            details.append(words.text("entry.urgent"))
        if inbound.media_count:
            details.append(words.text("entry.media", count=inbound.media_count))
        if inbound.settled is not None:
            details.append(words.word("settled", inbound.settled))
        if inbound.read_at is not None:
            details.append(
                words.text(
                    "entry.read", who=words.who(inbound.read_by), at=self.at(inbound.read_at)
                )
            )
        if self.timeline.document.restricted:
            details.append(words.text("thread.restricted"))
        elif inbound.id not in self.timeline.bodies:
            details.append(words.text("entry.hidden"))
        elif self.timeline.bodies[inbound.id] is None:
            details.append(words.text("text.unreadable"))
        return _Entry(
            inbound.received_at,
            "reply",
            what,
            "; ".join(details),
            quote=self.timeline.bodies.get(inbound.id),
        )

    def _understood(self, answer: AnswerLine) -> str:
        known = self.assessments.get(answer.assessment_id)
        label = answer.item if known is None else self.words.item(known[1].instrument, answer.item)
        return self.words.text("entry.answer", item=label, value=self.value(answer))

    def _opt_outs(self) -> Iterator[_Entry]:
        words = self.words
        for one in self.document.conversation.opt_outs:
            reason = self.said(one.reason) or words.word("opt_out", one.reason)
            yield _Entry(
                one.started_at,
                "opt_out",
                words.text("entry.opted_out"),
                reason,
                who=words.who(one.actor),
            )
            if one.ended_at is not None:
                yield _Entry(
                    one.ended_at,
                    "opt_out",
                    words.text("entry.opted_in"),
                    self.said(one.end_reason) or words.word("opt_out", one.end_reason or ""),
                    who=words.who(one.ended_by) if one.ended_by else "",
                )

    def _calls(self) -> Iterator[_Entry]:
        words, made = self.words, set()
        for call in self.document.conversation.calls:
            reason = words.word("call", call.reason)
            # A task that stayed after a try is the same one still.
            if (call.reason, call.visit_id, call.created_at) not in made:
                yield _Entry(call.created_at, "call", words.text("entry.call_made"), reason)
            made.add((call.reason, call.visit_id, call.created_at))
            if call.closed_at is not None:
                yield _Entry(
                    call.closed_at,
                    "call",
                    words.text("entry.call_closed"),
                    self._outcome(call),
                    who=words.who(call.closed_by),
                )

    def _alerts(self) -> Iterator[_Entry]:
        words = self.words
        for alert in self.document.conversation.alerts:
            rule = words.rule(self.timeline.protocol, alert.rule)
            severity = words.word("severity", alert.severity)
            what = words.text("entry.alert", severity=severity)
            told = words.said_in_text(alert.uncertain_who) if alert.uncertain_who else ""
            if alert.answered_at is not None:
                told = words.text("entry.alert_late", answered=self.at(alert.answered_at))
            yield _Entry(alert.raised_at, "alert", what, " ".join(filter(None, (rule, told))))
            if alert.seen_at is not None:
                what = words.text("entry.alert_seen")
                yield _Entry(alert.seen_at, "alert", what, rule, who=words.who(alert.seen_by))
            for at, said, note, who in assessments_told(words, alert):
                what = words.text("entry.alert_assessed", verdict=said)
                yield _Entry(at, "alert", what, self.said(note) or "", who=who)
            if alert.acted_at is not None:
                before = alert.stage is AlertStage.acted_before
                what = words.text("entry.alert_acted" if before else "entry.alert_closed")
                said = self.said(alert.action) or ""
                yield _Entry(alert.acted_at, "alert", what, said, who=words.who(alert.acted_by))

    def _undone(self) -> Iterator[_Entry]:
        words = self.words
        for one in self.document.conversation.undone:
            kind = {"text_nothing": "reply", "alert_seen": "alert"}.get(one.kind, "call")
            what = words.word("undone", one.kind)
            yield _Entry(one.undone_at, kind, what, who=words.who(one.actor))

    def _outcome(self, call: CallLine) -> str:
        """What came of a call: staff's word for it and their note, or why the service closed it."""
        outcome, colon, _ = (call.outcome or "").partition(": ")
        note = self.said(call.outcome)
        if note is None:
            return self.words.word("end", call.outcome or "")
        if not colon:
            return note
        return self.words.text(
            "call.outcome", outcome=self.words.word("outcome", outcome), note=note
        )
