"""Lists of Today that are looked up where they are kept, and derived where they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.statuses import STOPS_ASKING, STOPS_VISITS
from pro_service.services.desk.today.begun import Begun, tell_apart
from pro_service.store.desk.desk import list_unreached
from pro_service.store.desk.today import WeekAsked, list_begun, list_week

MOST: Final = 500


@dataclass(frozen=True)
class Lists:
    """What they say, row by row as text."""

    unreached: list[str]
    unsent: list[str]
    to_complete: list[str]
    totals: Mapping[str, int]
    week: list[str]


async def lists_of(
    superuser: asyncpg.Connection,
    study_id: UUID,
    sites: Sequence[UUID],
    instruments: Mapping[str, Instrument],
) -> Lists:
    """The lists as the desk of these sites reads them; in a transaction of a superuser's."""
    await superuser.execute("SET LOCAL ROLE pro_desk")
    await superuser.execute(
        "SELECT set_config('pro.site_ids', $1, true)", ",".join(map(str, sites))
    )
    now = await superuser.fetchval("SELECT pro.now()")
    week = WeekAsked(now + timedelta(days=7), timedelta(days=60), (), STOPS_ASKING, STOPS_VISITS)
    unreached = await list_unreached(superuser, study_id, (), MOST)
    begun = tell_apart(await list_begun(superuser, study_id, MOST), instruments)
    rows = await list_week(superuser, study_id, week, MOST)
    await superuser.execute("RESET ROLE")
    return Lists(
        _texts(unreached), _rows(begun.unsent), _rows(begun.to_complete), begun.totals, _texts(rows)
    )


async def derived_lists_of(
    superuser: asyncpg.Connection,
    study_id: UUID,
    sites: Sequence[UUID],
    instruments: Mapping[str, Instrument],
) -> Lists:
    """The same with nothing kept: the record alone is asked."""
    await superuser.execute("DELETE FROM pro.visit_outlooks WHERE study_id = $1", study_id)
    await superuser.execute("DELETE FROM pro.participant_outlooks WHERE study_id = $1", study_id)
    return await lists_of(superuser, study_id, sites, instruments)


def _rows(begun: Sequence[Begun]) -> list[str]:
    """Without what only says whether they are kept."""
    return _texts([one._replace(row=one.row._replace(kind=None, total=0)) for one in begun])


def _texts(rows: Sequence[Any]) -> list[str]:
    return sorted(repr(one) for one in rows)
