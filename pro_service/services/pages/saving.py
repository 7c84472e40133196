"""What a participant does on the pages: saves a screen, sends the answers in, or declines.

Each request carries an idempotency key from its form. What it writes is decided from facts read
at one revision; if they have moved on, they are read again and it is decided anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.services.answering import (
    AnswersPlan,
    find_assessment,
    read_baselines,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.known import Stored
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.pages.doors import remember
from pro_service.services.pages.planning import (
    Read,
    SavedScreen,
    ScreenPlan,
    Visitor,
    too_late,
    with_kept,
)
from pro_service.services.pages.questionnaire import Questionnaire, open_pages, urgent_rules
from pro_service.services.pages.screens import place_of
from pro_service.services.pages.showing import GivenHere
from pro_service.services.pages.sorting import (
    ScreenAnswer,
    given,
    sort_answers,
    sort_open,
)
from pro_service.store.answering import answers as answer_store
from pro_service.store.base import operations
from pro_service.store.connection import Connection, Guard
from pro_service.store.pages import preferences as page_store
from pro_service.store.pages.preferences import OvertakenWrite


@dataclass(frozen=True)
class Posted:
    """A form that was sent: by whom, and under which idempotency key."""

    connection: Connection
    context: ServiceContext
    visitor: Visitor
    key: str
    known: Questionnaire | None = None
    """What the caller has just read by the same way in: it need not be read again."""


_Decide = Callable[[Read], ScreenPlan]


async def save_screen(
    posted: Posted,
    *,
    assessment_id: UUID,
    group: int,
    answers: Sequence[ScreenAnswer],
    leave_open: bool = False,
) -> SavedScreen | None:
    """Store one screen's answers; with `leave_open`, the rest of it becomes gaps (`skipped`).

    None if the link leads nowhere (any more). Raises BusyError, AnswerRangeError;
    UnknownAssessmentError for somebody else's page.
    """

    def decide(read: Read) -> ScreenPlan:
        screen = read.questionnaire.find(assessment_id, group)
        if screen is None:
            return too_late(read, assessment_id, answers)
        new, late, unsettled = sort_answers(screen, answers, leave_open=leave_open)
        after = read.questionnaire.next_unsettled(screen.number, settled={screen.number})
        ahead = None if after is None else after.number
        plan = read.plan(given(assessment_id, new)) if new else None
        outcome = SavedScreen(
            next_screen=screen.number if unsettled or late else ahead,
            unsettled=unsettled,
            overtaken=bool(late),
            given_here=() if plan is None else _given_here(screen.instrument, plan),
        )
        return with_kept(ScreenPlan(outcome, plan), read, assessment_id, late)

    said = [assessment_id, group, leave_open, *((one.item, one.value, one.gap) for one in answers)]
    return await _write(posted, _digest("save", posted.key, said), decide, about=(assessment_id,))


async def submit(
    posted: Posted,
    *,
    listed: Collection[UUID],
    leave_open: Collection[tuple[UUID, str]] = (),
) -> SavedScreen | None:
    """Send in every assessment on the page (`listed`) that has been begun, with its scores.

    Items still open are asked about once; named in `leave_open` they become gaps (`skipped`).
    What has not been begun stays open behind the same link. Raises BusyError.
    """

    def decide(read: Read) -> ScreenPlan:
        parts = [
            part for part in read.questionnaire.parts if part.begun and part.assessment_id in listed
        ]
        gaps = sort_open(parts, leave_open)
        if gaps is None:
            return ScreenPlan(SavedScreen(unsettled=True))
        if not parts:
            return ScreenPlan(SavedScreen(unsettled=not read.questionnaire.finished))
        ids = [part.assessment_id for part in parts]
        return ScreenPlan(SavedScreen(), read.plan(gaps, submitted=ids))

    web_key = _digest("submit", posted.key, [*sorted(listed), *sorted(leave_open)])
    return await _write(posted, web_key, decide, about=listed)


async def decline(posted: Posted, *, listed: Collection[UUID]) -> SavedScreen | None:
    """Take "not this time" for every open assessment on the page. Raises BusyError."""

    def decide(read: Read) -> ScreenPlan:
        parts = read.questionnaire.parts
        ids = [part.assessment_id for part in parts if part.assessment_id in listed]
        return ScreenPlan(SavedScreen(), read.plan([], declined=ids) if ids else None)

    web_key = _digest("decline", posted.key, sorted(listed))
    return await _write(posted, web_key, decide, about=listed)


def _digest(action: str, key: str, said: Sequence[object]) -> str:
    """The key a request is stored under: its form's, together with what it says.

    A browser may go back to a page as it was, and send it again with another answer: that is no
    copy and must not be lost.
    """
    return f"{action}:{hashlib.sha256(f'{key}|{said}'.encode()).hexdigest()}"


async def _write(
    posted: Posted, key: str, decide: _Decide, *, about: Collection[UUID]
) -> SavedScreen | None:
    """Read, decide, write; again from the start while the facts move on.

    `about` are the assessments the form was about. A request stored before gives the outcome it had
    as far as the participant must know it: whoever pressed twice sees only the second answer, and
    must not miss an alert.
    """
    connection, context, token = posted.connection, posted.context, posted.visitor.token
    device = posted.visitor.device_cookie
    known, refused = posted.known, False

    async def once() -> Decision[SavedScreen | None]:
        nonlocal known, refused
        read, known = known, None
        questionnaire = read or await open_pages(connection, context, token, device=device)
        if questionnaire is not None and not _holds_answers(questionnaire, about):
            # Sent in so long ago that its answers were not read; what came is compared with them.
            questionnaire = await open_pages(
                connection, context, token, device=device, answers_of=about, whole=True
            )
        if questionnaire is None:
            return Decision(None)
        facts = questionnaire.facts
        web_key = f"{facts.id}:{key}"
        baseline = await read_baselines(connection, context, facts, questionnaire.protocol)
        plan = decide(Read(context, posted.visitor, questionnaire, baseline))
        if questionnaire.door is not None and not plan.is_plain:
            return await once()  # No write would look at the door: so it is read first.
        if refused or not plan.is_plain:
            stored_at = await answer_store.find_web_write(connection, facts.study_id, web_key)
            if stored_at is None and not (plan.answers or plan.kept):
                await operations.mark_settled(connection)
            if stored_at is not None:  # What the caller knew may be older than what was stored.
                page = await open_pages(connection, context, token, device=device)
                return Decision(None if page is None else _stored_before(page, about, stored_at))
        refused = True
        outcome = replace(plan.outcome, read=questionnaire, alerted=plan.is_urgent)
        return Decision(outcome, lambda: _store(posted, questionnaire, web_key, plan))

    return await until_written(once)


def _holds_answers(questionnaire: Questionnaire, wanted: Collection[UUID]) -> bool:
    """Whether the answers to these assessments were read, as far as they are the participant's."""
    visits = questionnaire.facts.visits
    found = [one for visit in visits for one in visit.asked or () if one.id in wanted]
    all_read = len(found) == len(set(wanted)) or all(visit.asked is not None for visit in visits)
    return all_read and all(one.answers is not None for one in found)


async def _store(
    posted: Posted, questionnaire: Questionnaire, web_key: str, plan: ScreenPlan
) -> None:
    """Store overtaken answers, once, and then what is new, in the participant's turn."""
    connection, context, token = posted.connection, posted.context, posted.visitor.token
    facts = questionnaire.facts
    if plan.kept:
        kept_key = f"{web_key}:kept"
        if not await answer_store.find_web_write(connection, facts.study_id, kept_key):
            kept = OvertakenWrite(web_key=kept_key, responses=list(plan.kept))
            await page_store.keep_overtaken_answers(connection, facts.study_id, facts.id, kept)
            remember(context, token, None)
    if plan.answers is not None:
        guard, document = Guard(facts.study_id, facts.id, facts.revision), plan.answers.document
        document.web_key, document.door = web_key, questionnaire.door
        stored_at = await answer_store.record_answers(connection, guard, document)
        remember(context, token, Stored(guard, document, stored_at))


def _given_here(instrument: Instrument, plan: AnswersPlan) -> tuple[GivenHere, ...]:
    """The answers a plan stores, as the device is to remember them."""
    return tuple(
        GivenHere(row.attempt_id, place_of(instrument, row.item)) for row in plan.document.responses
    )


def _stored_before(
    questionnaire: Questionnaire, about: Collection[UUID], stored_at: datetime
) -> SavedScreen:
    """Where a request leads that was stored before, at `stored_at`, with the answers of then.

    Its key names what it said, so whoever sends it again gave them.
    """
    after = questionnaire.next_unsettled()
    again: list[GivenHere] = []
    for part in questionnaire.parts:
        _, assessment = find_assessment(questionnaire.facts, part.assessment_id)
        if part.assessment_id in about and assessment.attempt is not None:
            instrument, sitting_id = part.screens[0].instrument, assessment.attempt.id
            again += [
                GivenHere(sitting_id, place_of(instrument, one.item))
                for one in assessment.read_answers
                if one.received_at == stored_at
            ]
    return SavedScreen(
        next_screen=None if after is None else after.number,
        alerted=bool(urgent_rules(questionnaire, about)),
        read=questionnaire,
        given_here=tuple(again),
    )


__all__ = [
    "Posted",
    "SavedScreen",
    "ScreenAnswer",
    "Visitor",
    "decline",
    "save_screen",
    "submit",
]
