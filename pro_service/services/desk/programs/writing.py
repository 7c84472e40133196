"""What a program writes: by the desk's own use cases, once for each key it sends.

The same key with other content is refused; the same again hears what was done, and does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.person.enrolling import enrol_rows
from pro_service.services.desk.person.sent_forms import sent_form
from pro_service.services.desk.person.staff_turns import find_turn
from pro_service.services.visits import record_event

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
    if turn.place.restricted:
        raise RestrictedError(
            "This participant is restricted: nothing is recorded by programs.",
            mend="An investigator lifts the restriction at the desk.",
        )
    actor = hands.seat.actor
    await replace(turn, unless=unless).once_said(
        form,
        lambda who: record_event(who, event, actor=actor, reason=reason),
        lambda _: _DONE,
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
