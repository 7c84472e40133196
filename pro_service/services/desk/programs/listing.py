"""Lists a program reads a page at a time, in one transaction under row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.facts import EventFacts, EventKind, Status, StatusFacts
from pro_service.domain.study.statuses import standing
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotHereError, at_desk
from pro_service.store.api import listed
from pro_service.store.api.listed import ListedAlert, ListedCall, ListedParticipant
from pro_service.store.desk.desk import list_desk_sites


class SeenParticipant(NamedTuple):
    """A participant, and where they stand."""

    row: ListedParticipant
    status: Status | None


async def list_participants(
    hands: Hands, after: str | None, site: str | None, most: int
) -> Sequence[SeenParticipant]:
    """Participants seen from the seat, by code, after one. Raises NotHereError for a site."""
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        if site is not None:
            known = await list_desk_sites(connection, study_id)
            if site not in {one.code for one in known}:
                raise NotHereError
        rows = await listed.list_participants_after(connection, study_id, after, site, most)
    return [_seen(row) for row in rows]


async def get_participant(hands: Hands, code: str) -> SeenParticipant:
    """One participant seen from the seat, by code, or by the id a webhook told.

    Raises NotHereError.
    """
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        told = _id_of(code)
        known = None if told is None else await listed.find_code(connection, study_id, told)
        rows = await listed.list_participants_after(
            connection, study_id, None, None, 1, just=known or code
        )
    if not rows:
        raise NotHereError
    return _seen(rows[0])


def _id_of(code: str) -> UUID | None:
    """The id an address names instead of a code."""
    try:
        return UUID(code)
    except ValueError:
        return None


async def list_alerts(hands: Hands, after: UUID | None, most: int) -> Sequence[ListedAlert]:
    """Alerts seen from the seat, after one."""
    async with at_desk(hands.desk, hands.seat) as connection:
        return await listed.list_alerts_after(connection, hands.seat.study_id, after, most)


async def list_calls(hands: Hands, after: UUID | None, most: int) -> Sequence[ListedCall]:
    """Calls seen from the seat, after one."""
    async with at_desk(hands.desk, hands.seat) as connection:
        return await listed.list_calls_after(connection, hands.seat.study_id, after, most)


def _seen(row: ListedParticipant) -> SeenParticipant:
    died = EventFacts(id=row.id, kind=EventKind.death, occurred_at=row.died_at)
    deaths = () if row.died_at is None else (died,)
    words = [
        StatusFacts.model_construct(status=Status(status), effective_at=since)
        for status, since in zip(row.statuses, row.since, strict=True)
    ]
    return SeenParticipant(row, standing(words, row.now, deaths).status)
