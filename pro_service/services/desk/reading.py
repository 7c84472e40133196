"""Reads of images at the desk (R19): a reader's own lists and files, and the lock over all reads.

A reader sees nobody's record: of a list the pseudonyms and their order, and of a file what it
brought. The rules and the writes are those of `pro-service reads`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.account.proving import Proof, prove_again
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_clerk, at_desk
from pro_service.services.desk.sign_in import Whence
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.measuring.reading import (
    HandIn,
    Taken,
    lock_reads,
    look_at_reads,
    take_reads,
    unlock_reads,
)
from pro_service.services.study import Passwords
from pro_service.store.connection import Connection
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.frame import Frame
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.reads import OwnList, ReadsLock
from pro_service.store.study.studies import list_sites as list_all_sites
from pro_service.tables import read_content


class ReadingRoom(NamedTuple):
    """What somebody finds in the room of reads."""

    lists: Sequence[OwnList]
    """Those handed out to them; none for who is no reader."""
    lock: ReadsLock | None
    """The last word on the lock, for who keeps data; None: there was none, or it is not theirs."""
    sites: Sequence[DeskSite]
    frame: Frame


@dataclass(frozen=True)
class UnlockWish:
    """What a form signs: that the reads are unlocked."""

    printed_name: str
    reason: str = field(repr=False)
    proof: Proof = field(repr=False)


async def see_room(hands: Hands) -> ReadingRoom:
    """A reader's lists, and whether the reads are locked. Raises NotAllowedError."""
    seat = hands.seat
    reads = seat.may_anywhere(Action.read_images)
    locks = seat.may_anywhere(Action.lock_reads)
    if not reads and not locks:
        raise NotAllowedError
    async with at_desk(hands.desk, seat) as connection:
        lists = await store.list_own_lists(connection, seat.study_id) if reads else []
        lock = await store.get_reads_lock(connection, seat.study_id) if locks else None
        sites = await list_sites(connection, seat.study_id)
        return ReadingRoom(lists, lock, sites, await read_frame(connection, seat.study_id))


async def get_list(hands: Hands, list_id: UUID) -> Sequence[tuple[str, int]]:
    """Pseudonym and sequence of a reader's own list. Raises NotHereError, NotAllowedError."""
    if not hands.seat.may_anywhere(Action.read_images):
        raise NotAllowedError
    async with at_desk(hands.desk, hands.seat) as connection:
        items = await store.list_own_items(connection, hands.seat.study_id, list_id)
    if not items:
        raise NotHereError
    return items


async def hand_in(hands: Hands, name: str, content: bytes, *, preview: bool) -> Taken:
    """Take a file of the reader's, or say what it would bring.

    Raises NotAllowedError, TableFileError, ReadsFileError, ReadsLockedError.
    """
    seat = hands.seat
    if not seat.may_anywhere(Action.read_images):
        raise NotAllowedError
    handed = HandIn(name, content, read_content(name, content), seat.actor)
    measures = hands.context.catalogue.measures
    if preview:
        async with _begin(hands, Action.read_images) as connection:
            return await look_at_reads(connection, measures, seat.study_id, handed)
    return await take_reads(
        lambda: _begin(hands, Action.read_images), measures, seat.study_id, handed
    )


async def lock(hands: Hands, reason: str) -> None:
    """Lock the reads of the study. Raises NotAllowedError, ReadsLockError."""
    await _demand_study(hands)
    async with _begin(hands, Action.lock_reads) as connection:
        await lock_reads(connection, hands.seat.study_id, actor=hands.seat.actor, reason=reason)


async def unlock(hands: Hands, passwords: Passwords, wish: UnlockWish, whence: Whence) -> None:
    """Sign that the reads are unlocked, once whoever signs has proven anew who they are.

    Raises NotAllowedError, ProofRefusedError, SecondStepError, SignInThrottledError,
    ReadsLockError.
    """
    await _demand_study(hands)
    seat = hands.seat
    await prove_again(hands.desk, passwords, hands.context.keys, seat, wish.proof, whence)
    async with _begin(hands, Action.lock_reads) as connection:
        await unlock_reads(
            connection,
            seat.study_id,
            printed_name=wish.printed_name,
            actor=seat.actor,
            reason=wish.reason,
        )


def _begin(hands: Hands, action: Action) -> AbstractAsyncContextManager[Connection]:
    return at_clerk(hands.clerk, hands.seat, action)


async def _demand_study(hands: Hands) -> None:
    """Refuse who does not keep the data of each of the study's sites. Raises NotAllowedError."""
    every = await list_all_sites(hands.clerk, hands.seat.study_id)
    if not all(hands.seat.may(Action.lock_reads, one.id) for one in every):
        raise NotAllowedError
