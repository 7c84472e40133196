"""Reads handed out at the desk (R19): examinations brought, lists given, keys taken out.

Whoever does it keeps the data of every site of the study; the rules and the writes are those of
`pro-service reads`. Whose images a pseudonym names is seen here, and by no reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands, may_everywhere
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_clerk
from pro_service.services.measuring import correlating, reading
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.reads import ListGiven, Purpose
from pro_service.tables import read_content

HANDS_OUT: Final = Action.hand_out_reads


class Given(NamedTuple):
    """What was handed out so far, and what can be: to whom, of which measure."""

    lists: Sequence[ListGiven]
    readers: Sequence[str]
    measures: Sequence[str]
    """Those read from images of a knee that the newest protocol takes."""


class Wish(NamedTuple):
    """What a form asks for."""

    measure: str
    reader: str
    purpose: Purpose


async def see_given(hands: Hands) -> Given | None:
    """What was handed out; None for who hands nothing out."""
    if not await may_everywhere(hands, HANDS_OUT):
        return None
    seat, context = hands.seat, hands.context
    async with at_clerk(hands.clerk, seat, HANDS_OUT) as connection:
        protocol = await correlating.newest_protocol(connection, context, seat.study_id)
        measuring = None if protocol is None else protocol.coming.measures
        names = () if measuring is None else sorted(measuring.names)
        known = [
            context.catalogue.measures[one] for one in names if one in context.catalogue.measures
        ]
        return Given(
            await store.list_lists_handed_out(connection, seat.study_id),
            await store.list_readers(connection, seat.study_id),
            [one.id for one in known if one.modality == "imaging" and one.per == "knee"],
        )


async def give(hands: Hands, wish: Wish) -> reading.Listed:
    """Hand a list out. Raises NotAllowedError, ReadListError."""
    await _demand(hands)
    seat = hands.seat
    what = reading.HandOut(wish.measure, wish.reader, seat.actor)
    act = reading.hand_out if wish.purpose == "read" else reading.hand_out_to_settle
    async with at_clerk(hands.clerk, seat, HANDS_OUT) as connection:
        return await act(connection, hands.context, seat.study_id, what)


async def get_key(hands: Hands, list_id: UUID) -> tuple[str, int]:
    """Which examination each pseudonym of a list is, as CSV, and how many lines it has.

    Raises NotAllowedError, NotHereError.
    """
    await _demand(hands)
    async with at_clerk(hands.clerk, hands.seat, HANDS_OUT) as connection:
        text = await reading.key_table(connection, hands.seat.study_id, list_id)
    lines = text.count("\n") - 1
    if not lines:
        raise NotHereError
    return text, lines


async def look_at_exams(hands: Hands, name: str, content: bytes) -> list[reading.LookedExam]:
    """What would become of each examination of a table. Raises NotAllowedError, TableFileError."""
    await _demand(hands)
    table = read_content(name, content)
    async with at_clerk(hands.clerk, hands.seat, HANDS_OUT) as connection:
        return await reading.look_at_exams(connection, hands.context, hands.seat.study_id, table)


async def bring_exams(hands: Hands, name: str, content: bytes) -> reading.ExamsBrought:
    """Keep the examinations of a table, all or none. Raises NotAllowedError, TableFileError."""
    await _demand(hands)
    seat = hands.seat
    table = read_content(name, content)
    async with at_clerk(hands.clerk, seat, HANDS_OUT) as connection:
        return await reading.bring_exams(
            connection, hands.context, seat.study_id, table, actor=seat.actor
        )


async def _demand(hands: Hands) -> None:
    """Refuse who does not keep the data of every site of the study."""
    if not await may_everywhere(hands, HANDS_OUT):
        raise NotAllowedError
