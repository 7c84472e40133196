"""Who is due, handed out in waves: of each of our addresses no more than it can send in time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import inf
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.rules import TEXTS_A_SECOND
from pro_service.store.connection import Connection
from pro_service.store.texting import sending
from pro_service.store.texting.reminders import DueRow
from pro_service.store.texting.sending import SenderOf

WAVE: Final = 100
"""Participants at most in a wave: their answers wait while its claims are written."""
AT_ONCE: Final = 2 * WAVE
"""Texts claimed and not yet handed over, at most: as many as the gateways make calls at once."""
AHEAD: Final = timedelta(seconds=10)
"""How long an address may need for the texts claimed for it (machine time): no claim waits longer
for its turn than its lease allows."""


class Taken(NamedTuple):
    """One wave, of one study."""

    rows: list[DueRow]
    senders: Counter[UUID]
    """How many of their texts would go out from each of our addresses."""


class DueList:
    """Participants with a nudge due, longest due first; `providers` are those in use."""

    def __init__(self, rows: Sequence[DueRow], providers: Sequence[str]) -> None:
        """Keep the rows; `find_senders` before the first wave."""
        self._rows = list(rows)
        self._providers = list(providers)
        self._senders: dict[UUID, SenderOf] = {}

    def __bool__(self) -> bool:
        """Whether anybody is left."""
        return bool(self._rows)

    async def find_senders(self, connection: Connection) -> None:
        """Learn which of our addresses speaks for whom: one statement a study."""
        people: dict[UUID, list[UUID]] = defaultdict(list)
        for row in self._rows:
            people[row.study_id].append(row.participant_id)
        for study_id, ids in people.items():
            for one in await sending.list_senders_of(connection, study_id, ids, self._providers):
                self._senders[one.participant_id] = one

    def take(self, under_way: Counter[UUID], *, to_read: bool = False) -> Taken:
        """The next wave; nobody while all who are due wait for addresses that are busy.

        `under_way` counts the texts claimed and not yet handed over, by our address. `to_read`: to
        be read only; whether so many may be claimed (`fits`) is asked once it is their turn.
        """
        left: list[DueRow] = []
        taken: list[DueRow] = []
        room: dict[UUID, float] = {}
        places = WAVE if to_read else min(WAVE, _free(AT_ONCE, under_way.total()))
        for row in self._rows:
            sender = self._senders.get(row.participant_id)
            if sender is not None and sender.id not in room:
                room[sender.id] = self._room(sender, under_way[sender.id])
            full = len(taken) >= places or (sender is not None and room[sender.id] < 1)
            if full or row.study_id != (taken or self._rows)[0].study_id:
                left.append(row)
                continue
            taken.append(row)
            if sender is not None:
                room[sender.id] -= 1
        self._rows = left
        spoken_for = (self._senders.get(row.participant_id) for row in taken)
        return Taken(taken, Counter(one.id for one in spoken_for if one is not None))

    def put_back(self, rows: Sequence[DueRow]) -> None:
        """Let these be in the next wave."""
        self._rows = [*rows, *self._rows]

    def _room(self, sender: SenderOf, used: int) -> float:
        """How many texts may be claimed for an address now, beside those under way."""
        pace = sender.per_second or TEXTS_A_SECOND.get(sender.provider)
        return inf if pace is None else _free(max(1.0, pace * AHEAD.total_seconds()), used)


def fits(taken: int, under_way: int) -> bool:
    """Whether so many texts may be claimed beside those under way."""
    return taken + under_way <= AT_ONCE


def _free(most: float, used: int) -> float:
    """What may be claimed now: nothing before half is free, so that waves do not become small."""
    return most - used if 2 * used <= most else 0
