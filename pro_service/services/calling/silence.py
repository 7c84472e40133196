"""Call tasks: who has fallen silent, why that matters now, and until when a call helps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from uuid import UUID

import holidays

from pro_service.domain.study.calls import calls_wanted, could_be_due
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import ClaimWrite, DueRow
from pro_service.store.writes import CallRow


@cache
def _calendar(country: str) -> holidays.HolidayBase | None:
    """A country's public holidays with its swapped work days; None where none are known."""
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return None


def working_days(country: str) -> Callable[[date, date], int]:
    """Count working days of a site's country, both ends counted; weekends only where unknown.

    Future years' holidays are provisional until the country has announced them.
    """
    calendar = _calendar(country)

    def count(first: date, last: date) -> int:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        if calendar is None:
            return sum(day.weekday() < 5 for day in days)
        return sum(calendar.is_working_day(day) for day in days)

    return count


async def list_silent(connection: Connection, context: ServiceContext, limit: int) -> list[DueRow]:
    """Participants for whom a call may be due, each once: the others' facts need not be read."""
    found: dict[DueRow, None] = {}
    for visit in await reminders.list_to_check_for_calls(connection, limit):
        protocol = await context.protocol(connection, visit.study_id, visit.protocol_version_id)
        if could_be_due(
            protocol,
            visit.definition,
            sent=visit.sent,
            closes_at=visit.closes_at,
            now=visit.now,
            at_site=zone(visit.zone),
            working_days_left=working_days(visit.country),
        ):
            found[DueRow(visit.study_id, visit.participant_id)] = None
    return list(found)


async def call_for(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> int:
    """Make the call tasks a participant's silence asks for; returns how many. Raises BusyError."""

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[int]:
        wanted = calls_wanted(facts, protocol, facts.now, working_days(facts.site.country))
        if not wanted:
            return Plan(0)
        calls = [
            CallRow(
                id=new_id(),
                visit_id=one.visit_id,
                reason=one.reason,
                closes_at=one.closes_at,
                actor=WORKER,
            )
            for one in wanted
        ]
        return Plan(len(wanted), writing(reminders.claim_reminders, ClaimWrite(calls=calls)))

    return await turn(Who(connection, context, study_id, participant_id), decide)
