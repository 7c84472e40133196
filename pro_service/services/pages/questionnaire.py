"""The questionnaire behind a link: what is open now, screen by screen. Reading changes nothing.

A link belongs to one visit, and shows everything the participant may answer by link at present,
that visit first. What is shown is told by the facts alone, read or still in hand (`doors`), and no
page is remembered between two requests: so a sitting goes on from any device.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import (
    AssessmentFacts,
    ParticipantFacts,
    VisitFacts,
    VisitNotReadError,
)
from pro_service.domain.study.follow_up.unwell import is_unwell
from pro_service.domain.study.protocol import Protocol, SafetyRule
from pro_service.domain.study.respondents import Respondent
from pro_service.domain.study.sittings.open_questions import is_in_window, sitting_goes_on
from pro_service.domain.study.sittings.tablet import Handed
from pro_service.domain.study.statuses import standing
from pro_service.services.answering import find_assessment
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.reader import lean_first
from pro_service.services.pages.entrance import (
    Guest,
    find_guest,
    find_linked,
    guest_in_hand,
)
from pro_service.services.pages.screens import Asking, Before, Part, Screen, make_part
from pro_service.services.pages.showing import NO_MEMORY, DeviceMemory, read_memory
from pro_service.services.texting import reached_by
from pro_service.store.connection import Connection
from pro_service.store.pages.entrance import Entrance
from pro_service.store.writes import DoorRow


@dataclass(frozen=True)
class Questionnaire:
    """All that is open to one participant by link; without parts it is finished."""

    facts: ParticipantFacts
    protocol: Protocol
    parts: tuple[Part, ...]
    closes_at: datetime | None
    """When the first of the open visits closes; None if none does."""
    respondent: Respondent | None = None
    """Who answers in the present sitting; None: no sitting goes on, so nobody has said yet."""
    authentication: Entrance = "link"
    """How whoever looks came in; kept with what they answer."""
    device: DeviceMemory = NO_MEMORY
    """Which answers were given on the device that looks."""
    sent_at: datetime | None = None
    """When the last of what is asked here was sent in, at visits open now; None: nothing was."""
    handed: Handed | None = None
    """What the tablet was handed over for on which it is answered; None: on a device of theirs."""
    door: DoorRow | None = None
    """Made of facts in hand that nobody has asked: what is written from it must look at this."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to answer."""
        return not self.parts

    @cached_property
    def screens(self) -> tuple[Screen, ...]:
        """All screens; the one numbered n is at n - 1."""
        return tuple(screen for part in self.parts for screen in part.screens)

    @property
    def question_count(self) -> int:
        """How many questions there are, settled ones included."""
        return sum(len(part.questions) for part in self.parts)

    @property
    def unsettled_count(self) -> int:
        """How many of them still want an answer."""
        return sum(len(part.unsettled) for part in self.parts)

    @property
    def is_unsent(self) -> bool:
        """Whether all is answered, and only to be sent."""
        return bool(self.parts) and all(part.is_unsent for part in self.parts)

    @property
    def afresh(self) -> tuple[Part, ...]:
        """What was begun before, too long ago to go on with."""
        return tuple(part for part in self.parts if part.is_afresh)

    def screen(self, number: int) -> Screen | None:
        """The screen of this number, or None."""
        screens = self.screens
        return screens[number - 1] if 1 <= number <= len(screens) else None

    def find(self, assessment_id: UUID, group: int) -> Screen | None:
        """The screen of one group of an assessment, or None if that is not open."""
        for screen in self.screens:
            if screen.assessment_id == assessment_id and screen.group == group:
                return screen
        return None

    def next_unsettled(self, after: int = 0, *, settled: Collection[int] = ()) -> Screen | None:
        """The first screen after number `after` with something open, else the first of all.

        The screens numbered in `settled` are taken for settled, whatever stands.
        """
        every = (screen for part in self.parts for screen in part.wanting)
        wanting = [screen for screen in every if screen.number not in settled]
        later = [screen for screen in wanting if screen.number > after]
        return next(iter(later or wanting), None)

    @property
    def is_texted(self) -> bool:
        """Whether a text will say that there are questions, as far as they have a say in it."""
        return has_agreed(self.facts) and self.facts.opted_out_at is None

    def next_visit(self) -> VisitFacts | None:
        """The next visit that will ask something, or None."""
        return find_next_visit(self.facts)


def has_agreed(facts: ParticipantFacts) -> bool:
    """Whether they agreed to texts, to themselves or to somebody beside them."""
    consent = facts.consent
    return consent is not None and (consent.messages or consent.caregiver)


def find_next_visit(facts: ParticipantFacts) -> VisitFacts | None:
    """The next visit that will ask something, or None; one dated from a plan does not count."""
    coming = [
        visit
        for visit in facts.visits
        if visit.asks_anything and not visit.provisional and visit.opens_at > facts.now
    ]
    return min(coming, key=lambda visit: visit.opens_at, default=None)


async def open_link(
    connection: Connection, context: ServiceContext, token: str
) -> Questionnaire | None:
    """What a link leads to now; None for one that is unknown, expired or ended.

    Finished questionnaires come back without parts. Nothing is written. Whether the study asks for
    more than the link before it is shown is for the caller to look at.
    """

    async def read(*, lean: bool) -> Questionnaire | None:
        found = await find_linked(connection, context, token)
        if found is None:
            return None
        admission, facts = found
        if not lean:
            facts = await context.reader.facts(connection, facts.study_id, facts.id)
        protocol = await context.reader.protocol(
            connection, facts.study_id, facts.protocol_version_id
        )
        return read_questionnaire(Asking(context, protocol, facts, NO_MEMORY), admission.visit_id)

    return await lean_first(read)


async def open_pages(
    connection: Connection,
    context: ServiceContext,
    cookie: str,
    *,
    device: str = "",
    answers_of: Collection[UUID] = (),
    whole: bool = False,
) -> Questionnaire | None:
    """What a cookie leads to now: a link's token, or the session a card or a link began.

    `device` is the cookie that says which answers were given on this device.

    None where `open_link` gives None, and until the second factor the study asks for was given.
    `answers_of` are assessments whose answers are wanted however long ago they were sent in;
    `whole`: with visits of long ago as well, which only late forms are about.
    """

    async def read(*, lean: bool) -> Questionnaire | None:
        guest = await find_guest(connection, context, cookie, answers_of=answers_of, lean=lean)
        return None if guest is None else read_admitted(context, guest, device)

    return await (read(lean=False) if whole else lean_first(read))


class _NotAskedError(ProServiceError):
    """It depends on what nobody has asked."""


def pages_in_hand(
    context: ServiceContext, cookie: str, *, device: str = ""
) -> Questionnaire | None:
    """What a cookie leads to by the facts in hand; None where they do not tell.

    Whatever is written from it looks at its `door`; what it says without a write may be over. Site
    and contacts are as they were, so it is there only where neither decides what is asked.
    """
    found = guest_in_hand(context, cookie)
    if found is None:
        return None
    guest, door = found
    try:
        return read_admitted(context, guest, device, door)
    except (_NotAskedError, VisitNotReadError):
        return None


def read_admitted(
    context: ServiceContext, guest: Guest, device: str = "", door: DoorRow | None = None
) -> Questionnaire | None:
    """The questionnaire an admission leads to; None without the second factor the study wants.

    `door`: what nobody has looked at yet. Raises _NotAskedError where it depends on more.
    """
    admission, facts, protocol = guest
    if not admission.admits(protocol):
        return None
    memory = read_memory(context.keys.vault, device)
    how = (admission.handed, admission.authentication, door)
    return read_questionnaire(Asking(context, protocol, facts, memory, *how), admission.visit_id)


def read_questionnaire(asking: Asking, invited_to: UUID | None) -> Questionnaire | None:
    """The questionnaire these facts give; None if the participant may not answer, or too late.

    Where no reply by text can reach us, the pages ask what is otherwise asked by text, too.
    """
    context, protocol, facts, device, *_ = asking
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        return None
    visits = [visit for visit in facts.visits if is_in_window(visit, facts.now)]
    visits.sort(key=lambda visit: (not is_unwell(visit), visit.id != invited_to))
    all_here = _AllHere(context, facts, asked=asking.door is None)
    parts: list[Part] = []
    open_visits: list[VisitFacts] = []
    screens = questions = 0
    for visit in visits:
        for assessment in visit.assessments:
            asked = _is_asked_here(asking, visit, assessment, all_here=all_here)
            if not asked or not is_open_question(assessment):
                continue
            part = make_part(asking, assessment, Before(screens, questions))
            parts.append(part)
            open_visits.append(visit)
            screens += len(part.screens)
            questions += len(part.questions)
    if not parts and not _anything_done(asking, visits, invited_to, all_here=all_here):
        return None
    ends = [visit.closes_at for visit in open_visits if visit.closes_at is not None]
    return Questionnaire(
        facts,
        protocol,
        tuple(parts),
        min(ends, default=None),
        respondent=_respondent(asking, visits),
        authentication=asking.authentication,
        device=device,
        sent_at=_sent_at(facts, visits, invited_to),
        handed=asking.handed,
        door=asking.door,
    )


def _sent_at(
    facts: ParticipantFacts, visits: Sequence[VisitFacts], invited_to: UUID | None
) -> datetime | None:
    """When answers were last sent in at the visit invited to, or at one that is open."""
    looked_at = [visit for visit in facts.visits if visit.id == invited_to] or visits
    sent = [one.submitted_at for visit in looked_at for one in visit.assessments]
    return max((at for at in sent if at is not None), default=None)


def urgent_rules(
    questionnaire: Questionnaire, assessments: Collection[UUID] | None = None
) -> tuple[SafetyRule, ...]:
    """The urgent rules met by answers to these assessments; None: to those of visits open now."""
    facts = questionnaire.facts
    if assessments is None:
        assessments = [
            one.id
            for visit in facts.visits
            if is_in_window(visit, facts.now)
            for one in visit.assessments
        ]
    ids = {str(one) for one in assessments}
    met = [alert.partition(":") for alert in facts.alerts]
    return questionnaire.protocol.safety.urgent({rule for one, _, rule in met if one in ids})


def read_closed_screen(
    context: ServiceContext, questionnaire: Questionnaire, assessment_id: UUID, group: int
) -> Screen | None:
    """A screen of an assessment that is open no more, for reading a form that comes late.

    None for a group there is not. Raises UnknownAssessmentError for another participant's.
    """
    facts = questionnaire.facts
    _, assessment = find_assessment(facts, assessment_id)
    asking = Asking(
        context, questionnaire.protocol, facts, questionnaire.device, questionnaire.handed
    )
    screens = make_part(asking, assessment, Before()).screens
    return screens[group] if group < len(screens) else None


def _is_asked_here(
    asking: Asking, visit: VisitFacts, assessment: AssessmentFacts, *, all_here: _AllHere
) -> bool:
    """Whether the pages ask this: on a tablet what it was handed over for, and nothing else."""
    if asking.handed is not None:
        return assessment.id in asking.handed.assessments
    return _asked_by_link(asking.protocol, visit, assessment) or all_here.so


class _AllHere:
    """Whether the pages ask everything, as no reply by text can reach us: found where it matters.

    Nearly all that is asked is asked by link, and finding it opens the participant's number.
    """

    def __init__(self, context: ServiceContext, facts: ParticipantFacts, *, asked: bool) -> None:
        self._of, self._asked = (context, facts), asked

    @cached_property
    def so(self) -> bool:
        """Whether it is so. Raises _NotAskedError where only the contacts of before are known."""
        if not self._asked:
            raise _NotAskedError
        return reached_by(*self._of) == "code"


def _asked_by_link(protocol: Protocol, visit: VisitFacts, assessment: AssessmentFacts) -> bool:
    """Whether the protocol lets this be answered by link."""
    ask = protocol.ask(visit.definition, assessment.instrument)
    return ask is not None and "link" in ask.ways


def _anything_done(
    asking: Asking,
    visits: list[VisitFacts],
    invited_to: UUID | None,
    *,
    all_here: _AllHere,
) -> bool:
    """Whether something was submitted or declined at a visit open now, or the one invited to."""
    looked_at = visits + [visit for visit in asking.facts.visits if visit.id == invited_to]
    return any(
        _is_asked_here(asking, visit, assessment, all_here=all_here)
        and not is_open_question(assessment)
        for visit in looked_at
        for assessment in visit.assessments
    )


def _respondent(asking: Asking, visits: Sequence[VisitFacts]) -> Respondent | None:
    """Who began the latest sitting at these visits that goes on or was sent, or is to be sent."""
    context, facts, handed = asking.context, asking.facts, asking.handed
    going_on = [
        assessment.attempt
        for visit in visits
        for assessment in visit.assessments
        if assessment.attempt is not None
        and (handed is None or assessment.attempt.id in handed.sittings)
        and (
            assessment.is_unsent
            or sitting_goes_on(
                assessment, context.catalogue.instruments[assessment.instrument], facts.now
            )
        )
    ]
    latest = max(going_on, key=lambda attempt: (attempt.started_at, attempt.id), default=None)
    if latest is None:
        return None
    return Respondent(kind=latest.respondent, relation=latest.respondent_relation)
