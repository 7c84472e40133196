"""Beside the list of work: the week that comes (R24), and what changed since one was last here.

Read in the desk's transaction (`at_desk`); each is one statement, whoever takes part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import STOPS_ASKING, STOPS_VISITS
from pro_service.domain.study.windows import longest_open
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import session_sha256
from pro_service.store.connection import Connection
from pro_service.store.desk import today as store
from pro_service.store.desk.today import ChangeRow, Changes, WeekAsked, WeekRow

WEEK: Final = timedelta(days=7)


class Week(NamedTuple):
    """What opens, what closes and who comes to the clinic in the week that comes."""

    rows: Sequence[WeekRow]
    totals: Mapping[str, int]
    """How many there are of each kind, also where not all rows were asked for."""
    protocols: Mapping[UUID, Protocol]


class Since(NamedTuple):
    """What changed since one was last here; nothing where one never was."""

    at: datetime | None
    rows: Sequence[ChangeRow]
    totals: Mapping[str, int]


async def read_protocols(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> dict[UUID, Protocol]:
    """The versions of the study's protocol there are, by their ids."""
    return {
        one: await context.reader.protocol(connection, study_id, one)
        for one in await store.list_versions(connection, study_id)
    }


async def read_week(
    connection: Connection, context: ServiceContext, study_id: UUID, now: datetime, most: int
) -> Week:
    """The week from now on, at most so many rows of each kind."""
    protocols = await read_protocols(connection, context, study_id)
    visits = [(one, each) for one, protocol in protocols.items() for each in protocol.visits]
    asked = WeekAsked(
        until=now + WEEK,
        longest=max((longest_open(each) for _, each in visits), default=timedelta()),
        clinic=[(one, each.id) for one, each in visits if each.in_clinic],
        unasked=STOPS_ASKING,
        unseen=STOPS_VISITS,
    )
    rows = await store.list_week(connection, study_id, asked, most)
    return Week(rows, {one.kind: one.total for one in rows}, protocols)


async def read_since(connection: Connection, seat: Seat, most: int) -> Since:
    """What changed since the end of the session before this one, at most so many of each kind."""
    found: Changes = await store.list_changes(
        connection, seat.study_id, session_sha256(seat), STOPS_ASKING, most
    )
    return Since(found.since, found.rows, Counter({one.kind: one.total for one in found.rows}))
