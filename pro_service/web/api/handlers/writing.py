"""What programs write: somebody enrolled, an event recorded, a call closed."""

from __future__ import annotations

from datetime import UTC

from pro_service.domain.study.events import NewEvent
from pro_service.services.desk.calls import CallSaid
from pro_service.services.desk.programs.writing import close_one, enrol_one, record_one
from pro_service.web.api.handlers.people import get_events
from pro_service.web.api.handlers.record import get_call
from pro_service.web.api.models.people import Enrolled, Enrolment, EventBody, EventRecorded
from pro_service.web.api.models.record import CallBody, CallClosed
from pro_service.web.api.table import Call


async def enrol(call: Call) -> Enrolled:
    """`POST /participants`: one row of the enrolment file, checked by its rules."""
    body = call.sent(Enrolment)
    # As the cells of a file, which is what the rules read.
    given = body.model_dump(mode="json", exclude={"reason"})
    cells = {name: "" if value is None else str(value) for name, value in given.items()}
    code = await enrol_one(call.hands, cells, body.reason, once=call.key)
    return Enrolled(code=code)


async def record_event(call: Call) -> EventRecorded:
    """`POST /participants/{code}/events`: If-Match is compared in the participant's turn."""
    body, code = call.sent(EventBody), call.path["code"]
    at = None if body.occurred_at is None else body.occurred_at.astimezone(UTC)
    event = NewEvent(body.kind, body.ordinal, planned_on=body.planned_on, occurred_at=at)

    async def unless() -> None:
        if call.if_match is not None:
            call.demand_match(await get_events(call))

    await record_one(call.hands, code, event, body.reason, once=call.key, unless=unless)
    return EventRecorded(code=code, kind=body.kind, ordinal=body.ordinal)


async def close_call(call: Call) -> CallClosed:
    """`POST /calls/{id}`: If-Match is compared in the participant's turn."""
    body = call.sent(CallBody)

    async def unless() -> None:
        if call.if_match is not None:
            call.demand_match(await get_call(call))

    said = CallSaid(body.outcome, body.note, day=body.day)
    back_at = await close_one(call.hands, call.id, said, once=call.key, unless=unless)
    return CallClosed(id=str(call.id), outcome=body.outcome, comes_back_at=back_at)
