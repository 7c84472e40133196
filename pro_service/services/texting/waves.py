"""Due nudges of many participants at once: read together, judged one by one, claimed together.

Each participant of a wave is guarded by their own revision: whoever's facts moved on meanwhile is
left out of the write and taken alone, and so is everybody if anything of the wave goes wrong. No
two who share a telephone are in one wave: what goes to one counts before the other is judged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.reaching.steps import by_step
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.composing import open_number
from pro_service.services.texting.due_list import Taken
from pro_service.services.texting.lookups import Placed, Together
from pro_service.services.texting.reminders import Claimed, judged, outcomes, remind
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


async def remind_wave(
    connection: Connection, context: ServiceContext, taken: Taken, go_on: Callable[[], bool]
) -> Wave:
    """Give the nudges of a wave their outcomes; `go_on` is asked before each one taken alone."""
    try:
        wave, alone = await _together(connection, context, taken)
    except Exception as error:  # Whatever it was: one bad row must hold nobody up.
        log.warning("wave_failed", extra={"error": type(error).__name__})
        wave, alone = Wave(), taken.rows
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
    connection: Connection, context: ServiceContext, taken: Taken
) -> tuple[Wave, list[DueRow]]:
    """Read, judge and claim as one; the rest are those to be taken alone."""
    seated = await _seat(connection, context, taken.rows)
    lookups = Together(connection, context, seated.placed)
    await lookups.find_lines()
    decided = _Decided()
    for facts, _ in seated.placed:
        await _decide(connection, lookups, facts, decided)
        # Deciding about many takes a while: other work of the process is let in between.
        await asyncio.sleep(0)
    done: set[UUID] = set()
    if decided.claims:
        study_id = taken.rows[0].study_id
        done = await reminders.claim_wave(connection, study_id, WaveWrite(decided.claims))
    texts = [text for one, text in decided.texts.items() if one in done]
    wave = Wave(texts, len(done) + decided.nothing_due, seated.later)
    found = {facts.id for facts, _ in seated.placed} | {row.participant_id for row in wave.later}
    left = {one.participant_id for one in decided.claims} - done | {*decided.alone}
    return wave, [
        row for row in taken.rows if row.participant_id in left or row.participant_id not in found
    ]


async def _seat(connection: Connection, context: ServiceContext, rows: Sequence[DueRow]) -> _Seated:
    """Read everybody's facts, and put one participant a telephone into the wave."""
    read = await context.reader.facts_of_many(connection, rows, lean=True)
    seated, numbers = _Seated([], []), set[str]()
    for row in rows:
        facts = read.get((row.study_id, row.participant_id))
        if facts is None:
            continue
        protocol = await context.reader.protocol(
            connection, facts.study_id, facts.protocol_version_id
        )
        facts = by_step(facts, protocol, facts.now)
        number = open_number(context, facts)
        if number is not None and number in numbers:
            seated.later.append(row)
            continue
        numbers |= {number} if number is not None else set()
        seated.placed.append(Placed(facts, number))
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
