"""Printed cards: what stands on them, and making new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("cards/cards")


class CardHolder(NamedTuple):
    """A participant with what their card says; `card_id` is None before the first card."""

    id: UUID
    code: str
    personal_code: str
    language: Language
    revision: int
    card_id: UUID | None
    link_key: str | None
    site_id: UUID
    telephone: str
    zone: str
    """The site's."""
    senders: Mapping[str, str]
    """The study's neutral name, by language."""
    addresses: Sequence[str]
    """Our addresses that texts to the site's participants come from, the nearest first."""


class ShowingRow(NamedTuple):
    """A card that is shown, under an id of its own."""

    id: UUID
    participant_id: UUID
    card_id: UUID


class ShownTo(NamedTuple):
    """To whom cards are shown: by which way, at the desk in which network, who looks."""

    way: Literal["desk", "command"]
    source_sha256: bytes | None
    actor: str


class ShownCard(NamedTuple):
    """A card that was shown, when (study time), and to whom."""

    card_id: UUID
    way: Literal["desk", "command"]
    recorded_at: datetime
    actor: str
    still: bool
    """It was so short a time ago that it still is."""


@dataclass(frozen=True, kw_only=True)
class CardWrite:
    """A card that takes the place of the present one, if there is one."""

    id: UUID
    token_sha256: bytes
    link_key: str
    personal_code: str | None
    """The participant's new code; None: they keep the one they have."""
    actor: str
    reason: str


async def list_card_holders(
    connection: Connection,
    study_id: UUID,
    *,
    site: str | None = None,
    codes: Sequence[str] | None = None,
) -> list[CardHolder]:
    """Participants by site and code; those of one site, or those named, if given."""
    named = None if codes is None else list(codes)
    rows = await connection.fetch(_SQL["list_card_holders"], study_id, site, named)
    return [row_of(CardHolder, row) for row in rows]


async def renew_card(connection: Connection, guard: Guard, document: CardWrite) -> None:
    """End the present card and make a new one. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["renew_card"], *guard, document)


async def list_codes_in_use(connection: Connection, personal_codes: Sequence[str]) -> set[str]:
    """Those of these codes that some participant has, of whatever study."""
    rows = await connection.fetch(_SQL["list_codes_in_use"], list(personal_codes))
    return {row["personal_code"] for row in rows}


async def insert_card_showings(
    connection: Connection, study_id: UUID, showings: Sequence[ShowingRow], to: ShownTo
) -> None:
    """Record that cards were shown or printed."""
    ids, participants, shown = zip(*showings, strict=True)
    await connection.execute(_SQL["insert_card_showings"], study_id, ids, participants, shown, *to)


async def list_card_showings(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    *,
    shown_for: timedelta,
    most: int,
) -> list[ShownCard]:
    """To whom a participant's cards were shown, newest first; `shown_for` is study time."""
    rows = await connection.fetch(
        _SQL["list_card_showings"], study_id, participant_id, shown_for, most
    )
    return [row_of(ShownCard, row) for row in rows]
