"""Erasing at the desk (R17, R15): looked at whole, signed by one who asks and another who does it.

The rules and the writes are those of `pro-service participant erase`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pro_service.domain.study.permissions import MAY, Action
from pro_service.services.base.notes import noted_in, open_note
from pro_service.services.base.turns import Who, Write
from pro_service.services.desk.account.proving import Proof, prove_again
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import NotHereError, at_desk, said, signed
from pro_service.services.desk.sign_in import Whence
from pro_service.services.desk.today import read_frame
from pro_service.services.study import Passwords
from pro_service.services.visits import ErasureLook, ErasureWish, look_at_erasure, sign_erasure
from pro_service.store.connection import Connection
from pro_service.store.desk import timeline
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.frame import Frame
from pro_service.store.notes import NoteRow
from pro_service.store.visits import erasures as store
from pro_service.store.visits.erasures import KeptWords
from pro_service.vault.places import INBOUND_BODY, WORDS
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError


class Kept(NamedTuple):
    """Words that outlived the key; None where they cannot be opened here."""

    row: KeptWords
    words: str | None


class ErasureRoom(NamedTuple):
    """What erasing somebody would do, or did."""

    place: Place
    look: ErasureLook
    others: int
    """How many others may do here what one asks for."""
    asked_reason: str | None
    """Why it was asked for; None: it was not, or cannot be read from here."""
    kept: Sequence[Kept]
    """Of who was erased, for who may open what is restricted."""
    frame: Frame


async def look(hands: Hands, code: str) -> ErasureRoom:
    """What would go and stay, how far it has come, and who else may do it.

    Raises NotHereError, NotAllowedError.
    """
    place = await find_place(hands, code, Action.erase)
    found = await look_at_erasure(hands.turn_of(place))
    others = await count_others(hands, place)
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        notes = await timeline.list_notes(connection, seat.study_id, place.participant_id)
        opened = {one.id: open_note(hands.context.keys.vault, one) for one in notes}
        asked = noted_in(found.seen.asked_reason)
        kept: list[Kept] = []
        if found.seen.erased_at is not None and seat.may(Action.open_restricted, place.site_id):
            kept = await _open_kept(hands, connection, place)
        frame = await read_frame(connection, seat.study_id)
    why = None if asked is None else opened.get(asked)
    return ErasureRoom(place, found, others, why, kept, frame)


async def sign(
    hands: Hands, passwords: Passwords, code: str, wish: ErasureWish, proof: Proof, whence: Whence
) -> bool:
    """Sign that somebody is erased; False: another person is asked to do it.

    Raises NotHereError, NotAllowedError, ReasonMissingError, ProofRefusedError, SecondStepError,
    SignInThrottledError, ErasureRefusedError, KeyGoneError, BusyError.
    """
    said(wish.reason)
    seat = hands.seat
    place = await find_place(hands, code, Action.erase)
    await prove_again(hands.desk, passwords, hands.context.keys, seat, proof, whence)

    def sign_write(note: NoteRow | None, write: Write) -> Write:
        return signed(seat, Action.erase, note, write)

    who: Who = hands.turn_of(place)._replace(signing=sign_write)
    return await sign_erasure(who, wish, actor=seat.actor)


async def count_others(hands: Hands, place: Place) -> int:
    """How many others may erase at the site where the participant is."""
    roles = sorted(MAY[Action.erase])
    return await store.count_others_who(
        hands.clerk, hands.seat.study_id, place.site_id, roles, hands.seat.actor
    )


async def find_certificate(hands: Hands, code: str) -> str:
    """The certificate of somebody who was erased. Raises NotHereError, NotAllowedError."""
    place = await find_place(hands, code, Action.erase)
    found = await store.get_erasure(hands.clerk, hands.seat.study_id, place.participant_id)
    if found.certificate is None:
        raise NotHereError
    return found.certificate


async def _open_kept(hands: Hands, connection: Connection, place: Place) -> list[Kept]:
    study_id = hands.seat.study_id
    await hands.context.keys.study_key(connection, study_id)
    rows = await store.list_kept_words(connection, study_id, place.participant_id)
    return [Kept(one, _open(hands, one)) for one in rows]


def _open(hands: Hands, one: KeptWords) -> str | None:
    column = WORDS if one.source == "note" else INBOUND_BODY
    try:
        return column.open(
            hands.context.keys.vault, one.words_sealed, key=one.words_key, row_id=one.id
        )
    except (DataKeyMissingError, SealBrokenError):
        return None
