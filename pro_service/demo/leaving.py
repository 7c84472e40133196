"""What the demo's past leaves to do for whoever opens it, whatever day it is started.

Simulated staff work their lists empty, and on most days nobody has just fallen silent. So, at the
very end, some participants write what makes real work: of a warning sign, or that they feel unwell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.demo.habits import SIGN, UNWELL
from pro_service.demo.personas import Kind, Persona
from pro_service.demo.provider.fake import ProviderFake

MOST_UNWELL: Final = 3
_WELL_KNOWN: Final = (Kind.late, Kind.half, Kind.garbled, Kind.skips, Kind.corrects, Kind.link)
"""Of whom one may feel unwell: they take part and are reached, and no other story is theirs."""
_WRITERS: Final = (Kind.swollen, Kind.words)


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
