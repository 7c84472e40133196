"""Call tasks: who has fallen silent, why that matters now, and until when a call helps."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.calls import (
    OpenVisit,
    SiteClock,
    calls_wanted,
    could_be_due_from,
    next_look,
)
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.base.actors import WORKER
from pro_service.services.base.calendars import working_days
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.calling import looks
from pro_service.store.connection import Connection, borrowed
from pro_service.store.ids import new_id
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import ClaimWrite
from pro_service.store.writes import CallRow

IN_A_MINUTE: Final = timedelta(minutes=1)
"""How soon (study time) those are met again who may want a call, if nobody dealt with them."""


class ToCall(NamedTuple):
    """A participant who may want a call: all about them is to be read."""

    study_id: UUID
    participant_id: UUID
    asked: tuple[int, ...]
    """What asked for this look outside their turn."""


class Looked(NamedTuple):
    """What came of looking at those due for it."""

    to_call: list[ToCall]
    more: bool
    """More are due than were looked at."""


async def look_for_silence(connection: Connection, context: ServiceContext) -> Looked:
    """Look at a batch of those due for it: who may want a call, before all is read about anybody.

    Of the others it is noted when time alone may change that, so that nobody is looked at in vain;
    those who may want a call are met again in a minute unless they are dealt with before.
    """
    rows = await looks.list_call_looks(connection)
    to_call: list[ToCall] = []
    found: list[looks.CallLook] = []
    for who, group in groupby(rows, key=lambda row: (row.study_id, row.participant_id)):
        visits = list(group)
        first = visits[0]
        protocol = await context.reader.protocol(
            connection, first.study_id, first.protocol_version_id
        )
        site = SiteClock(zone(first.zone), working_days(first.country))
        instants = [
            could_be_due_from(
                protocol,
                OpenVisit(
                    definition=one.definition,
                    opens_at=one.opens_at,
                    closes_at=one.closes_at,
                    sent=one.sent or 0,
                ),
                first.now,
                site,
            )
            for one in visits
            if one.definition is not None and one.opens_at is not None
        ]
        instants.append(first.next_opens_at)
        at = min((one for one in instants if one is not None), default=None)
        if at is not None and at <= first.now:
            to_call.append(ToCall(*who, tuple(first.asked)))
            at = first.now + IN_A_MINUTE
        found.append(looks.CallLook(*who, first.revision, at))
    asked = [one for row in rows for one in row.asked]
    noted = await looks.record_call_looks(connection, found, asked) if found else 0
    return Looked(to_call, more=len(found) >= looks.BATCH and noted > 0)


async def call_for(connection: Connection, context: ServiceContext, whom: ToCall) -> int:
    """Make the call tasks a participant's silence asks for; returns how many. Raises BusyError.

    Where it asks for none it is noted when to look again.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[int | looks.CallLook]:
        site = SiteClock(zone(facts.site.zone), working_days(facts.site.country))
        wanted = calls_wanted(facts, protocol, facts.now, site.working_days)
        if not wanted:
            look_at = next_look(facts, protocol, site)
            return Plan(looks.CallLook(facts.study_id, facts.id, facts.revision, look_at))
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

    async with borrowed(connection) as lent:
        who = Who(lent, context, whom.study_id, whom.participant_id)
        done = await turn(who, decide, lean=True)
        if isinstance(done, int):
            return done
        await looks.record_call_looks(lent, [done], whom.asked)
    return 0
