"""Due nudges of many participants at once: read together, judged one by one, claimed together.

Each participant of a wave is guarded by their own revision: whoever's facts moved on meanwhile is
left out of the write and taken alone, and so is everybody if anything of the wave goes wrong. No
two who share a telephone are in one wave: what goes to one counts before the other is judged.

While a wave is decided and claimed the next one is read. Reading claims nothing, and whoever shares
a telephone with somebody in the wave before is read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.reaching.steps import by_step
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.calls import Calls
from pro_service.services.texting.composing import open_address
from pro_service.services.texting.due_list import DueList, Taken, fits
from pro_service.services.texting.lookups import Placed, Together
from pro_service.services.texting.reminders import (
    LEASE_SECONDS,
    Claimed,
    judged,
    outcomes,
    remind,
)
from pro_service.store.connection import Connection
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import ClaimOf, DueRow, WaveWrite

log = logging.getLogger("pro_service.work")


@dataclass
class Wave:
    """What came of a wave."""

    claimed: list[Claimed] = field(default_factory=list)
    """The texts to be sent; their leases run."""
    done: int = 0
    """Participants whose nudges were dealt with."""
    later: list[DueRow] = field(default_factory=list)
    """Who shares a telephone with somebody in the wave: they are for the next."""
    numbers: Set[str] = frozenset()
    """The telephones of those in it."""
    failed: bool = False
    """Nothing could be done about all of them together."""


class Reading(NamedTuple):
    """A wave whose facts are being read."""

    rows: list[DueRow]
    senders: Counter[UUID]
    facts: asyncio.Task[Mapping[tuple[UUID, UUID], ParticipantFacts]]
    used: Set[str] = frozenset()
    """Telephones of the wave that was not yet claimed when this reading began."""


@dataclass
class _Decided:
    """What the participants of a wave are to have, before it is written."""

    claims: list[ClaimOf] = field(default_factory=list)
    texts: dict[UUID, Claimed] = field(default_factory=dict)
    """The message of each claim that has one, by participant."""
    nothing_due: int = 0
    alone: list[UUID] = field(default_factory=list)
    """Who cannot be decided about from the visits in hand, or at all: taken alone, it shows."""


class _Seated(NamedTuple):
    """Who is in a wave, and who is for the next; who is in neither was not found."""

    placed: list[Placed]
    later: list[DueRow]


class Waves:
    """All who are due, wave after wave."""

    def __init__(
        self,
        connection: Connection,
        context: ServiceContext,
        due: DueList,
        go_on: Callable[[], bool],
    ) -> None:
        """Nothing is read yet; `go_on` is asked before each wave and each one taken alone."""
        self._connection = connection
        self._context = context
        self._due = due
        self._go_on = go_on
        self._calls = Calls(connection, context)
        self._ahead: Reading | None = None
        self._unused: list[asyncio.Task[Mapping[tuple[UUID, UUID], ParticipantFacts]]] = []

    async def run(self) -> int:
        """Deal with all of them, and wait for their texts; with how many it was."""
        done = 0
        try:
            while self._go_on():
                reading = self._next()
                if reading is not None:
                    done += await self._take(reading)
                elif self._due:
                    await self._calls.one_ended()
                else:
                    break
        finally:
            self._leave_ahead()
            # Nothing is cancelled on its way: what was read in vain is waited for.
            await asyncio.gather(*self._unused, return_exceptions=True)
            await self._calls.ended()
        return done

    def _next(self) -> Reading | None:
        """The wave whose turn it is; None: nobody can be taken now."""
        under_way = self._calls.under_way
        if self._ahead is not None and not fits(len(self._ahead.rows), under_way.total()):
            self._leave_ahead()
        ahead, self._ahead = self._ahead, None
        return ahead or self._read(self._due.take(under_way))

    def _read(self, taken: Taken) -> Reading | None:
        """Begin to read a wave; None where nobody is in it."""
        if not taken.rows:
            return None
        reading = self._context.reader.facts_of_many(self._connection, taken.rows, lean=True)
        return Reading(*taken, asyncio.create_task(reading))

    async def _take(self, reading: Reading) -> int:
        """Decide and claim a wave, and read the next one meanwhile."""
        busy = self._calls.under_way + reading.senders
        self._ahead = self._read(self._due.take(busy, to_read=True))
        wave = await remind_wave(self._connection, self._context, reading, self._go_on)
        if wave.failed:
            # Whose telephones they have is not known.
            self._leave_ahead()
        elif self._ahead is not None:
            self._ahead = self._ahead._replace(used=wave.numbers)
        self._due.put_back(wave.later)
        self._calls.begin(wave.claimed)
        return wave.done

    def _leave_ahead(self) -> None:
        """What was read ahead is too old: it is read again once it is its turn."""
        if self._ahead is not None:
            self._due.put_back(self._ahead.rows)
            self._unused.append(self._ahead.facts)
            self._ahead = None


async def remind_wave(
    connection: Connection, context: ServiceContext, reading: Reading, go_on: Callable[[], bool]
) -> Wave:
    """Give the nudges of a wave their outcomes; `go_on` is asked before each one taken alone."""
    try:
        wave, alone = await _together(connection, context, reading)
    except Exception as error:  # Whatever it was: one bad row must hold nobody up.
        log.warning("wave_failed", extra={"error": type(error).__name__})
        wave, alone = Wave(failed=True), reading.rows
    for row in alone:
        if not go_on():
            break
        try:
            claimed = await remind(connection, context, row.study_id, row.participant_id)
        except Exception as error:  # What the others' claims began must go on.
            # The row stays due and is met again in the next round.
            log.warning("row_failed", extra={"error": type(error).__name__})
            continue
        wave.done += 1
        wave.claimed += [claimed] if claimed is not None else []
    return wave


async def _together(
    connection: Connection, context: ServiceContext, reading: Reading
) -> tuple[Wave, list[DueRow]]:
    """Judge and claim as one; the rest are those to be taken alone."""
    seated = await _seat(connection, context, reading)
    lookups = Together(connection, context, seated.placed)
    await lookups.find_lines()
    decided = _Decided()
    for facts, *_ in seated.placed:
        await _decide(connection, lookups, facts, decided)
        # Deciding about many takes a while: other work of the process is let in between.
        await asyncio.sleep(0)
    done: set[UUID] = set()
    ends_at = asyncio.get_running_loop().time() + LEASE_SECONDS
    if decided.claims:
        study_id = reading.rows[0].study_id
        done = await reminders.claim_wave(connection, study_id, WaveWrite(decided.claims))
    texts = [text.until(ends_at) for one, text in decided.texts.items() if one in done]
    numbers = {one.number for one in seated.placed if one.number is not None}
    wave = Wave(texts, len(done) + decided.nothing_due, seated.later, numbers)
    found = {one.facts.id for one in seated.placed} | {row.participant_id for row in wave.later}
    left = {one.participant_id for one in decided.claims} - done | {*decided.alone}
    return wave, [
        row for row in reading.rows if row.participant_id in left or row.participant_id not in found
    ]


async def _seat(connection: Connection, context: ServiceContext, reading: Reading) -> _Seated:
    """Put one participant a telephone into the wave, and none of the telephones used meanwhile."""
    read = await reading.facts
    seated, numbers = _Seated([], []), set(reading.used)
    for row in reading.rows:
        facts = read.get((row.study_id, row.participant_id))
        if facts is None:
            continue
        protocol = await context.reader.protocol(
            connection, facts.study_id, facts.protocol_version_id
        )
        facts = by_step(facts, protocol, facts.now)
        contact = facts.contact
        number = None if contact is None else open_address(context, contact)
        if number is not None and number in numbers:
            seated.later.append(row)
            continue
        numbers |= {number} if number is not None else set()
        seated.placed.append(Placed(facts, contact, number))
    return seated


async def _decide(
    connection: Connection, lookups: Together, facts: ParticipantFacts, decided: _Decided
) -> None:
    """Judge one participant of a wave, and note what is to be written."""
    context = lookups.context
    try:
        protocol = await context.reader.protocol(
            connection, facts.study_id, facts.protocol_version_id
        )
        due = judged(context, lookups, facts, protocol)
        if due is None:
            decided.nothing_due += 1
            return
        claim, claimed = await outcomes(due)
    except ProServiceError:
        decided.alone.append(facts.id)
        return
    decided.claims.append(ClaimOf(participant_id=facts.id, revision=facts.revision, claim=claim))
    if claimed is not None:
        decided.texts[facts.id] = claimed
