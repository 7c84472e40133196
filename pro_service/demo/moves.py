"""Moving study time by hand: from one due instant to the next, and everything due is done."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from pro_service.demo.provider.fake import ProviderFake
from pro_service.domain.study.times import ONE_DAY, local_day, local_instant, zone
from pro_service.jobs import Worker
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.demo import phone
from pro_service.store.pools import connect
from pro_service.store.study import studies
from pro_service.store.texting import reminders

ACTOR: Final = "demo:phone"
MOST_DAYS: Final = 60
CALL_CHECK: Final = time(19, 0)
"""Each site's call list is brought up to date at least then, in its zone."""
MOST_ROUNDS: Final = 20


class Mover:
    """Moves the demo's study time; one move after the other."""

    def __init__(
        self, database_url: str, worker: Worker, provider: ProviderFake, study_id: UUID
    ) -> None:
        """Nothing moves yet."""
        self._url = database_url
        self._worker = worker
        self._provider = provider
        self._study_id = study_id
        self._turn = asyncio.Lock()

    async def to_next_event(self) -> datetime:
        """Move to what falls due next, and see it done; returns study time as it was before."""
        async with self._turn:
            operator = await connect(self._url, role="pro_operator", actor=ACTOR)
            try:
                began = await operations.get_study_time(operator)
                event = await phone.find_next_event(operator, self._study_id)
                await self._stop_at(operator, began if event is None else max(event.at, began))
                return began
            finally:
                await operator.close()

    async def by_days(self, days: int) -> datetime:
        """Move on by days, stopping wherever something is due; returns study time before."""
        async with self._turn:
            operator = await connect(self._url, role="pro_operator", actor=ACTOR)
            try:
                began = await operations.get_study_time(operator)
                await self._through(operator, began, began + timedelta(days=days))
                return began
            finally:
                await operator.close()

    async def _through(self, operator: Connection, began: datetime, until: datetime) -> None:
        zones = {site.zone for site in await studies.list_sites(operator, self._study_id)}
        checks = sorted(x for name in zones for x in evenings(name, began, until))
        while True:
            event = await phone.find_next_event(operator, self._study_id)
            stops = [until, *checks[:1]] + ([event.at] if event is not None else [])
            at = min(stops)
            checks = [check for check in checks if check > at]
            await self._stop_at(operator, at)
            if at >= until:
                return

    async def _stop_at(self, operator: Connection, at: datetime) -> None:
        """Study time is now `at`: remind, let the provider report, close, list who needs a call."""
        await operations.move_clock(operator, at)
        for _ in range(MOST_ROUNDS):
            await self._worker.settle("remind", "retry", "sweep")
            due_at = await reminders.next_due(operator)
            if due_at is None or due_at > at:
                break
        for _ in range(MOST_ROUNDS):
            if not await self._provider.drain():
                break
        await self._worker.settle("close", "call", "tell", "digest")


def evenings(zone_name: str, began: datetime, until: datetime) -> list[datetime]:
    """The instants of one zone at which call lists are looked at, after `began`, before `until`."""
    local = zone(zone_name)
    day, found = local_day(began, local), []
    while (at := local_instant(day, CALL_CHECK, local)) < until:
        if at > began:
            found.append(at)
        day += ONE_DAY
    return found
