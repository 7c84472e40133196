"""The demo's mail to staff: letters stay here, and a page shows them; and the demo's rota."""

from __future__ import annotations

from collections import deque
from datetime import date, datetime, time
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.study.duty import EntryKind, RotaEntry
from pro_service.messaging.staff_mail import StaffLetter
from pro_service.services.base.context import ServiceContext
from pro_service.services.study import rota, told_at
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id

MOST_LETTERS: Final = 100
WORKING_DAYS: Final = frozenset(range(5))


class Received(NamedTuple):
    """A letter as it came in, and when (study time)."""

    letter: StaffLetter
    at: datetime


class DemoInbox:
    """Takes every letter to staff; the newest are kept while the demo runs, nothing goes out."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Keep where study time is read."""
        self._pool = pool
        self._received: deque[Received] = deque(maxlen=MOST_LETTERS)

    async def send(self, letter: StaffLetter) -> None:
        """Take a letter."""
        at = await operations.get_study_time(self._pool)
        self._received.appendleft(Received(letter, at))

    @property
    def received(self) -> tuple[Received, ...]:
        """What came in, newest first."""
        return tuple(self._received)


async def set_rota(
    operator: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    first: str,
    then: str,
    outside: str,
    since: date,
    actor: str,
) -> None:
    """All are told by mail; the first on working days, the next as deputy and at night.

    Weekends stay open, so that Today shows gaps: then whoever is outside the sites is told.
    """
    for login in (first, then, outside):
        email = f"{login}@hospital.example"
        await told_at.tell_at(operator, context, study_id, login=login, email=email, actor=actor)
    for site in await rota.read_rotas(operator, study_id):
        by_login = {login: person for person, login in site.staff.items()}
        day, night = (time(8), time(20)), (time(20), time(8))
        for hours, person, deputy in ((day, first, then), (night, then, None)):
            entry = RotaEntry(
                *(new_id(), EntryKind.shift, WORKING_DAYS, *hours),
                person=by_login[person],
                deputy=None if deputy is None else by_login[deputy],
                first_on=since,
                last_on=None,
            )
            await rota.add_entry(operator, study_id, site, entry, actor)
