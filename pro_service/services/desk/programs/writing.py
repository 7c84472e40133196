"""What a program writes: by the desk's own use cases, once for each key it sends.

The same key with other content is refused; the same again hears what was done, and does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.permissions import Action
from pro_service.services.base.turns import Write
from pro_service.services.desk.actions import Hands, place_of
from pro_service.services.desk.calls import CallSaid, WorkedCall, close_call
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.person.enrolling import enrol_rows
from pro_service.services.desk.person.sent_forms import keep_said, said_of_copy, sent_form
from pro_service.services.desk.person.staff_turns import find_turn
from pro_service.services.visits import record_event
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import clerk
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.person import keep_form_key

_ROW = 1
_DONE = "recorded"


async def enrol_one(
    hands: Hands, cells: Mapping[str, str], reason: str | None, *, once: str
) -> str:
    """Enrol somebody; their code.

    Raises EnrolmentRefusedError with every mistake, FormReusedError, BusyError.
    """
    (code,) = await enrol_rows(hands, [(_ROW, cells)], reason=reason, key=once)
    return code


async def record_one(
    hands: Hands,
    code: str,
    event: NewEvent,
    reason: str,
    *,
    once: str,
    unless: Callable[[], Awaitable[None]],
) -> None:
    """Record an event, with the status and the schedule that follow from it.

    `unless` is asked in the participant's turn, before it is written. Raises NotHereError,
    NotAllowedError, RestrictedError, EventRefusedError, FormReusedError, KeyGoneError, BusyError,
    and what `unless` raises.
    """
    turn = await find_turn(hands, code, Action.record_event)
    form = sent_form(hands.seat, once, _content(event, reason))
    if await turn.copy_of(form) is not None:
        return
    _demand_open(turn.place)
    actor = hands.seat.actor
    await replace(turn, unless=unless).once_said(
        form,
        lambda who: record_event(who, event, actor=actor, reason=reason),
        lambda _: _DONE,
    )


async def close_one(
    hands: Hands,
    call_id: UUID,
    given: CallSaid,
    *,
    once: str,
    unless: Callable[[], Awaitable[None]],
) -> datetime | None:
    """Close a call, and act upon what came of it; when it comes back.

    `unless` is asked in the participant's turn. Raises NotHereError, RestrictedError,
    FormReusedError, whatever closing it at the desk raises, and what `unless` raises.
    """
    study_id = hands.seat.study_id
    place = await place_of(hands, Action.close_call, clerk.find_place_of_call, call_id)
    day = "" if given.day is None else given.day.isoformat()
    content = [("call", str(call_id)), ("outcome", given.outcome), ("note", given.note)]
    form = sent_form(hands.seat, once, [*content, ("day", day)])
    key = f"{place.participant_id}:desk:{Action.close_call}:{once}"
    before = await said_of_copy(hands.clerk, study_id, key, form)
    if before is not None:
        return _instant(before)
    _demand_open(place)

    def keep(worked: WorkedCall) -> Write:
        async def write(connection: Connection, guard: Guard) -> None:
            await unless()
            await keep_form_key(connection, guard, key)
            await keep_said(connection, guard, key, form, _text(worked.comes_back_at))

        return write

    try:
        return (await close_call(hands, call_id, given, keep)).comes_back_at
    except ProServiceError:
        # The same request may have been quicker, and stand in the way.
        before = await said_of_copy(hands.clerk, study_id, key, form)
        if before is None:
            raise
        return _instant(before)


def _text(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _instant(said: str) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _demand_open(place: Place) -> None:
    if place.restricted:
        raise RestrictedError(
            "This participant is restricted: nothing is recorded by programs.",
            mend="An investigator lifts the restriction at the desk.",
        )


def _content(event: NewEvent, reason: str) -> list[tuple[str, str]]:
    """What the mark of a request is made over."""
    return [
        ("kind", str(event.kind)),
        ("ordinal", str(event.ordinal)),
        ("planned_on", "" if event.planned_on is None else event.planned_on.isoformat()),
        ("occurred_at", "" if event.occurred_at is None else event.occurred_at.isoformat()),
        ("reason", reason),
    ]
