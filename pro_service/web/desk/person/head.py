"""The head of one participant's page: what matters, how to reach them, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pro_service.domain.study.adherence import VisitOutcome
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.entering import enterable
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.end_reasons import BY_STATUS, EndReason
from pro_service.domain.study.reaching.first_texts import Joining, Telephone
from pro_service.domain.study.reminders import forbids
from pro_service.domain.study.statuses import RULES, standing
from pro_service.domain.study.times import zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.entering import EntryRights
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.timeline import VisitLine
from pro_service.web.desk.contacts import contact_in_words
from pro_service.web.desk.entering.addresses import entry_of
from pro_service.web.desk.frame.deaths import death_words
from pro_service.web.desk.person.joining import FIRST_TEXT, joining_words
from pro_service.web.desk.person.masks import mask_of
from pro_service.web.desk.person.registry import FIRST_ROW, MORE, is_of_use
from pro_service.web.desk.person.sheets import Sheet, page_of
from pro_service.web.desk.words import Words

_OPEN: Final = frozenset({AssessmentState.due, AssessmentState.started, AssessmentState.unsent})


class Head:
    """What the head of one participant's page says, in one language.

    Times are the site's, as the page says; where the participant's zone is another, when a text
    comes is said in theirs as well, with its name.
    """

    def __init__(
        self,
        words: Words,
        timeline: Timeline,
        facts: ParticipantFacts | None,
        telephones: Sequence[Telephone],
    ) -> None:
        """Keep what is said; `facts` where who looks may act for the participant.

        Nobody acts for who was erased: no word about them can be kept any more.
        """
        self.words = words
        self.timeline = timeline
        self.document = timeline.document
        self.facts = None if self.erased else facts
        self.telephones = telephones
        self.zone = zone(timeline.site.zone)

    def values(self, seat: Seat, place: Any, masks: Mapping[str, str]) -> dict[str, Any]:
        """Everything `_person_head.html` shows."""
        document = self.document
        joining = joining_words(self.words, self.telephones, self.zone)
        return {
            "alerts": self._alerts(),
            "death": death_words(self.words, document.death_reported_at, self.zone),
            "due": [self.due(one) for one in self._open()],
            "next": self.following(),
            "answered": self.answered(),
            "consents": self.consent(),
            "reached": [
                {
                    "who": contact_in_words(self.words, one),
                    "number": masks.get(str(one.id)),
                    "texted": self._is_texted(str(one.id)),
                    "joining": joining.get(str(one.id)),
                }
                for one in document.contacts
            ],
            "their_zone": document.zone,
            "first_text": self.first_text(seat, place),
            "first_row": self.actions(seat, place, FIRST_ROW),
            "more": self.actions(seat, place, MORE),
        }

    def _alerts(self) -> str | None:
        """How many alerts are open; None where none is."""
        count = sum(one.acted_at is None for one in self.document.conversation.alerts)
        if count == 1:
            return self.words.text("head.alert")
        return self.words.text("head.alerts", count=count) if count else None

    def first_text(self, seat: Seat, place: Any) -> str | None:
        """Where the first text is sent from, while one may go and this seat may send it."""
        tried = [one.joining for one in self.telephones]
        may = self.facts is not None and seat.may(FIRST_TEXT.action, place)
        if not may or not {Joining.lost, Joining.not_tried}.intersection(tried):
            return None
        return f"{page_of(self.document.code)}/{FIRST_TEXT.name}"

    def _is_texted(self, contact: str) -> bool:
        if self.facts is None or self._stops("stops_messages"):
            return False
        reached = self.facts.reach.contact
        return reached is not None and str(reached.id) == contact

    def _stops(self, what: Literal["stops_messages", "stops_visits"]) -> bool:
        """Whether where the participant stands stops texts, or everything that is to come."""
        status = self.timeline.status
        if status is None:
            return what == "stops_messages"
        return bool(getattr(RULES[status], what))

    def _why_no_text(self, visit: UUID, at: datetime) -> EndReason | None:
        """What keeps a reminder of a visit from going out at an instant, as things stand now."""
        facts, protocol = self.facts, self.timeline.protocol
        asked = None
        if facts is not None:
            asked = next((one for one in facts.visits if one.id == visit), None)
        if facts is None or asked is None:
            status = self.timeline.status
            return BY_STATUS[status] if self._stops("stops_messages") else None
        return forbids(facts, protocol, standing(facts.statuses, at, facts.events), asked, at)

    def _visits(self) -> list[VisitLine]:
        return [one for one in self.document.visits if one.superseded_at is None]

    def _open(self) -> list[VisitLine]:
        """Visits that wait for answers now."""
        now = self.document.now
        return [
            visit
            for visit in self._visits()
            if visit.opens_at <= now
            and (visit.closes_at is None or now < visit.closes_at)
            and any(self.timeline.states.get(one.id) in _OPEN for one in visit.assessments)
        ]

    def label(self, visit: VisitLine) -> str:
        """The visit's name."""
        return self.words.visit(self.timeline.protocol, visit.definition, visit.occurrence)

    def due(self, visit: VisitLine) -> dict[str, str]:
        """A visit that waits for answers: what it still asks, and until when."""
        owed = [
            self.words.asked(one.instrument, one.target)
            for one in visit.assessments
            if self.timeline.states.get(one.id) in _OPEN
        ]
        return {
            "visit": self.label(visit),
            "asks": self.words.text("course.semicolon").join(owed),
            "until": self.words.until(visit.closes_at, self.zone),
        }

    def following(self) -> dict[str, str] | None:
        """The next reminder and whether its text goes, or the next visit to open where none waits.

        Nothing for whom nothing comes any more.
        """
        words, now = self.words, self.document.now
        if self._stops("stops_visits"):
            return None
        waiting = [
            (one.due_at, visit)
            for visit in self._visits()
            for one in visit.reminders
            if one.ended_at is None
        ]
        if waiting:
            due_at, visit = min(waiting, key=lambda one: one[0])
            at = max(due_at, now)
            told = self._reminder(at)
            why = self._why_no_text(visit.id, at)
            if why is not None:
                told = words.text("head.no_text", reminder=told, why=words.word("end", why))
            return {"visit": self.label(visit), "when": told}
        coming = [one for one in self._visits() if one.opens_at > now and one.assessments]
        if not coming:
            return None
        visit = min(coming, key=lambda one: one.opens_at)
        opens = words.text("head.opens", day=words.day(visit.opens_at.astimezone(self.zone).date()))
        return {"visit": self.label(visit), "when": opens}

    def _reminder(self, at: datetime) -> str:
        """When a reminder comes, in the site's zone, and in the participant's if it is another."""
        words, theirs = self.words, self.document.zone
        here = words.instant(at, self.zone)
        if theirs == self.timeline.site.zone:
            return words.text("head.reminder", at=here)
        there = words.instant(at, zone(theirs))
        return words.text("head.reminder_theirs", at=here, theirs=there, zone=theirs)

    def answered(self) -> dict[str, str]:
        """In how many closed visits everything was answered in the window, as the figures count."""
        status = self.timeline.status
        ended = status is not None and RULES[status].stops_asking
        now, protocol = self.document.now, self.timeline.protocol
        outcomes = [
            VisitOutcome(
                site=self.timeline.site.code,
                participant=self.document.id,
                definition=visit.definition,
                kind=definition.kind,
                states=tuple(
                    state
                    for one in visit.assessments
                    if (state := self.timeline.states.get(one.id)) is not None
                ),
                closed=ended or (visit.closes_at is not None and visit.closes_at <= now),
                scorable=False,
            )
            for visit in self._visits()
            if (definition := protocol.find(visit.definition)) is not None
        ]
        expected = [one for one in outcomes if one.is_expected_and_closed]
        done = [one for one in expected if one.is_completed_in_window]
        late = sum(AssessmentState.late in one.states for one in expected)
        missed = sum(
            all(state is AssessmentState.missed for state in one.states) for one in expected
        )
        return {
            "share": self.words.text("head.answered", part=len(done), whole=len(expected)),
            "rest": self.words.text("head.answered_rest", late=late, missed=missed),
        }

    def consent(self) -> str:
        """The consent in force."""
        words, consents = self.words, self.document.consents
        if not consents:
            return words.text("head.no_consent")
        last = consents[-1]
        key = "entry.consent" if last.messages else "entry.consent_no_messages"
        return words.text(key, version=last.version, day=words.day(last.signed_on))

    @property
    def erased(self) -> bool:
        """Whether their key was destroyed: nothing is asked, told or written about them."""
        return self.document.data_key is None

    def may_enter(self, rights: EntryRights, place: Any) -> bool:
        """Whether a seat enters answers of theirs."""
        return not self.erased and rights.enters(place, self.timeline.protocol)

    def entries(self, rights: EntryRights, place: Any) -> dict[UUID, str]:
        """Where a seat enters the answers to each thing that may be entered now."""
        if self.facts is None or not self.may_enter(rights, place):
            return {}
        return {
            one.assessment.id: entry_of(self.document.code, assessment=one.assessment.id)
            for one in enterable(self.facts, self.timeline.protocol)
        }

    def actions(self, seat: Seat, place: Any, sheets: tuple[Sheet, ...]) -> list[dict[str, str]]:
        """What this seat may do for the participant now, as links to the forms."""
        if self.facts is None:
            return []
        facts, page = self.facts, page_of(self.document.code)
        return [
            {
                "address": f"{page}/{one.name}",
                "words": self.words.text(f"sheet.{one.word}.open"),
            }
            for one in sheets
            if seat.may(one.action, place) and is_of_use(one, facts, self.timeline.protocol)
        ]


def masks_of(context: ServiceContext, facts: ParticipantFacts | None) -> dict[str, str]:
    """The end of each number, by contact; nothing for who may not act for the participant."""
    if facts is None:
        return {}
    return {str(one.id): mask_of(context, one) for one in facts.contacts}
