"""A large study of which all outlooks are kept, and the pages the desk's statements touch there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from pro_service.store.pools import connect
from pro_service.store.sql_files import load_queries
from pro_service.store.visits.outlooks import refresh_outlooks
from tests.support.large import PARTICIPANTS, SITES, LargeStudy, row_id
from tests.support.large.plans import PLANNING, explain, pages_touched

ITEMS = {"womac-nrs-3.1": 24, "pain-nrs": 1}
"""How many questions each instrument of the study has."""
_AT_ONCE = 200


@dataclass(frozen=True)
class Kept:
    """The large study with all outlooks kept, as somebody of the whole study sees it."""

    url: str
    study: LargeStudy

    async def desk(self) -> asyncpg.Connection:
        """A connection of its own: explaining forgets whatever one had prepared."""
        desk = await connect(self.url, role="pro_desk", actor="test:plans")
        sites = ",".join(str(row_id(SITES, number)) for number in range(1, 5))
        await desk.execute("SELECT set_config('pro.site_ids', $1, false)", sites)
        return desk

    async def pages(self, place: str, name: str, values: tuple[Any, ...]) -> tuple[int, int]:
        """Pages touched and rows found: planned anew, and as a plan kept for any values."""
        worst, rows = 0, 0
        for planning in PLANNING:
            desk = await self.desk()
            try:
                plan = (await explain(desk, load_queries(place)[name], values, planning))["Plan"]
            finally:
                await desk.close()
            worst, rows = max(worst, pages_touched(plan)), plan["Actual Rows"]
        return worst, rows


async def keep(url: str, study: LargeStudy) -> Kept:
    """The worker comes by everybody, and the tables are as large as if that were the first time."""
    worker = await connect(url, role="pro_worker", actor="test:worker")
    for first in range(1, study.participants, _AT_ONCE):
        batch = [row_id(PARTICIPANTS, number) for number in range(first, first + _AT_ONCE)]
        await refresh_outlooks(worker, study.study_id, batch, ITEMS)
    await worker.close()
    superuser = await asyncpg.connect(url)
    for how in ("FULL", "ANALYZE"):  # What an earlier module's rows left would be pages to this.
        await superuser.execute(f"VACUUM ({how}) pro.visit_outlooks, pro.participant_outlooks")
    await superuser.close()
    return Kept(url, study)
