"""The steps of an alert (rule R9): seen at the site, assessed by an investigator, closed."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.alert_steps import (
    AlertFacts,
    check_assessment,
    may_close,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, turn
from pro_service.services.desk.actions import Hands, place_of
from pro_service.services.desk.seat import AlreadyDoneError, DoneBefore, NotHereError, said, signed
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import alerts as store
from pro_service.store.desk import clerk
from pro_service.store.desk.alerts import AssessmentRow
from pro_service.store.desk.clerk import Place
from pro_service.store.ids import new_id


class NotAssessedError(ProServiceError):
    """An alert is closed once it is assessed, and an event once its reference is given."""


class AssessmentSaid(NamedTuple):
    """What an investigator says of an alert, as it stood in the form."""

    verdict: str
    reference: str
    """The number in the site's log; it may follow with another assessment."""
    told: str
    """What the participant was told."""
    replaces: UUID | None
    """The assessment that stood when the form was opened, if there was any."""


class AlertSeen(NamedTuple):
    """An alert that was marked as seen: whose it is, and who saw it first."""

    place: Place
    by: str


async def see_alert(hands: Hands, alert_id: UUID) -> AlertSeen:
    """Mark an alert as seen; where somebody had seen it, nothing changes and they stay named.

    Raises NotHereError, NotAllowedError.
    """
    place = await place_of(hands, Action.see_alert, clerk.find_place_of_alert, alert_id)

    def write(connection: Connection, guard: Guard) -> Awaitable[None]:
        return store.see_alert(connection, guard, alert_id, hands.seat.actor)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[str]:
        alert = await _alert(hands, facts, alert_id)
        if alert.seen:
            return Plan(alert.seen_by or "")
        return Plan(hands.seat.actor, signed(hands.seat, Action.see_alert, None, write))

    return AlertSeen(place, await turn(hands.turn_of(place), decide))


async def take_alert(hands: Hands, alert_id: UUID) -> Place:
    """Take an alert for the protocol's minutes, in which nobody else is told; returns whose it is.

    Whoever takes one has seen it. A second time by whoever holds it changes nothing. Raises
    NotHereError where the protocol tells nobody, NotAllowedError, AlreadyDoneError where it is
    assessed.
    """
    place = await place_of(hands, Action.take_alert, clerk.find_place_of_alert, alert_id)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        alert = await _alert(hands, facts, alert_id)
        escalation = protocol.coming.escalation
        if escalation is None:
            raise NotHereError
        if alert.acted or alert.stands is not None:
            raise AlreadyDoneError(_before(facts, alert))
        if alert.seen and alert.held_by == hands.seat.actor:
            return Plan(None)
        hold = timedelta(minutes=escalation.hold_minutes)

        def write(connection: Connection, guard: Guard) -> Awaitable[None]:
            return store.take_alert(connection, guard, alert_id, hands.seat.actor, hold)

        return Plan(None, signed(hands.seat, Action.take_alert, None, write))

    await turn(hands.turn_of(place), decide)
    return place


async def assess_alert(hands: Hands, alert_id: UUID, given: AssessmentSaid) -> Place:
    """Say what an alert is, and what the participant was told; returns whose it is.

    Another assessment may follow while the alert is open, and stands then.
    Raises NotHereError, NotAllowedError, VerdictError, LogReferenceError, ReasonMissingError, and
    AlreadyDoneError where it is closed, or was assessed by somebody since the form was opened.
    """
    place = await place_of(hands, Action.assess_alert, clerk.find_place_of_alert, alert_id)
    assessment, words = check_assessment(given.verdict, given.reference), said(given.told)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        alert = await _alert(hands, facts, alert_id)
        stands = None if alert.stands is None else alert.stands.id
        if alert.acted or stands != given.replaces:
            raise AlreadyDoneError(_before(facts, alert))
        note = note_about(hands.context, facts, words)
        row = AssessmentRow(
            id=new_id(),
            alert_id=alert_id,
            verdict=assessment.verdict,
            reference=assessment.reference,
            told=note.reference,
            actor=hands.seat.actor,
        )

        def write(connection: Connection, guard: Guard) -> Awaitable[None]:
            return store.assess_alert(connection, guard, row)

        return Plan(None, signed(hands.seat, Action.assess_alert, note, write))

    await turn(hands.turn_of(place), decide)
    return place


async def close_alert(hands: Hands, alert_id: UUID, action: str) -> Place:
    """Close an alert that was assessed, once, and say how it ended; returns whose it is.

    Raises NotHereError, NotAllowedError, ReasonMissingError, AlreadyDoneError, NotAssessedError.
    """
    place = await place_of(hands, Action.assess_alert, clerk.find_place_of_alert, alert_id)
    words = said(action)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        alert = await _alert(hands, facts, alert_id)
        if alert.acted:
            raise AlreadyDoneError(_before(facts, alert))
        if not may_close(alert):
            raise NotAssessedError
        note = note_about(hands.context, facts, words)

        def write(connection: Connection, guard: Guard) -> Awaitable[None]:
            return store.close_alert(connection, guard, alert_id, hands.seat.actor, note.reference)

        return Plan(None, signed(hands.seat, Action.assess_alert, note, write))

    await turn(hands.turn_of(place), decide)
    return place


def _before(facts: ParticipantFacts, alert: AlertFacts) -> DoneBefore | None:
    """What was done with an alert last: closed, or assessed."""
    if alert.acted:
        return DoneBefore(alert.acted_by, facts.code, "already_closed")
    stands = alert.stands
    if stands is None:
        return None
    verdict = ("verdict", stands.verdict.value)
    return DoneBefore(stands.actor, facts.code, "already_assessed", verdict)


async def _alert(hands: Hands, facts: ParticipantFacts, alert_id: UUID) -> AlertFacts:
    """The alert as it is now. Raises NotHereError."""
    found = await store.get_alert(hands.clerk, facts.study_id, facts.id, alert_id)
    if found is None:
        raise NotHereError
    return found
