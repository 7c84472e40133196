"""Locks at the desk (R14, R15): looked at first, set by who keeps data, lifted by signatures.

The rules and the writes are those of `pro-service lock`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Words
from pro_service.domain.locks import TWO_PERSONS
from pro_service.domain.study.permissions import MAY, Action
from pro_service.services.base.notes import noted_in, open_note
from pro_service.services.desk.account.proving import Proof, prove_again
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.listing.grid import read_definitions
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_clerk, at_desk, said
from pro_service.services.desk.sign_in import Whence
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.record import Keeper, Lift, LockWish, lift_lock, look_at_lock, set_lock
from pro_service.services.study import Passwords
from pro_service.store.connection import Connection
from pro_service.store.desk import timeline
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.frame import Frame
from pro_service.store.record import locks as store
from pro_service.store.record.locks import Arrived, LockPreview, LockRow
from pro_service.store.study.studies import list_sites as list_all_sites
from pro_service.store.visits.erasures import count_others_who

MOST_ARRIVED: Final = 50
"""Visits for which something came while they are locked, told by name."""


@dataclass(frozen=True)
class LiftWish:
    """What a form signs: that a lock is lifted, or asked to be."""

    lock_id: UUID
    printed_name: str
    reason: str = field(repr=False)
    proof: Proof = field(repr=False)


class LockRoom(NamedTuple):
    """The locks that are seen from a seat."""

    locks: Sequence[LockRow]
    words: Mapping[UUID, str | None]
    """What staff wrote, by note; None where it could not be opened."""
    sites: Sequence[DeskSite]
    arrived: Sequence[Arrived]
    """What came for visits while they are locked, the latest first."""
    alone: frozenset[UUID]
    """Locks two persons lift of which nobody else could lift what whoever looks asked for."""
    definitions: Mapping[str, Words]
    """Visits with their labels by language."""
    frame: Frame


class LockLook(NamedTuple):
    """What a wish would lock; nothing is locked yet."""

    wish: LockWish
    found: LockPreview
    definitions: Mapping[str, Words]
    """Visits with their labels by language."""
    frame: Frame


async def list_locks(hands: Hands) -> LockRoom:
    """The locks seen from here, the newest first."""
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat) as connection:
        locks = await store.list_locks(connection, study_id)
        about = {one.participant_id for one in locks if one.participant_id is not None}
        vault = hands.context.keys.vault
        words = {
            note.id: open_note(vault, note)
            for participant_id in sorted(about)
            for note in await timeline.list_notes(connection, study_id, participant_id)
        }
        sites = await list_sites(connection, study_id)
        arrived = await store.list_arrived(connection, study_id, MOST_ARRIVED)
        alone = await _alone(hands, connection, locks)
        definitions = await read_definitions(connection, hands.context, study_id)
        frame = await read_frame(connection, study_id)
        return LockRoom(locks, words, sites, arrived, alone, definitions, frame)


async def _alone(hands: Hands, connection: Connection, locks: Sequence[LockRow]) -> frozenset[UUID]:
    """The locks for whose lifting there is no second person."""
    waiting = [one for one in locks if one.scope in TWO_PERSONS and one.lifted_at is None]
    others = {
        site_id: await count_others(connection, hands.seat.study_id, site_id, hands.seat.actor)
        for site_id in {one.site_id for one in waiting}
    }
    return frozenset(one.id for one in waiting if others[one.site_id] == 0)


async def count_others(
    connection: Connection, study_id: UUID, site_id: UUID | None, but: str
) -> int:
    """How many others than `but` may lift a lock of a site, or (None) of the study."""
    roles = sorted(MAY[Action.unlock_data])
    return await count_others_who(connection, study_id, site_id, roles, but)


def said_of(room: LockRoom, kept: str | None) -> str | None:
    """Why, as it was written; None where it cannot be read from here."""
    note = noted_in(kept)
    return kept if note is None else room.words.get(note)


async def preview_lock(hands: Hands, wish: LockWish) -> LockLook:
    """What would be locked, and what not yet.

    Raises NotHereError, NotAllowedError, ReasonMissingError, LockRefusedError.
    """
    said(wish.reason)
    await _demand(hands, wish, Action.lock_data)
    study_id = hands.seat.study_id
    _, found = await look_at_lock(hands.clerk, study_id, wish)
    async with at_desk(hands.desk, hands.seat) as connection:
        definitions = await read_definitions(connection, hands.context, study_id)
        return LockLook(wish, found, definitions, await read_frame(connection, study_id))


async def lock(hands: Hands, wish: LockWish) -> LockPreview:
    """Lock what has closed.

    Raises NotHereError, NotAllowedError, ReasonMissingError, LockRefusedError, KeyGoneError.
    """
    said(wish.reason)
    await _demand(hands, wish, Action.lock_data)
    return await set_lock(_keeper(hands, Action.lock_data), wish)


async def lift(hands: Hands, passwords: Passwords, wish: LiftWish, whence: Whence) -> bool:
    """Sign that a lock is lifted; False: another person is asked to lift it.

    Raises NotHereError, NotAllowedError, ReasonMissingError, ProofRefusedError,
    SecondStepError, SignInThrottledError, LockRefusedError, KeyGoneError.
    """
    reason = said(wish.reason)
    async with at_desk(hands.desk, hands.seat) as connection:
        seen = await store.list_locks(connection, hands.seat.study_id)
    found = next((one for one in seen if one.id == wish.lock_id), None)
    if found is None:
        raise NotHereError
    of = LockWish(site=found.site, participant=found.participant)
    await _demand(hands, of, Action.unlock_data)
    keys = hands.context.keys
    await prove_again(hands.desk, passwords, keys, hands.seat, wish.proof, whence)
    signed = Lift(wish.printed_name, reason)
    return await lift_lock(_keeper(hands, Action.unlock_data), found, signed)


async def _demand(hands: Hands, wish: LockWish, action: Action) -> None:
    """Refuse a place that is not theirs to lock: the study is theirs who may at each of its sites.

    Raises NotHereError, NotAllowedError.
    """
    seat = hands.seat
    if wish.participant is not None:
        await find_place(hands, wish.participant, action)
        return
    if wish.site is None:
        every = await list_all_sites(hands.clerk, seat.study_id)
        if not all(seat.may(action, one.id) for one in every):
            raise NotAllowedError
        return
    async with at_desk(hands.desk, seat) as connection:
        sites = await list_sites(connection, seat.study_id)
    place = next((one.id for one in sites if one.code == wish.site), None)
    if place is None:
        raise NotHereError
    seat.demand(action, place)


def _keeper(hands: Hands, action: Action) -> Keeper:
    """The member of staff as they write: a transaction of the clerk's each time."""
    seat = hands.seat
    return Keeper(
        hands.context, seat.study_id, seat.actor, lambda: at_clerk(hands.clerk, seat, action)
    )
