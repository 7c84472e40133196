"""A participant's turn: read, decide, write, and again if somebody else was quicker.

Every write about a participant goes through this loop, whoever asks for it: a page, a text, a
worker, staff. Deciding happens with no transaction open; the write is one guarded statement, or a
few in one short transaction, that does nothing unless the facts are still those decided from.

Two errors of a write mean "look again", and no others:

- StaleRevisionError: the participant's facts moved on between reading and writing. A decision made
  from the new ones may be another.
- DuplicateError: the very thing to be stored has been stored meanwhile (a second copy of a request,
  the same line, call or dedupe key). The next reading shows it, and there is usually nothing left
  to write.

Both undo the whole write, so trying again never doubles anything. Everything else is the caller's
to hear of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.reader import lean_first
from pro_service.store.connection import Connection, DuplicateError, Guard, StaleRevisionError
from pro_service.store.notes import NoteRow

TRIES: Final = 5
"""How often a write decided from facts that moved on is decided anew before giving up."""
T = TypeVar("T")
D = TypeVar("D")


class BusyError(ProServiceError):
    """Too much changed at once; nothing was written. Please try again."""


@dataclass(frozen=True)
class Decision(Generic[T]):
    """What one reading led to: the result, and the write it needs (None: nothing to write)."""

    result: T
    write: Callable[[], Awaitable[object]] | None = None


async def until_written(decide: Callable[[], Awaitable[Decision[T]]]) -> T:
    """Let `decide` read and decide, then write, until nobody comes in between. Raises BusyError.

    `decide` must read anew each time it is called.
    """
    refused: Exception | None = None
    for _ in range(TRIES):
        decision = await decide()
        if decision.write is None:
            return decision.result
        try:
            await decision.write()
        except (StaleRevisionError, DuplicateError) as error:
            refused = error
            continue
        return decision.result
    raise BusyError from refused


Write: TypeAlias = Callable[[Connection, Guard], Awaitable[object]]
"""A guarded write, ready but for the connection and the guard it is run with."""
Signing: TypeAlias = Callable[[NoteRow | None, Write], Write]
"""How a write of staff's is signed: with name and sites, and the note that says why, if any."""


class Who(NamedTuple):
    """Whose turn it is, over which connection it is read and written, and how it is signed."""

    connection: Connection
    context: ServiceContext
    study_id: UUID
    participant_id: UUID
    signing: Signing | None = None
    """At the desk the clerk's; None: the note is kept in the transaction of the write."""


@dataclass(frozen=True)
class Plan(Generic[T]):
    """What a participant's facts led to: the result, and the write (None: nothing to write)."""

    result: T
    write: Write | None = None


def writing(statement: Callable[[Connection, Guard, D], Awaitable[object]], document: D) -> Write:
    """The write of one document by one statement of the store."""

    def write(connection: Connection, guard: Guard) -> Awaitable[object]:
        return statement(connection, guard, document)

    return write


def one_after_the_other(steps: Sequence[Write]) -> Write:
    """Several guarded writes of one turn: each takes the turn after the one before."""

    async def write(lent: Connection, guard: Guard) -> None:
        for number, step in enumerate(steps):
            await step(lent, guard._replace(revision=guard.revision + number))

    return write


async def turn(
    who: Who,
    decide: Callable[[ParticipantFacts, Protocol], Awaitable[Plan[T]]],
    *,
    lean: bool = False,
) -> T:
    """Decide from a participant's facts and protocol, and write that. Raises BusyError.

    `lean`: from the visits in hand, as far as they go; what needs more is decided from all.
    Raises UnknownParticipantError, and whatever `decide` raises.
    """

    async def decided(*, lean: bool) -> tuple[ParticipantFacts, Plan[T]]:
        facts = await who.context.reader.facts(
            who.connection, who.study_id, who.participant_id, lean=lean
        )
        protocol = await who.context.reader.protocol(
            who.connection, who.study_id, facts.protocol_version_id
        )
        return facts, await decide(facts, protocol)

    async def once() -> Decision[T]:
        facts, plan = await (lean_first(decided) if lean else decided(lean=False))
        write = plan.write
        if write is None:
            return Decision(plan.result)
        guard = Guard(facts.study_id, facts.id, facts.revision)
        return Decision(plan.result, lambda: write(who.connection, guard))

    return await until_written(once)
