"""Everything known about one participant at one instant: what each decision reads.

`store` fills these records in one statement; the rules of this package turn them into visits,
states, reminders, call tasks. All instants are aware UTC; dates are in the participant's zone.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BeforeValidator, Field

from pro_service.domain.delivery import contacts as whom
from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.contacts import ConsentFacts, ContactFacts, Reach
from pro_service.domain.delivery.senders import SenderFacts
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.record import Record
from pro_service.domain.study.follow_up.call_keys import CallKey, ClosedCall, read_call_key
from pro_service.domain.study.respondents import Relation, RespondentKind
from pro_service.domain.study.sittings.progress import Progress

Target = Literal["left_knee", "right_knee", "person"]
KNEES: tuple[Target, ...] = ("left_knee", "right_knee")


class EventKind(StrEnum):
    """What a dated fact about a participant is about."""

    consent = "consent"
    screening = "screening"
    randomisation = "randomisation"
    injection = "injection"
    rescue_injection = "rescue_injection"
    early_termination = "early_termination"
    death = "death"


INJECTIONS: tuple[EventKind, ...] = (EventKind.injection, EventKind.rescue_injection)
"""The events that treat a knee."""


class EventFacts(Record):
    """The latest word on one event: planned on a day, and since when it has happened."""

    id: UUID
    kind: EventKind
    ordinal: int = 1
    target: Target | None = None
    planned_on: date | None = None
    occurred_at: datetime | None = None


class Status(StrEnum):
    """Where a participant stands; each value's docstring in `statuses.py` says what stops."""

    screened = "screened"
    active = "active"
    paused = "paused"
    stopped_treatment = "stopped_treatment"
    stopped_questionnaires = "stopped_questionnaires"
    withdrew_follow_up = "withdrew_follow_up"
    withdrew_data_use = "withdrew_data_use"
    screen_failure = "screen_failure"
    lost = "lost"
    completed = "completed"
    died = "died"


class StatusFacts(Record):
    """A status and the instant from which it holds; later ids replace earlier ones."""

    status: Status
    effective_at: datetime


class AnswersNotReadError(ProServiceError):
    """The facts were read without these answers; whoever needs them asks for them."""


class VisitNotReadError(ProServiceError):
    """The facts were read without what this visit asks; whoever needs it reads them whole."""


class AnswerFacts(Record):
    """The response that now stands for one item: a value, or a kind of gap."""

    item: str
    value: Value | None
    gap: str | None
    response_id: UUID
    received_at: datetime


class AttemptFacts(Record):
    """The open sitting at an assessment: the last one; once it was sent in, the last one sent.

    Where the sitting that stands is settled and not sent, that one (`with_open_sittings`).
    """

    id: UUID
    ordinal: int
    mode: str
    respondent: RespondentKind = "self"
    respondent_relation: Relation | None = None
    started_at: datetime
    last_answer_at: datetime | None
    submitted_at: datetime | None
    taken_over: bool = False
    """Somebody else answers now (`taken_over_by`): it takes no more answers, theirs begin anew."""
    settled: bool = False
    """All that was asked stands answered in it, or was left open on purpose, and not all of it.

    Known once the instruments were looked at (`with_open_sittings`).
    """


class SittingHeld(Record):
    """A sitting beside the open one, with what stands answered in it."""

    attempt: AttemptFacts
    answers: tuple[AnswerFacts, ...]
    chosen: bool = False
    """It is written down as the record for the visit's present closing."""


class Window(NamedTuple):
    """When a visit takes answers: [opens_at, closes_at), and whether it is dated for good."""

    opens_at: datetime
    closes_at: datetime | None
    """None: an unscheduled visit, which stays open."""
    provisional: bool = False


class AssessmentFacts(Record):
    """One instrument, for one target, due at one visit.

    Two sittings are spoken of, and mostly they are one: the *open* one, to which what comes next
    belongs (`attempt`, `answers`), and the one that *stands*, the record (`sittings.py`), of which
    `progress` and so the state tell. Where the one that stands is settled it is open, too: it is
    to be sent (`open_questions.py`).
    """

    id: UUID
    instrument: str
    target: Target
    submitted_at: datetime | None = None
    declined_at: datetime | None = None
    partial_scored_at: datetime | None = None
    attempt: AttemptFacts | None = None
    """The open sitting; whether it still takes answers depends on its span."""
    answers: tuple[AnswerFacts, ...] | None
    """What stands answered in the open sitting; None: not read, so nobody knows if any is."""
    others: tuple[SittingHeld, ...] = ()
    """Its other sittings, read where one of them may be the record instead of the open one."""
    answered_before: bool = False
    """A sitting before the open one holds a value."""
    passed_over: bool = False
    """Sent in after closing, when a sitting that was never sent had been chosen as the record."""

    @property
    def read_answers(self) -> tuple[AnswerFacts, ...]:
        """What stands answered in the open sitting. Raises AnswersNotReadError if not read."""
        if self.answers is None:
            raise AnswersNotReadError
        return self.answers

    @property
    def is_unsent(self) -> bool:
        """Whether there is only sending left: the sitting that stands is settled, and not sent."""
        attempt = self.attempt
        owed = self.submitted_at is None and self.declined_at is None
        return owed and attempt is not None and attempt.settled and not attempt.taken_over

    @property
    def last_ordinal(self) -> int:
        """The number of the sitting begun last; 0 if none was."""
        attempts = [one.attempt.ordinal for one in self.others]
        return max([*attempts, 0 if self.attempt is None else self.attempt.ordinal])

    @property
    def progress(self) -> Progress:
        """How far the sitting that stands has come. Raises AnswersNotReadError if that is unknown.

        Where any sitting holds a value the standing one does: R3 prefers it to an empty one.
        """
        return Progress(
            submitted_at=None if self.passed_over else self.submitted_at,
            declined_at=self.declined_at,
            begun=self.attempt is not None or bool(self.answers),
            # What was sent in is in no state that depends on its answers; what it was passed over
            # for holds some.
            answered=self.passed_over
            or (
                self.submitted_at is None
                and (
                    self.answered_before
                    or any(answer.value is not None for answer in self.read_answers)
                )
            ),
            settled=any(one.chosen and one.attempt.settled for one in self.others)
            if self.passed_over
            else self.is_unsent,
        )


class ReminderFacts(Record):
    """One nudge of a visit: still open (no `ended_at`), sent, or ended for a reason."""

    id: UUID
    ordinal: int
    due_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None
    sent_at: datetime | None = None
    """Study time at which the message it became was claimed for sending."""
    undelivered: bool = False
    """The text it became did not arrive: the provider or the network said so."""


class AtRest(Record):
    """What lean facts say of a visit at which nothing is due, in place of what it asks."""

    asks: bool
    """Whether it asks anything."""
    owes: bool
    """Whether anything it asks is neither submitted nor declined."""


class VisitFacts(Record):
    """A dated visit of the current schedule. `closes_at` is None for an unscheduled visit.

    Lean facts hold what a visit asks and its nudges while it is *in hand*: it takes answers, closed
    less than three days ago, has a nudge that is due, or a text about it went in these days. Any
    other is *at rest*: nothing is due there, and what was not read raises VisitNotReadError.
    """

    id: UUID
    definition: str
    occurrence: int = 1
    schedule_revision: int
    provisional: bool
    """Dated from a planned anchor only: shown in schedules, never a reason to send."""
    opens_at: datetime
    target_on: date
    closes_at: datetime | None
    attended_on: date | None = None
    at_rest: AtRest | None = None
    """Said of a visit whose assessments and nudges were not read; None: they were."""
    asked: tuple[AssessmentFacts, ...] | None = Field((), alias="assessments")
    """Use `assessments`; None: not read."""
    nudged: tuple[ReminderFacts, ...] | None = Field((), alias="reminders")
    """Use `reminders`; None: not read."""

    @property
    def assessments(self) -> tuple[AssessmentFacts, ...]:
        """What it asks. Raises VisitNotReadError of a visit at rest."""
        if self.asked is None:
            raise VisitNotReadError
        return self.asked

    @property
    def reminders(self) -> tuple[ReminderFacts, ...]:
        """Its nudges. Raises VisitNotReadError of a visit at rest."""
        if self.nudged is None:
            raise VisitNotReadError
        return self.nudged

    @property
    def asks_anything(self) -> bool:
        """Whether it asks anything; known of every visit."""
        return bool(self.assessments) if self.at_rest is None else self.at_rest.asks

    @property
    def owes_anything(self) -> bool:
        """Whether anything it asks is neither submitted nor declined; known of every visit."""
        if self.at_rest is not None:
            return self.at_rest.owes
        return any(one.submitted_at is None and one.declined_at is None for one in self.assessments)

    def nudges_due(self, now: datetime) -> tuple[ReminderFacts, ...]:
        """Its nudges that wait and are due; known of every visit, for at rest none is."""
        if self.at_rest is not None or not self.reminders:
            return ()
        return tuple([one for one in self.reminders if one.ended_at is None and one.due_at <= now])

    @property
    def window(self) -> Window:
        """When it takes answers."""
        return Window(self.opens_at, self.closes_at, self.provisional)


class SiteFacts(Record):
    """The participant's present site: how to reach it, and whose calendar it keeps."""

    id: UUID
    code: str
    zone: str
    telephone: str
    emergency_number: str
    country: str
    senders: tuple[SenderFacts, ...] = ()
    """Our addresses that speak for it, one a provider, the nearest first."""


def start_of(personal_code: str) -> str:
    """What a text says of a code, to tell people who share a number apart: the code opens pages."""
    return personal_code[:3]


class DataKeyFacts(Record):
    """The participant's own key as stored: wrapped, in hex, under the master key named."""

    id: UUID
    wrapped: str
    wrapping_key: str


class ParticipantFacts(Record):
    """One participant, whole. `revision` guards every write decided from these facts."""

    study_id: UUID
    id: UUID
    code: str
    personal_code: str = ""
    """What the participant types to say who is answering, where several share a number."""
    revision: int
    now: datetime
    """Study time (`pro.now()`) at which these facts were read."""
    protocol_version_id: UUID
    language: Language
    zone: str
    channel: str
    nudge_at: time | None
    """The hour the participant chose for reminders; None: the protocol's."""
    larger_text: bool = False
    """Whether the participant chose larger letters for the pages."""
    treated_knees: tuple[Target, ...]
    site: SiteFacts
    contacts: tuple[ContactFacts, ...]
    """Whom the participant is reached by; `in_order` puts them in the order they are tried."""
    consent: ConsentFacts | None
    statuses: tuple[StatusFacts, ...]
    events: tuple[EventFacts, ...]
    visits: tuple[VisitFacts, ...]
    open_calls: tuple[Annotated[CallKey, BeforeValidator(read_call_key)], ...] = ()
    """The call tasks still open."""
    made_calls: tuple[Annotated[CallKey, BeforeValidator(read_call_key)], ...] = ()
    """All call tasks ever made, closed ones included."""
    closed_calls: tuple[ClosedCall, ...] = ()
    """The calls about visits that staff closed; those the program closed are not among them."""
    safety_ended_at: datetime | None = None
    """When an investigator last ended the safety follow-up; None: nobody did."""
    last_reminder_text_at: datetime | None = None
    """When the last reminder text went to the participant, superseded visits included."""
    alerts: tuple[str, ...] = ()
    """Alerts raised by answers, as `<assessment id>:<rule>`; none is raised twice."""
    data_key: DataKeyFacts | None = None
    kinds: tuple[Kind, ...] = whom.TEXTED
    """Where the reminder in hand may go, in order: not read, the protocol's (`reaching.steps`)."""

    @property
    def start_of_code(self) -> str:
        """What of the personal code a text says, to tell whose it is: the code opens the pages."""
        return start_of(self.personal_code)

    @property
    def reach(self) -> Reach:
        """Who is texted now, and why not the others."""
        return whom.reach(self.contacts, self.consent, self.kinds)

    def by(self, kinds: tuple[Kind, ...]) -> ParticipantFacts:
        """The same facts for a reminder that may go to these kinds of address."""
        return self if kinds == self.kinds else self.model_copy(update={"kinds": kinds})

    @property
    def contact(self) -> ContactFacts | None:
        """The contact that texts go to, else the first they could go to but for what holds them."""
        return self.reach.contact or whom.first_able(self.reach, self.kinds)

    @property
    def opted_out_at(self) -> datetime | None:
        """Since when texts to the participant's contact are held back; None: they are not."""
        contact = self.contact
        return None if contact is None else contact.opted_out_at

    @property
    def texts_today(self) -> int:
        """Reminder texts that went to the contact's address on the present local day."""
        contact = self.contact
        return 0 if contact is None else contact.texts_today
