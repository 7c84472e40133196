"""Printed cards: what stands on one, and a new one in place of one that was lost.

A card holds two ways in: its picture, a token made like a link's from the card's id, and the code
typed at the fixed address. A new card comes with a new code; both ways of the old one end with it,
and so does every session they opened.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from pro_service.domain.delivery.senders import as_shown
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import start_of
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import give_words
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.base.turns import BusyError, Decision, until_written
from pro_service.store.cards import cards as store
from pro_service.store.cards.cards import CardHolder, CardWrite, ShowingRow, ShownCard, ShownTo
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.writes import CardRow
from pro_service.vault.codes import grouped, new_code

CODE_PATH: Final = "/c"
SHOWN_FOR: Final = timedelta(minutes=10)
"""How long a card stays shown to whoever asked for it; then it is asked for again (study time)."""
LAST_SHOWINGS: Final = 20
_CODE_BYTES: Final = 16
_DRAWS: Final = 5
"""How often a code is drawn: hardly any is taken, so more would hide a fault."""


class NoCardError(ProServiceError):
    """The participant has no card yet."""


@dataclass(frozen=True)
class Card:
    """What is printed: words come from the catalogue, in the participant's language."""

    participant: str
    """The participant's code in the study: names the file or page, never stands on the card."""
    language: Language
    sender: str
    address: str
    """The fixed address as it is typed, without its scheme."""
    code: str = field(repr=False)
    """The personal code, in groups."""
    link: str = field(repr=False)
    """What the picture holds."""
    telephone: str
    texts_from: tuple[str, ...] = ()
    """Our numbers and signatures that texts come from, as a telephone shows them."""


def new_card(context: ServiceContext) -> CardRow:
    """A fresh card as it is stored: its token is derived whenever needed, and only hashed here."""
    card_id = new_id()
    token = context.keys.vault.link_token(card_id)
    return CardRow(
        id=card_id,
        token_sha256=context.keys.vault.token_hash(token),
        link_key=context.keys.vault.link_key_id,
    )


async def free_code(connection: Connection, beside: Sequence[str] = ()) -> str:
    """A personal code nobody has: the fixed address serves every study of the installation.

    It begins otherwise than those it stands `beside`: texts to a shared number say the beginning.
    Raises BusyError.
    """
    (code,) = await free_codes(connection, [list(beside)])
    return code


async def free_codes(connection: Connection, groups: Sequence[list[str]]) -> list[str]:
    """Free personal codes, one for each group of those it is told apart from; added to its group.

    A group may stand several times. Raises BusyError.
    """
    codes: dict[int, str] = {}
    given: set[str] = set()
    for _ in range(_DRAWS):
        waiting = [place for place in range(len(groups)) if place not in codes]
        drawn: dict[str, int] = {}
        for place in waiting:
            code = new_code(secrets.token_bytes(_CODE_BYTES))
            if code not in drawn and code not in given:
                drawn[code] = place
        used = await store.list_codes_in_use(connection, list(drawn))
        for code, place in drawn.items():
            alike = any(start_of(code) == start_of(other) for other in groups[place])
            if code not in used and not alike:
                codes[place] = code
                given.add(code)
                groups[place].append(code)
        if len(codes) == len(groups):
            return [codes[place] for place in range(len(groups))]
    raise BusyError


async def list_cards(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    site: str | None = None,
    codes: Sequence[str] | None = None,
    actor: str,
) -> tuple[list[Card], int]:
    """Cards of a site, of those named, or of everybody; and how many had to be made first.

    It is recorded that they were shown, to `actor` by a command. Raises UnknownParticipantError
    for a name that is nobody's there.
    """
    holders = await store.list_card_holders(connection, study_id, site=site, codes=codes)
    unknown = sorted(set(codes or ()) - {one.code for one in holders})
    if unknown:
        raise UnknownParticipantError(f"There is no participant {', '.join(unknown)} here.")
    bare = [one for one in holders if one.card_id is None]
    for one in bare:
        await renew_card(connection, context, study_id, one.code, actor=actor, words=None)
    if bare:
        holders = await store.list_card_holders(connection, study_id, site=site, codes=codes)
    await record_showing(connection, study_id, holders, ShownTo("command", None, actor))
    return [card_of(context, one) for one in holders], len(bare)


async def find_holder(connection: Connection, study_id: UUID, code: str) -> CardHolder:
    """One participant with what their card says. Raises UnknownParticipantError."""
    found = await store.list_card_holders(connection, study_id, codes=[code])
    if not found:
        raise UnknownParticipantError(f"There is no participant {code} here.")
    return found[0]


async def record_showing(
    connection: Connection, study_id: UUID, holders: Sequence[CardHolder], to: ShownTo
) -> None:
    """Record whose cards are shown, and to whom: whoever has seen one can come in with it."""
    showings = [
        ShowingRow(new_id(), one.id, one.card_id) for one in holders if one.card_id is not None
    ]
    if showings:
        await store.insert_card_showings(connection, study_id, showings, to)


async def show_code(connection: Connection, study_id: UUID, code: str, actor: str) -> None:
    """Record that a command says a participant's personal code. Raises UnknownParticipantError."""
    holder = await find_holder(connection, study_id, code)
    await record_showing(connection, study_id, [holder], ShownTo("command", None, actor))


async def list_showings(
    connection: Connection, study_id: UUID, holder: CardHolder
) -> list[ShownCard]:
    """To whom a participant's cards were shown last, newest first."""
    return await store.list_card_showings(
        connection, study_id, holder.id, shown_for=SHOWN_FOR, most=LAST_SHOWINGS
    )


def is_shown(holder: CardHolder, showings: Sequence[ShownCard], actor: str) -> bool:
    """Whether the present card still is shown at the desk to whoever asked for it there."""
    return any(
        one.still and one.way == "desk" and (one.card_id, one.actor) == (holder.card_id, actor)
        for one in showings
    )


def card_of(context: ServiceContext, holder: CardHolder) -> Card:
    """The card of a participant. Raises NoCardError."""
    if holder.card_id is None or holder.link_key is None:
        raise NoCardError
    token = context.keys.vault.link_token(holder.card_id, key_id=holder.link_key)
    public = urlsplit(context.public_url)
    return Card(
        participant=holder.code,
        language=holder.language,
        sender=holder.senders[holder.language],
        address=f"{public.netloc}{public.path}{CODE_PATH}",
        code=grouped(holder.personal_code),
        link=f"{context.public_url}{CODE_PATH}/{token}",
        telephone=holder.telephone,
        texts_from=tuple(one for each in holder.addresses if (one := as_shown(each))),
    )


async def renew_card(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    code: str,
    *,
    actor: str,
    words: str | None,
) -> None:
    """Make a new card; an earlier one ends, with its code and every session it opened.

    A first card keeps the code the participant has. `words` say why, where staff ask for it.
    Raises UnknownParticipantError, KeyGoneError, BusyError.
    """

    async def decide() -> Decision[None]:
        holder = await find_holder(connection, study_id, code)
        card = new_card(context)
        document = CardWrite(
            id=card.id,
            token_sha256=card.token_sha256,
            link_key=card.link_key,
            personal_code=None if holder.card_id is None else await free_code(connection),
            actor=actor,
            reason="first card",
        )
        guard = Guard(study_id, holder.id, holder.revision)
        return Decision(None, lambda: _renew(connection, context, guard, document, words))

    await until_written(decide)


async def _renew(
    connection: Connection,
    context: ServiceContext,
    guard: Guard,
    document: CardWrite,
    words: str | None,
) -> None:
    """A step of its own: at the desk a try that came too late undoes no more than itself."""
    async with transaction(connection) as lent:
        if words is not None:
            note = await give_words(lent, context, guard.study_id, guard.participant_id, words)
            document = replace(document, reason=note.reference)
        await store.renew_card(lent, guard, document)
