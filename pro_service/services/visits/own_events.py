"""What else happened, entered: an event of the protocol's own, or a further revision of one."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.reports import report_of_own
from pro_service.domain.study.own_events import OwnEventFacts, OwnEventSaid, check_own_event
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.notes import with_note
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.visits.scheduling import report_row
from pro_service.store.ids import new_id
from pro_service.store.visits import own_events as store
from pro_service.store.visits.own_events import OwnEventRow, OwnEventWrite


class OwnEventChangedError(ProServiceError):
    """Somebody else has corrected this event meanwhile, or it is none of the participant's."""


class Revised(NamedTuple):
    """The event that is corrected, and the revision that was looked at."""

    event_id: UUID
    revision: int
    struck: bool = False
    """It was entered by mistake, and did not happen."""


async def record_own_event(
    who: Who, said: OwnEventSaid, *, actor: str, revises: Revised | None = None
) -> None:
    """Keep an event of the protocol's own; `revises` names the one it corrects.

    A kind that tells of harm opens the step of an alert when it is first entered (R9). Raises
    OwnEventError, OwnEventChangedError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        stands = None if revises is None else await _stands(who, facts, revises, said.kind)
        kind = check_own_event(protocol, said, local_day(facts.now, zone(facts.zone)))
        row_id = new_id()
        row = OwnEventRow(
            id=row_id,
            event_id=row_id if stands is None else stands.event_id,
            revision=1 if stands is None else stands.revision + 1,
            kind=said.kind,
            target=said.target,
            began_on=said.began_on,
            ended_on=said.ended_on,
            dose=said.dose,
            dose_unit=None if said.dose is None else kind.dose_unit,
            struck=revises is not None and revises.struck,
            actor=actor,
        )
        document = OwnEventWrite(own_events=[row])
        report = report_of_own(kind, said.began_on)
        if report is not None and stands is None:
            document.reports.append(report_row(report, actor))
        return Plan(None, with_note(who, None, writing(store.record_own_event, document)))

    await turn(who, decide)


async def get_own_event(who: Who, event_id: UUID) -> OwnEventFacts | None:
    """An event of the participant's as it stands."""
    return await store.get_own_event(who.connection, who.study_id, who.participant_id, event_id)


async def _stands(who: Who, facts: ParticipantFacts, revises: Revised, kind: str) -> OwnEventFacts:
    """The event as it stands, if that is what was looked at. Raises OwnEventChangedError."""
    found = await store.get_own_event(who.connection, facts.study_id, facts.id, revises.event_id)
    if found is None or (found.revision, found.kind) != (revises.revision, kind):
        raise OwnEventChangedError
    return found
