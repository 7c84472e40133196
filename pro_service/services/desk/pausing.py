"""A participant's pause begun or ended by staff: looked at first, then written as the clerk.

The rule is the participants' own page's (`domain.study.pausing`), and so is the statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, Status, VisitFacts
from pro_service.domain.study.pausing import (
    PausePlan,
    may_pause,
    plan_pause,
    plan_resumption,
    safety_visits_ahead,
    status_of,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import day_start, local_day, zone
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import said, signed
from pro_service.services.texting import pause_write
from pro_service.store.answering import answers
from pro_service.store.base import operations
from pro_service.store.pages import preferences

LONGEST_PAUSE: Final = timedelta(days=92)
"""Whoever wants a longer rest is asked again, or has stopped."""


class PauseRefusedError(ProServiceError):
    """Where the participant stands now, there is no pause to begin or to end."""


class PauseDayError(ProServiceError):
    """A pause ends on a day after today, and after three months at most."""


@dataclass(frozen=True)
class PauseWish:
    """What is to be done: a pause until a day in the participant's zone, or (None) its end now."""

    until: date | None
    reason: str


class PausePreview(NamedTuple):
    """What a wish would change; nothing is changed yet."""

    facts: ParticipantFacts
    protocol: Protocol
    wish: PauseWish
    plan: PausePlan
    safety: Sequence[VisitFacts]
    """Visits of the safety follow-up that lie ahead: a pause leaves them as they are."""
    kind: str | None
    """demo, validation or production: pages carry the mark."""


async def preview_pause(hands: Hands, code: str, wish: PauseWish) -> PausePreview:
    """What the wish would change.

    Raises NotHereError, NotAllowedError, ReasonMissingError, PauseDayError, PauseRefusedError.
    """
    who = hands.turn_of(await find_place(hands, code, Action.pause_participant))
    reason = said(wish.reason)
    facts = await who.context.reader.facts(who.connection, who.study_id, who.participant_id)
    protocol = await who.context.reader.protocol(
        who.connection, who.study_id, facts.protocol_version_id
    )
    return PausePreview(
        facts,
        protocol,
        PauseWish(wish.until, reason),
        _plan(facts, protocol, wish.until),
        safety_visits_ahead(facts, protocol),
        await operations.get_database_kind(who.connection),
    )


async def change_pause(hands: Hands, code: str, wish: PauseWish, *, key: str) -> bool:
    """Begin a pause, or end it; a second copy of the form (`key`) changes nothing.

    True if texts go out again once it is over, as things stand.
    Raises NotHereError, NotAllowedError, ReasonMissingError, PauseDayError, PauseRefusedError.
    """
    who = hands.turn_of(await find_place(hands, code, Action.pause_participant))
    reason = said(wish.reason)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[bool]:
        texted = facts.reach.contact is not None
        web_key = f"{facts.id}:desk-pause:{wish.until or 'end'}:{key}"
        if await answers.find_web_write(who.connection, facts.study_id, web_key):
            return Plan(texted)
        plan = _plan(facts, protocol, wish.until)
        note = note_about(hands.context, facts, reason)
        document = pause_write(plan, web_key, actor=hands.seat.actor, reason=note.reference)
        write = writing(preferences.record_choice, document)
        return Plan(texted, signed(hands.seat, Action.pause_participant, note, write))

    return await turn(who, decide)


def _plan(facts: ParticipantFacts, protocol: Protocol, until: date | None) -> PausePlan:
    if until is not None:
        return pause_until(facts, protocol, until)
    if status_of(facts) is not Status.paused:
        raise PauseRefusedError
    return plan_resumption(facts, protocol)


def pause_until(facts: ParticipantFacts, protocol: Protocol, until: date) -> PausePlan:
    """What a pause until a day in the participant's zone writes.

    Raises PauseDayError, PauseRefusedError.
    """
    if not may_pause(status_of(facts)):
        raise PauseRefusedError
    local = zone(facts.zone)
    today = local_day(facts.now, local)
    if not today < until <= today + LONGEST_PAUSE:
        raise PauseDayError
    return plan_pause(facts, protocol, day_start(until, local))
