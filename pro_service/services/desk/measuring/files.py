"""A file of values at the desk: of participants who are now where this seat may bring them in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import at_clerk, at_desk, said
from pro_service.services.measuring import (
    Bringer,
    BroughtFile,
    LookedFile,
    bring_values,
    look_at_file,
    may_see_measures,
)
from pro_service.store.measuring.keeping import MeasuredPerson, list_measured_people

MOST_ROWS: Final = 5000
"""Rows of one file at the desk; a longer one is the operator's: `pro-service measure import`."""


class TooManyValuesError(ProServiceError):
    """The file has more rows than are brought in at the desk at once."""


async def look(hands: Hands, file: BroughtFile) -> LookedFile:
    """What would become of each row. Raises FileEmptyError, TooManyValuesError."""
    _demand_size(file)
    return await look_at_file(_bringer(hands), file)


async def bring(hands: Hands, file: BroughtFile, reason: str) -> LookedFile:
    """Keep the values of a file, all or none.

    Raises FileEmptyError, TooManyValuesError, ReasonMissingError, ValuesRefusedError.
    """
    _demand_size(file)
    return await bring_values(_bringer(hands), file, said(reason))


def _demand_size(file: BroughtFile) -> None:
    if len(file.rows) > MOST_ROWS:
        raise TooManyValuesError


def _bringer(hands: Hands) -> Bringer:
    seat = hands.seat
    sites: dict[str, UUID | None] = {}

    async def find_people(codes: Collection[str]) -> Mapping[str, MeasuredPerson]:
        async with at_desk(hands.desk, seat) as connection:
            people = await list_measured_people(connection, seat.study_id, codes)
        sites.update((code, one.site_id) for code, one in people.items())
        return {
            code: one
            for code, one in people.items()
            if seat.may(Action.import_measures, one.site_id)
        }

    def may_see(protocol: Protocol, code: str) -> bool:
        here = sites.get(code)
        roles = {one.role for one in seat.staff.assignments if one.site_id == here}
        return may_see_measures(protocol, roles)

    return Bringer(
        context=hands.context,
        study_id=seat.study_id,
        actor=seat.actor,
        connection=hands.clerk,
        find_people=find_people,
        begin=lambda: at_clerk(hands.clerk, seat, Action.import_measures),
        may_see=may_see,
    )
