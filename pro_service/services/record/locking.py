"""Locks (R14): visits are held for analysis as they stand; nothing else stops.

A lock holds the visits of its place that have closed and that the service has settled; what has
not is named, and can be locked later. In batches: a transaction takes the turns of at most `BATCH`
participants, so that whoever writes about one of them waits for moments and then decides anew.
Each visit is held from the instant of its batch. A command that was broken off is run again: it
goes on with what is not held yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.locks import Asked, LockRefusal, LockRefusedError, lifts_now
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import give_words
from pro_service.services.base.turns import Who
from pro_service.store.connection import Connection
from pro_service.store.record import locks as store
from pro_service.store.record.locks import LockPlace, LockPreview, LockRow, Scope

BATCH: Final = 100
"""Participants whose turns are taken at once."""
MOST_OCCURRENCES: Final = 32767
"""No visit is dated so often."""
NAMED: Final = 20
"""Visits that cannot be locked yet, told by name."""


class VisitLockedError(ProServiceError):
    """The visit is locked: this waits until it is unlocked."""


@dataclass(frozen=True)
class LockWish:
    """What is to be locked, by its codes: the study, if nothing is named."""

    site: str | None = None
    participant: str | None = None
    visit: tuple[str, int] | None = None
    """A visit of the participant: its definition and occurrence."""
    reason: str = field(default="", repr=False)

    @property
    def scope(self) -> Scope:
        """How wide it is."""
        if self.visit is not None:
            return "visit"
        if self.participant is not None:
            return "participant"
        return "study" if self.site is None else "site"


@dataclass(frozen=True)
class Keeper:
    """Who locks or unlocks, and how they write."""

    context: ServiceContext
    study_id: UUID
    actor: str
    begin: Callable[[], AbstractAsyncContextManager[Connection]]
    """A transaction of theirs."""


def visit_named(text: str) -> tuple[str, int]:
    """The definition and occurrence a visit is named by: week_2, or week_2:2 for the second.

    Raises LockRefusedError.
    """
    definition, _, number = text.strip().partition(":")
    if not definition or (number and not (number.isascii() and number.isdigit())):
        raise _unknown()
    return definition, min(int(number or 1), MOST_OCCURRENCES)


def _unknown() -> LockRefusedError:
    return LockRefusedError(
        LockRefusal.unknown,
        "There is no such site, participant or visit.",
        mend="Name a visit as the protocol does: week_2, or week_2:2 for the second.",
    )


class Lift(NamedTuple):
    """A signature under the lifting of a lock: the name as it is printed, and why."""

    printed_name: str
    reason: str


async def look_at_lock(
    connection: Connection, study_id: UUID, wish: LockWish
) -> tuple[LockPlace, LockPreview]:
    """What a lock would hold, and what not yet. Raises LockRefusedError for unknown codes."""
    place = await store.find_lock_place(
        connection, study_id, site=wish.site, participant=wish.participant, visit=wish.visit
    )
    named = zip(place, (wish.site, wish.participant, wish.visit), strict=True)
    if any(found is None and code is not None for found, code in named):
        raise _unknown()
    return place, await store.preview_lock(connection, study_id, place, NAMED)


async def set_lock(keeper: Keeper, wish: LockWish) -> LockPreview:
    """Lock what has closed; returns what was held, and what could not be.

    Raises LockRefusedError, KeyGoneError.
    """
    async with keeper.begin() as connection:
        place, found = await look_at_lock(connection, keeper.study_id, wish)
        if not found.participants:
            raise LockRefusedError(
                LockRefusal.not_closed,
                "Nothing of it has closed that is not locked.",
                mend=_still_open(found),
            )
        reason = await _reason(connection, keeper, place, wish.reason)
        by = (keeper.actor, reason)
        lock_id = await store.insert_lock(connection, keeper.study_id, wish.scope, place, by)
        held = await _hold(connection, keeper, lock_id, place, found.participants[:BATCH])
    for start in range(BATCH, len(found.participants), BATCH):
        async with keeper.begin() as connection:
            batch = found.participants[start : start + BATCH]
            held += await _hold(connection, keeper, lock_id, place, batch)
    return found._replace(visits=held)


async def _hold(
    connection: Connection,
    keeper: Keeper,
    lock_id: UUID,
    place: LockPlace,
    participants: Sequence[UUID],
) -> int:
    return await store.hold_visits(
        connection, keeper.study_id, lock_id, place, participants, actor=keeper.actor
    )


async def lift_lock(keeper: Keeper, lock: LockRow, lift: Lift) -> bool:
    """Sign that a lock is lifted: it is, or (False) another person is asked to lift it.

    What came meanwhile counts from then on. Raises LockRefusedError, KeyGoneError.
    """
    if not lift.printed_name.strip():
        raise LockRefusedError(LockRefusal.nameless, "A signature needs a name to print.")
    if lock.lifted_at is not None:
        raise LockRefusedError(LockRefusal.lifted, "The lock was lifted before.")
    asked = None
    if lock.asked_by is not None and lock.asked_at is not None:
        asked = Asked(lock.asked_by, lock.asked_at)
    lifts = lifts_now(lock.scope, asked, keeper.actor, lock.now)
    async with keeper.begin() as connection:
        place = LockPlace(lock.site_id, lock.participant_id)
        reason = await _reason(connection, keeper, place, lift.reason)
        held: Sequence[UUID] = ()
        if lifts:
            held = await store.list_held_participants(connection, keeper.study_id, lock.id)
            await store.take_turns(connection, keeper.study_id, held[:BATCH])
        signed = (lift.printed_name.strip(), keeper.actor, reason)
        step: store.Step = "lifted" if lifts else "asked"
        if not await store.insert_lift(connection, keeper.study_id, lock.id, step, signed):
            raise LockRefusedError(LockRefusal.lifted, "The lock was lifted before.")
    # It is lifted for all of them at that instant; their turns are taken a batch at a time, so that
    # nobody's answer waits for everybody's.
    for start in range(BATCH, len(held), BATCH):
        async with keeper.begin() as connection:
            await store.take_turns(connection, keeper.study_id, held[start : start + BATCH])
    return lifts


async def demand_unlocked(who: Who, assessment_id: UUID) -> None:
    """Refuse what would change a value of a locked visit. Raises VisitLockedError.

    In a decision, after its facts were read: locking moves their revision, so what was decided
    before is decided anew.
    """
    if await store.is_visit_locked(who.connection, who.study_id, who.participant_id, assessment_id):
        raise VisitLockedError


async def _reason(connection: Connection, keeper: Keeper, place: LockPlace, words: str) -> str:
    """Why, as it is kept: words about a participant are a note."""
    if place.participant_id is None:
        return words.strip()
    person = (keeper.context, keeper.study_id, place.participant_id)
    return (await give_words(connection, *person, words.strip())).reference


def _still_open(found: LockPreview) -> str | None:
    """What has not closed, by name, where that is why there is nothing to lock."""
    if not found.open:
        return None
    named = ", ".join(
        f"{one.code} {one.definition}{f':{one.occurrence}' if one.occurrence > 1 else ''}"
        for one in found.first_open
    )
    more = found.open - len(found.first_open)
    others = f" and {more} more" if more else ""
    return f"Not closed, or not settled by the service yet: {named}{others}."
