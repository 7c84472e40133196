"""One participant's page: visits with what was asked, then all that happened, newest last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.conversation import AlertLine
from pro_service.store.desk.timeline import (
    AnswerLine,
    AssessmentLine,
    ReminderLine,
    ScoreLine,
    VisitLine,
)
from pro_service.web.desk.alerts.steps import (
    held_in_words,
    may_take,
    raised_in_words,
    steps_of_told,
)
from pro_service.web.desk.person.own_words import own_event_values
from pro_service.web.desk.person.schedule import each_visit, schedule_values
from pro_service.web.desk.safety import safety_values
from pro_service.web.desk.sittings import (
    begun_beside_the_desk,
    how_answered,
    is_of_another,
    not_verified,
    score_cells,
    sitting_that_stands,
    typed_in,
    which_of_several,
)
from pro_service.web.desk.states import legend, state_values
from pro_service.web.desk.story import Story, Told
from pro_service.web.desk.words import Words


class _Page(Told):
    """The page of one participant in one language; times in the site's zone."""

    def __init__(self, words: Words, timeline: Timeline, actor: str) -> None:
        super().__init__(words, timeline)
        self.actor = actor
        self.scores: dict[UUID, list[ScoreLine]] = defaultdict(list)
        for score in self.document.scores:
            self.scores[score.assessment_id].append(score)

    def visit(self, visit: VisitLine) -> dict[str, Any]:
        words = self.words
        return {
            "anchor": f"{visit.definition}-{visit.occurrence}",
            "label": words.visit(self.timeline.protocol, visit.definition, visit.occurrence),
            "opens": self.at(visit.opens_at),
            "closes": words.until(visit.closes_at, self.zone),
            "target": words.day(visit.target_on),
            "revision": visit.schedule_revision,
            "provisional": visit.provisional,
            "attended": None if visit.attended_on is None else words.day(visit.attended_on),
            "superseded": None
            if visit.superseded_at is None
            else words.text(
                "visit.superseded",
                at=self.at(visit.superseded_at),
                reason=self.said(visit.superseded_reason)
                or words.reason(visit.superseded_reason or ""),
            ),
            "signs": self.signs(visit),
            "when": self.when(visit),
            "assessments": [self.assessment(visit, one) for one in visit.assessments],
            "reminders": [self.reminder(one) for one in visit.reminders],
        }

    def when(self, visit: VisitLine) -> str:
        """When it opens; once it has, when it closes."""
        if visit.opens_at <= self.document.now:
            return self.words.until(visit.closes_at, self.zone)
        day = visit.opens_at.astimezone(self.zone).date()
        return self.words.text("head.opens", day=self.words.day(day))

    def signs(self, visit: VisitLine) -> list[dict[str, str]]:
        """The states of what a visit asks, each once, in the order of asking."""
        found = dict.fromkeys(
            state
            for one in visit.assessments
            if (state := self.timeline.states.get(one.id)) is not None
        )
        return [state_values(self.words, state) for state in found]

    def assessment(self, visit: VisitLine, one: AssessmentLine) -> dict[str, Any]:
        words, standing = self.words, self.timeline.standing.get(one.id)
        state = self.timeline.states.get(one.id)
        stands = sitting_that_stands(one, standing)
        # Scores of the sitting that stands come first.
        scores = sorted(self.scores[one.id], key=lambda each: is_of_another(each, stands))
        return {
            "id": one.id,
            "entry": None,
            "asked": words.asked(one.instrument, one.target),
            "state": None if state is None else state_values(words, state),
            "submitted": None if one.submitted_at is None else self.at(one.submitted_at),
            "mode": None if stands is None else how_answered(words, visit, stands),
            "respondent": None if stands is None else words.respondent(stands.respondent),
            "sitting": which_of_several(words, one, standing),
            "beside_card": [
                *begun_beside_the_desk(words, one, self.at),
                *typed_in(words, one, lambda note: self.said(note) or ""),
                *not_verified(words, one, self.timeline.unverified),
            ],
            "scores": [score_cells(words, each, stands) for each in scores],
            "answers": [
                self.answer(one.instrument, each) | {"other": is_of_another(each, stands)}
                for each in self.answers[one.id]
            ],
        }

    def answer(self, instrument: str, one: AnswerLine) -> dict[str, Any]:
        return {
            "item": self.words.item(instrument, one.item),
            "value": self.value(one),
            "at": self.at(one.received_at),
            "stands": one.stands,
        }

    def reminder(self, one: ReminderLine) -> dict[str, Any]:
        if one.ended_at is None:
            end = self.words.text("reminder.waiting")
        else:
            end = self.words.text(
                "reminder.ended",
                reason=self.words.word("end", _how_it_ended(one)),
                at=self.at(one.ended_at),
            )
        return {"ordinal": one.ordinal, "due": self.at(one.due_at), "end": end}

    def alert(self, one: AlertLine) -> dict[str, Any]:
        """One that is not closed, with its steps."""
        words, assessed = self.words, bool(one.assessments)
        seen = None
        if one.seen_at is not None:
            who, at = words.who(one.seen_by), self.at(one.seen_at)
            seen = words.text("alert.seen_by", who=who, at=at)
        return {
            "id": one.id,
            "rule": words.rule(self.timeline.protocol, one.rule),
            "instruction": words.instruction(self.timeline.protocol, one.rule),
            "severity": one.severity,
            "severity_word": words.word("severity", one.severity),
            "told": words.said_in_text(one.uncertain_who) if one.by_text else None,
            "raised": raised_in_words(words, one.raised_at, one.answered_at, self.zone),
            "seen": seen,
            "steps": steps_of_told(words, one, self.zone),
            "may_take": may_take(
                self.timeline.protocol,
                one.severity,
                assessed=assessed,
                has_it=one.held_by == self.actor,
            ),
            "who_has_it": None
            if assessed
            else held_in_words(words, one.held_until, one.held_by, self.zone),
        }

    def neutral(self) -> list[str]:
        """Instruments this participant is asked in neutral labels, for want of a wording pack."""
        language: Language = "zh_CN" if self.document.language == "zh_CN" else "en"
        asked = dict.fromkeys(
            one.instrument for visit in self.document.visits for one in visit.assessments
        )
        return [
            self.words.asked(instrument, "person")
            for instrument in asked
            if self.words.shows_neutral(instrument, language)
        ]


def _how_it_ended(one: ReminderLine) -> str:
    """Sent, but not delivered, is another end than sent."""
    return "not_delivered" if one.undelivered else one.end_reason or ""


def timeline_values(words: Words, timeline: Timeline, actor: str) -> dict[str, Any]:
    """Everything `participant.html` shows."""
    page = _Page(words, timeline, actor)
    document = timeline.document
    present = [one for one in document.visits if one.superseded_at is None]
    held = any(one.ended_at is None for one in document.conversation.opt_outs)
    return {
        "code": document.code,
        "site": timeline.site,
        "standing": words.text("status.none")
        if timeline.status is None
        else words.word("status", timeline.status),
        "speaks": words.word("language", document.language),
        "channel": words.word("channel", document.channel),
        "knees": [words.word("target", one) for one in document.treated_knees],
        "their_zone": document.zone if document.zone != timeline.site.zone else None,
        "now": page.at(document.now),
        "may_read_scores": document.may_read_scores,
        "held": held,
        "visits": schedule_values(present, document.now, page.visit),
        "superseded": [page.visit(one) for one in document.visits if one.superseded_at is not None],
        "calls": [
            {
                "id": one.id,
                "reason": words.word("call", one.reason),
                "closes": words.until(one.closes_at, page.zone),
                "wanted": None
                if one.wanted_from is None or one.wanted_from <= document.now
                else words.text("call.wanted", at=page.at(one.wanted_from)),
            }
            for one in document.conversation.calls
            if one.closed_at is None
        ],
        "own_events": own_event_values(words, timeline),
        "alerts": [page.alert(one) for one in document.conversation.alerts if one.acted_at is None],
        "entries": Story(words, timeline).entries(),
        "neutral": page.neutral(),
        "legend": legend(words),
        "typed_twice": timeline.protocol.types_twice,
        "by_tablet": timeline.protocol.coming.tablet is not None,
        "safety": safety_values(words, timeline),
    }


def name_entries(values: dict[str, Any], entries: Mapping[UUID, str]) -> None:
    """Say at each thing asked where its answers may be entered, if they may be."""
    for visit in each_visit(values["visits"]):
        for one in visit["assessments"]:
            one["entry"] = entries.get(one["id"])
