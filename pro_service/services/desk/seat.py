"""Who is signed in, where, in which roles; and the one transaction in which the desk looks.

What a seat may do is asked of `MAY`; what it may see is decided by row-level security, for the
sites handed to the database here. Nothing at the desk filters by site.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import MAY, UNSEEN, Action
from pro_service.services.base.actors import staff_actor
from pro_service.services.base.turns import Write
from pro_service.store.base import copies
from pro_service.store.bounds import DatabaseUnreachableError
from pro_service.store.connection import Connection, Guard, Looking, transaction
from pro_service.store.desk import desk as store
from pro_service.store.desk.sessions import Assignment, SessionRow
from pro_service.store.notes import NoteRow
from pro_service.store.pools import Pools

LONGEST_NOTE: Final = 2000
log = logging.getLogger("pro_service.desk")


class NotHereError(ProServiceError):
    """There is nothing of this name at your sites."""


class NotAllowedError(ProServiceError):
    """Your role at this site does not do this."""


class ReasonMissingError(ProServiceError):
    """This needs a reason in words."""


class DoneBefore(NamedTuple):
    """What was done before: by whom, about whom, and the sentence that says it to who did it."""

    actor: str | None
    code: str | None
    sentence: str
    """The key of the sentence."""
    what: tuple[str, str] | None = None
    """The kind and the code of a word the sentence names: what came of it."""
    at: datetime | None = None
    zone: str = "UTC"
    """Of the site, for saying when."""


class AlreadyDoneError(ProServiceError):
    """This was done before; what was said then stands."""

    def __init__(self, before: DoneBefore | None = None) -> None:
        """Keep what was done; None: that is for nobody in particular to hear."""
        super().__init__()
        self.before = before


PROOF_LASTS: Final = timedelta(minutes=15)
"""So long (machine time) after giving it a password is not asked for again."""


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in, and may have a study still to choose."""

    row: SessionRow
    token: str = field(repr=False)
    """The session's id, known to the browser alone."""

    def fresh(self, within: timedelta = PROOF_LASTS) -> bool:
        """Whether they proved who they are so shortly ago (machine time)."""
        return self.row.proved_ago <= within

    @property
    def lost_study(self) -> str | None:
        """The name of the study they were in, if their membership of it has ended since."""
        return self.row.study_name if self.row.staff_id is None else None


@dataclass(frozen=True)
class Place:
    """A member of staff in one study: their present roles there, site by site."""

    study_id: UUID
    staff_id: UUID
    login: str
    assignments: tuple[Assignment, ...]
    allowed: frozenset[Action] | None = None
    """What the key of a program lets through of its roles; None: all of them, as of a person."""

    @property
    def actor(self) -> str:
        """How the record names them."""
        return staff_actor(self.login)

    @property
    def is_program(self) -> bool:
        """Whether it is a program that came in by a key."""
        return self.allowed is not None

    def may(self, action: Action, site_id: UUID | None) -> bool:
        """Whether a role of theirs at the site does this; None is a site that is not theirs."""
        if self.allowed is not None and action not in self.allowed:
            return False
        roles = MAY[action]
        return any(one.site_id == site_id and one.role in roles for one in self.assignments)

    def demand(self, action: Action, site_id: UUID | None) -> None:
        """Refuse what `may` says no to, about something that is seen from here.

        Raises NotAllowedError; NotHereError where not even the address is for them to know.
        """
        if not self.may(action, site_id):
            raise NotHereError if action in UNSEEN else NotAllowedError


@dataclass(frozen=True, kw_only=True)
class Seat(Session):
    """A session in a study of the person's."""

    staff: Place

    @property
    def study_id(self) -> UUID:
        """The study they work in; somebody who works in several is in one at a time."""
        return self.staff.study_id

    @property
    def actor(self) -> str:
        """How the record names them."""
        return self.staff.actor

    def may(self, action: Action, site_id: UUID | None) -> bool:
        """Whether a role of theirs at the site does this; None is a site that is not theirs."""
        return self.staff.may(action, site_id)

    def may_anywhere(self, action: Action) -> bool:
        """Whether a role of theirs at any site does this."""
        return any(self.staff.may(action, one.site_id) for one in self.staff.assignments)

    def demand(self, action: Action, site_id: UUID | None) -> None:
        """Refuse what `may` says no to, as `Place.demand` does."""
        self.staff.demand(action, site_id)


@asynccontextmanager
async def at_desk(
    pool: asyncpg.Pool, seat: Seat | Place, *, one_snapshot: bool = False
) -> AsyncIterator[Connection]:
    """One transaction in which the database sees who looks, and shows their sites only.

    A command that looks as a member of staff has no session, and gives their place alone.
    In one with `one_snapshot` every query reads the same moment, and nothing is written.
    """
    isolation = "repeatable_read" if one_snapshot else None
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation=isolation, readonly=one_snapshot),
    ):
        await _enter(connection, seat, Action.see_participants)
        yield connection


class Copy(NamedTuple):
    """What figures are read from, and how many seconds old it may be; None: it is no copy."""

    connection: Connection
    seconds: int | None


@asynccontextmanager
async def at_copy(pools: Pools, seat: Seat | Place) -> AsyncIterator[Copy]:
    """One snapshot as `at_desk` has it, of a standby where one answers and knows its age.

    Who is no standby any more, or has heard nothing since it started, may be older than any age.
    """
    async with AsyncExitStack() as stack:
        if pools.copy is not None:
            try:
                there = at_desk(pools.copy, seat, one_snapshot=True)
                connection = await stack.enter_async_context(there)
                age = await copies.get_age(connection)
            except DatabaseUnreachableError as error:
                log.warning("copy_unreachable", extra={"reason": error.message})
            else:
                if age is not None:
                    yield Copy(connection, math.ceil(age))
                    return
                log.warning("copy_of_unknown_age")
                await stack.aclose()
        here = at_desk(pools.desk, seat, one_snapshot=True)
        yield Copy(await stack.enter_async_context(here), None)


@asynccontextmanager
async def at_clerk(pool: asyncpg.Pool, seat: Seat, action: Action) -> AsyncIterator[Connection]:
    """One transaction that writes as this member of staff what is about nobody enrolled yet."""
    async with transaction(pool) as connection:
        await _enter(connection, seat, action)
        yield connection


def signed(seat: Seat, action: Action, note: NoteRow | None, write: Write) -> Write:
    """A write of the record as this member of staff's: their name, sites and words go with it.

    It runs in a transaction of its own, on the clerk's pool; the database lets it touch nobody who
    is not now at a site where a role of theirs may do this.
    """

    async def write_signed(connection: Connection, guard: Guard) -> object:
        async with transaction(connection) as lent:
            if note is None:
                await _enter(lent, seat, action)
            else:
                await store.enter_desk_with_note(lent, guard, note, looking(seat, action))
            return await write(lent, guard)

    return write_signed


async def _enter(connection: Connection, seat: Seat | Place, action: Action) -> None:
    await store.enter_desk(connection, looking(seat, action), "")


def looking(seat: Seat | Place, action: Action = Action.see_participants) -> Looking:
    """The roles that do this, as the database is told them: for what says itself who looks."""
    place = seat.staff if isinstance(seat, Seat) else seat
    found = (one for one in place.assignments if place.may(action, one.site_id))
    return Looking.of(seat.actor, [(one.site_id, one.role) for one in found])


def said(words: str) -> str:
    """A reason in words as it is kept. Raises ReasonMissingError for none."""
    kept = words.strip()[:LONGEST_NOTE]
    if not kept:
        raise ReasonMissingError
    return kept
