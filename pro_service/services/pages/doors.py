"""The ways in to the pages, a link's token or a session's id, and the lean facts they lead to.

Of whoever came by the same way a moment ago the facts are in hand (`services/base/known.py`): then
only what may have changed around them is asked.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.known import Stored, Unasked
from pro_service.store.connection import Connection
from pro_service.store.pages import entrance as store
from pro_service.store.pages.entrance import FoundGuest, KnownGuest, SessionRow
from pro_service.store.writes import DoorRow
from pro_service.vault.vault import token_hash

LIFETIME: Final = timedelta(hours=12)
"""No session lasts longer; the card or link opens another."""
_TOKEN: Final = re.compile(r"[A-Za-z2-7]{16,64}")
_SESSION: Final = re.compile(r"s\.[A-Za-z0-9_-]{43}")


class Door(NamedTuple):
    """A way in, by what it is kept under."""

    sha256: bytes
    is_session: bool
    """Else it is a link."""

    async def find(self, connection: Connection, answers_of: tuple[UUID, ...]) -> FoundGuest | None:
        """Who comes in by it, with their facts."""
        if self.is_session:
            return await store.find_guest_by_session(connection, self.sha256, LIFETIME, answers_of)
        return await store.find_guest_by_link(connection, self.sha256, answers_of)

    async def look_again(self, connection: Connection) -> KnownGuest | None:
        """The same for whoever has the facts in hand."""
        if self.is_session:
            return await store.look_again_by_session(connection, self.sha256, LIFETIME)
        return await store.look_again_by_link(connection, self.sha256)


@lru_cache(maxsize=500)
def door_of(cookie: str) -> Door | None:
    """The way in a cookie may be; None for what is neither a session's id nor a token.

    A page asks twice, and whoever fills in a questionnaire comes a dozen times by the same.
    """
    if is_session(cookie):
        return Door(hashlib.sha256(cookie.encode()).digest(), is_session=True)
    sought = token_sha256(cookie)
    return None if sought is None else Door(sought, is_session=False)


def is_session(cookie: str) -> bool:
    """Whether it is a session's id."""
    return _SESSION.fullmatch(cookie) is not None


def token_sha256(text: str) -> bytes | None:
    """What a token is looked up by, or None for a text that is none."""
    bare = "".join(text.split())
    return token_hash(bare) if _TOKEN.fullmatch(bare) else None


async def look_in(
    connection: Connection, context: ServiceContext, door: Door, answers_of: tuple[UUID, ...] = ()
) -> tuple[SessionRow, ParticipantFacts] | None:
    """Who comes in by a door, with their lean facts: those in hand, as long as they stand."""
    if not answers_of and context.known.holds(door.sha256):
        known = await door.look_again(connection)
        if known is None:
            return None
        facts = context.known.present(door.sha256, known.around, known.session)
        if facts is not None:
            context.keys.admit(facts)
            return known.session, facts
    found = await door.find(connection, answers_of)
    if found is None:
        return None
    facts = context.reader.ready(found.facts)
    if not answers_of:
        context.known.keep(door.sha256, facts, found.origin, found.session)
    return found.session, facts


def unasked(context: ServiceContext, cookie: str) -> tuple[Unasked, DoorRow] | None:
    """What is in hand of a cookie's door, and what a write must look at that is decided from it."""
    door = door_of(cookie)
    found = None if door is None else context.known.unasked(door.sha256)
    if door is None or found is None:
        return None
    context.keys.admit(found.facts)
    return found, DoorRow(
        sha256=door.sha256,
        session_hours=LIFETIME // timedelta(hours=1) if door.is_session else None,
        origin=found.origin,
        now=found.facts.now,
        authentication=found.session.authentication,
    )


def remember(context: ServiceContext, cookie: str, stored: Stored | None) -> None:
    """Add what a visitor has just stored to what is in hand of them; None: read it anew."""
    door = door_of(cookie)
    if door is not None and stored is not None:
        context.known.store(door.sha256, stored)
    elif door is not None:
        context.known.forget(door.sha256)
