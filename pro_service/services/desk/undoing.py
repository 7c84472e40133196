"""A slip of staff's taken back, in one place for every kind of it: the same right, the same person.

What is taken back stays in the record beside the entry that takes it back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.undoing import (
    Deed,
    NothingToUndoError,
    Undoable,
    must_undo,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.turns import Plan, turn, writing
from pro_service.services.desk.actions import Hands, place_of
from pro_service.services.desk.seat import NotHereError, at_desk, signed
from pro_service.store.connection import Connection
from pro_service.store.desk import clerk
from pro_service.store.desk import texts as text_store
from pro_service.store.desk import undoing as store
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.undoing import UndoWrite
from pro_service.store.ids import new_id
from pro_service.store.writes import ReopenedCallRow, UndoneRow


class _Kind(NamedTuple):
    """Whose right it takes, and how the participant is found."""

    action: Action
    find: Callable[[Hands, UUID], Awaitable[Place]]


async def _of_text(hands: Hands, inbound_id: UUID) -> Place:
    """Whose text it was taken for. Raises NothingToUndoError for nobody's in particular."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        seen = await text_store.get_text(connection, seat.study_id, inbound_id)
        if seen is None:
            raise NotHereError
        people = await text_store.list_people_of_text(connection, seat.study_id, inbound_id)
    if not people:
        raise NothingToUndoError
    for one in people:
        seat.demand(Action.settle_text, one.site_id)
    if len(people) > 1:
        raise NothingToUndoError
    return Place(people[0].participant_id, people[0].code, people[0].site_id)


def _of(
    action: Action, find: Callable[[Connection, UUID, UUID], Awaitable[Place | None]]
) -> Callable[[Hands, UUID], Awaitable[Place]]:
    def found(hands: Hands, row: UUID) -> Awaitable[Place]:
        return place_of(hands, action, find, row)

    return found


_KINDS: Final[Mapping[Undoable, _Kind]] = {
    Undoable.text_nothing: _Kind(Action.settle_text, _of_text),
    Undoable.alert_seen: _Kind(Action.see_alert, _of(Action.see_alert, clerk.find_place_of_alert)),
    Undoable.call_no_answer: _Kind(
        Action.close_call, _of(Action.close_call, clerk.find_place_of_call)
    ),
}


UNDOING: Final[Mapping[Undoable, Action]] = {kind: one.action for kind, one in _KINDS.items()}
"""Whose right each kind takes: that of what it takes back."""


async def undo(hands: Hands, kind: Undoable, row: UUID) -> Place:
    """Take back what this person did to a text, an alert or a call (`row`); twice changes nothing.

    Raises NotHereError, NotAllowedError, UndoRefusedError.
    """
    action, find = _KINDS[kind]
    place, actor = await find(hands, row), hands.seat.actor

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        deed = await store.find_deed(hands.clerk, facts.study_id, facts.id, kind, row)
        if not must_undo(deed, actor, facts.now) or deed is None:
            return Plan(None)
        document = _document(kind, row, deed, actor)
        return Plan(None, signed(hands.seat, action, None, writing(store.undo, document)))

    await turn(hands.turn_of(place), decide)
    return place


def _document(kind: Undoable, row: UUID, deed: Deed, actor: str) -> UndoWrite:
    """The entry that takes it back, and what waits again."""
    document = UndoWrite([UndoneRow(id=new_id(), kind=kind, of_id=deed.of_id, actor=actor)])
    if kind is Undoable.text_nothing:
        document.texts.append(row)
    elif kind is Undoable.alert_seen:
        document.alerts.append(row)
    elif deed.again_id is not None:
        document.calls.append(deed.again_id)
    else:
        document.reopened.append(ReopenedCallRow(id=new_id(), call_id=row, actor=actor))
    return document
