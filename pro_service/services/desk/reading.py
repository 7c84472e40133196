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
from pro_service.services.desk.actions import Hands, may_everywhere
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_clerk, at_desk
from pro_service.services.desk.sign_in import Whence
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.measuring import reading
from pro_service.services.study import Passwords
from pro_service.store.connection import Connection
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.frame import Frame
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.reads import OwnList, ReadsLock
from pro_service.tables import read_content


class ReadingRoom(NamedTuple):
    """What somebody finds in the room of reads."""

    lists: Sequence[OwnList]
    """Those handed out to them; none for who is no reader."""
    lock: ReadsLock | None
    """The last word on the lock, for who keeps data; None: there was none, or it is not theirs."""
    locks: bool
    """Whether they lock and unlock the reads, and hand them out: of all sites at once."""
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
        frame = await read_frame(connection, seat.study_id)
    may_lock = await may_everywhere(hands, Action.lock_reads)
    return ReadingRoom(lists, lock, may_lock, sites, frame)


async def get_list(hands: Hands, list_id: UUID) -> Sequence[tuple[str, int]]:
    """Pseudonym and sequence of a reader's own list. Raises NotHereError, NotAllowedError."""
    if not hands.seat.may_anywhere(Action.read_images):
        raise NotAllowedError
    async with at_desk(hands.desk, hands.seat) as connection:
        items = await store.list_own_items(connection, hands.seat.study_id, list_id)
    if not items:
        raise NotHereError
    return items


async def look_at(hands: Hands, name: str, content: bytes) -> reading.Taken:
    """What a file of the reader's would bring; nothing is kept.

    Of a file that cannot be handed in the findings are told all the same, for nobody knows when it
    will be mended. Raises NotAllowedError, TableFileError, ReadsFileError, ReadsLockedError.
    """
    handed = _handed(hands, name, content)
    measures, study_id = hands.context.catalogue.measures, hands.seat.study_id
    try:
        async with _begin(hands, Action.read_images) as connection:
            return await reading.look_at_reads(connection, measures, study_id, handed)
    except (reading.ReadsFileError, reading.ReadsLockedError):
        return await hand_in(hands, name, content)


async def hand_in(hands: Hands, name: str, content: bytes) -> reading.Taken:
    """Take a file of the reader's.

    Raises NotAllowedError, TableFileError, ReadsFileError, ReadsLockedError.
    """
    handed = _handed(hands, name, content)
    measures = hands.context.catalogue.measures
    return await reading.take_reads(
        lambda: _begin(hands, Action.read_images), measures, hands.seat.study_id, handed
    )


async def lock(hands: Hands, reason: str) -> None:
    """Lock the reads of the study. Raises NotAllowedError, ReadsLockError."""
    await _demand_study(hands)
    async with _begin(hands, Action.lock_reads) as connection:
        await reading.lock_reads(
            connection, hands.seat.study_id, actor=hands.seat.actor, reason=reason
        )


async def unlock(hands: Hands, passwords: Passwords, wish: UnlockWish, whence: Whence) -> None:
    """Sign that the reads are unlocked, once whoever signs has proven anew who they are.

    Raises NotAllowedError, ProofRefusedError, SecondStepError, SignInThrottledError,
    ReadsLockError.
    """
    await _demand_study(hands)
    seat = hands.seat
    await prove_again(hands.desk, passwords, hands.context.keys, seat, wish.proof, whence)
    async with _begin(hands, Action.lock_reads) as connection:
        await reading.unlock_reads(
            connection,
            seat.study_id,
            printed_name=wish.printed_name,
            actor=seat.actor,
            reason=wish.reason,
        )


def _handed(hands: Hands, name: str, content: bytes) -> reading.HandIn:
    if not hands.seat.may_anywhere(Action.read_images):
        raise NotAllowedError
    return reading.HandIn(name, content, read_content(name, content), hands.seat.actor)


def _begin(hands: Hands, action: Action) -> AbstractAsyncContextManager[Connection]:
    return at_clerk(hands.clerk, hands.seat, action)


async def _demand_study(hands: Hands) -> None:
    """Refuse who does not keep the data of each of the study's sites. Raises NotAllowedError."""
    if not await may_everywhere(hands, Action.lock_reads):
        raise NotAllowedError
