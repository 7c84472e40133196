"""What the demo's past leaves to do for whoever opens it, whatever day it is started.

Simulated staff work their lists empty, and on most days nobody has just fallen silent. So, in the
last hour, a few things happen that make real work: a sign is written of, somebody feels unwell, and
a new number waits to be confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.demo.habits import SIGN, UNWELL
from pro_service.demo.personas import Kind, Persona
from pro_service.demo.provider.fake import ProviderFake
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Who
from pro_service.services.texting.numbers import change_number
from pro_service.store.connection import Connection


class Place(NamedTuple):
    """Where it happens, and who writes it down."""

    context: ServiceContext
    study_id: UUID
    actor: str


MOST_UNWELL: Final = 2
_WELL_KNOWN: Final = (Kind.late, Kind.half, Kind.garbled, Kind.skips, Kind.corrects, Kind.link)
"""Of whom one may feel unwell: they take part and are reached, and no other story is theirs."""
_WRITERS: Final = (Kind.swollen, Kind.words)
_NEW_NUMBER: Final = "the clinic was given another number at the last visit"


async def write_to_staff(personas: Sequence[Persona], provider: ProviderFake) -> None:
    """One participant writes of a warning sign: an alert; others feel unwell: calls to make."""
    writer = next((one for one in personas if one.kind in _WRITERS), personas[0])
    await provider.phone_sends(writer.phone, writer.our_address, SIGN[writer.language])
    phones = [one.phone for one in personas]
    unwell = [
        one
        for kind in _WELL_KNOWN
        for one in personas
        if one.kind is kind and one.phone != writer.phone and phones.count(one.phone) == 1
    ]
    for one in unwell[:MOST_UNWELL]:
        await provider.phone_sends(one.phone, one.our_address, UNWELL[one.language])


async def give_new_number(
    people: Sequence[tuple[Persona, UUID]], operator: Connection, place: Place
) -> None:
    """Somebody who was never reached gets another number: it is to be confirmed by a call.

    `people` are the participants with their ids.
    """
    found = next(((one, found) for one, found in people if one.kind is Kind.never), None)
    if found is None:
        return
    silent, participant_id = found
    taken = {one.phone for one, _ in people}
    numbers = (f"{silent.phone[:-2]}{ending:02}" for ending in range(99, -1, -1))
    number = next(one for one in numbers if one not in taken)
    who = Who(operator, place.context, place.study_id, participant_id)
    await change_number(who, number, place.actor, _NEW_NUMBER)
