"""Somebody is looked for by what staff have at hand: a code, a number, or its last digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import phone
from pro_service.domain.tables.characters import same_hyphens, visible
from pro_service.domain.tables.codes import alike_pattern
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import numbers_meant
from pro_service.services.desk.listing.grid import MOST_NAMED
from pro_service.store.connection import Connection
from pro_service.store.desk import people
from pro_service.store.desk.people import Slice, Sought
from pro_service.vault.vault import TAIL_DIGITS

_NUMBER: Final = re.compile(r"[+\uff0b]?[\d\s().\u2013-]+")
_SHORTEST_NUMBER: Final = 7
"""Digits below which nothing is a whole number."""


class Looked(NamedTuple):
    """Who was found, and whether what was typed may have been a number."""

    codes: Sequence[str]
    """By code, at most `MOST_NAMED`."""
    may_be_number: bool
    """So it is nobody's to read: it belongs into no address and no log."""


async def look_for(
    connection: Connection, context: ServiceContext, study_id: UUID, typed: str
) -> Looked:
    """Those seen from here whose code has this in it, or whose number it is or ends as.

    A code is found whole as people say it too: k12 is K-0012. A whole number is taken as people say
    it, with or without its country's code; four digits may be the end of one, or part of a code.
    """
    text = " ".join(visible(same_hyphens(typed)).split())
    digits = "".join(one for one in text if one.isdecimal())
    number = _NUMBER.fullmatch(text) is not None and len(digits) >= TAIL_DIGITS
    if not text:
        return Looked((), may_be_number=False)
    wanted = Slice("code", 0, MOST_NAMED)
    sought = Sought(code=text, alike=alike_pattern(text))
    by_code = await people.find_people(connection, study_id, sought, wanted)
    codes = {one.code for one in by_code}
    if number:
        codes.update(await _by_number(connection, context, study_id, text, digits))
    return Looked(sorted(codes)[:MOST_NAMED], may_be_number=number)


async def _by_number(
    connection: Connection, context: ServiceContext, study_id: UUID, text: str, digits: str
) -> list[str]:
    vault = context.keys.vault
    indexes: list[bytes] = []
    tails: list[bytes] = []
    if len(digits) == TAIL_DIGITS:
        # Whatever the script they were typed in: the index is of ASCII digits.
        tails = vault.tail_indexes("".join(str(int(one)) for one in digits))
    elif len(digits) >= _SHORTEST_NUMBER:
        countries = await people.list_countries(connection, study_id)
        indexes = [
            index
            for meant in numbers_meant(text, countries)
            for _, index in vault.blind_indexes(phone(meant))
        ]
    if not (indexes or tails):
        return []
    return await people.find_numbered(connection, study_id, indexes, tails)
