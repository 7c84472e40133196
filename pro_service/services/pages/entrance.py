"""How a participant comes in: by a link, a card's picture or the code typed from it, or a tablet.

A link's token may stand in the cookie as it is. Everything else opens a session: its random id goes
into the cookie, only its hash is kept, and it ends with the link or card it was opened with. Tries
are counted in the database, for all servers together. Limits are machine time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.tablet import Handed, on_tablet
from pro_service.domain.study.statuses import standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.sources import source_sha256
from pro_service.services.pages.doors import (
    LIFETIME,
    door_of,
    is_session,
    look_in,
    token_sha256,
    unasked,
)
from pro_service.services.pages.tablets import is_tablet
from pro_service.store.base.queues import give_places_back, take_places
from pro_service.store.connection import Connection
from pro_service.store.pages import entrance as store
from pro_service.store.pages.entrance import Entrance, FoundCard, Purpose
from pro_service.store.pages.handover import find_tablet
from pro_service.store.queues import Queue
from pro_service.store.texting.reminders import FoundInvitation, find_invitation
from pro_service.store.writes import DoorRow
from pro_service.vault.codes import is_short, normalise

log = logging.getLogger("pro_service.entry")

CODES_A_SOURCE: Final = 20
"""Wrong codes from one network at once, and again in each `CODES_WITHIN`. Generous: a mobile
network shows many telephones as one address."""
CODES_WITHIN: Final = timedelta(minutes=15)
CODE_PACE: Final = timedelta(seconds=1)
"""Wrong codes of everybody are looked at one by one, no faster: whoever guesses makes others wait,
and locks nobody out. With this and `vault.codes.SPACE` a hit takes over a hundred years."""
SHORT_CODE_PACE: Final = timedelta(minutes=1)
SHORT_CODES_AT_ONCE: Final = 60
"""Codes of older cards are short: guessing them is slowed down further. New cards end that."""
LONGEST_WAIT: Final = timedelta(seconds=20)
"""Who would wait longer is told when to come again: a browser does not wait for ever."""
FRESH_WAIT: Final = timedelta(seconds=20)
"""So much longer may wait whoever typed no wrong code for an hour: kept free from who guesses."""

_SESSION_BYTES: Final = 32


class CodeRefusedError(ProServiceError):
    """This code opens nothing."""


class TooManyTriesError(ProServiceError):
    """There were too many tries; wait and try again."""

    def __init__(self, again: timedelta) -> None:
        """Keep how long to wait before the next try (machine time)."""
        super().__init__()
        self.again = again


class Admission(NamedTuple):
    """Who may see which participant's pages, and how they came in."""

    study_id: UUID
    participant_id: UUID
    visit_id: UUID | None
    """The visit a link invited to; None for a card, which leads to everything open."""
    authentication: Entrance
    handed: Handed | None = None
    """What a tablet was handed over for; None: they came in by themselves."""

    def admits(self, protocol: Protocol) -> bool:
        """Whether everything the study asks for before showing a page has been given."""
        if self.handed is not None:
            return self.handed.confirmed
        return protocol.study.second_factor == "none" or self.gave_factor

    @property
    def gave_factor(self) -> bool:
        """Whether the second factor was given."""
        return self.authentication in ("link_and_factor", "card_and_factor")


async def find_admission(connection: Connection, cookie: str) -> Admission | None:
    """What a cookie admits to: a session's id or a link's token. None for any other."""
    if is_tablet(cookie):
        return await _find_handed(connection, cookie)
    if is_session(cookie):
        found = await store.find_session(connection, _sha256(cookie), LIFETIME)
        return None if found is None else Admission(*found)
    invitation = await find_link(connection, cookie)
    if invitation is None:
        return None
    return Admission(invitation.study_id, invitation.participant_id, invitation.visit_id, "link")


class Guest(NamedTuple):
    """Whoever a cookie admits, with all that is known of them, read at one revision."""

    admission: Admission
    facts: ParticipantFacts
    protocol: Protocol

    @property
    def may_see_pages(self) -> bool:
        """Whether everything the study asks for first was given; else the door must ask."""
        return self.admission.admits(self.protocol)


async def find_guest(
    connection: Connection,
    context: ServiceContext,
    cookie: str,
    *,
    answers_of: Collection[UUID] = (),
    lean: bool = False,
) -> Guest | None:
    """Who is behind a cookie, whether or not the second factor was given; None for nobody.

    `lean`: with the visits in hand alone (`VisitFacts`).

    Nobody is as well who left the study, or may not be asked any more.
    """
    read = _read_lean if lean and not is_tablet(cookie) else _read_whole
    found = await read(connection, context, cookie, tuple(answers_of))
    if found is None:
        return None
    admission, facts = found
    if not may_enter(facts):
        return None
    if admission.handed is not None:
        facts = on_tablet(facts, admission.handed)
    protocol = await context.reader.protocol(connection, facts.study_id, facts.protocol_version_id)
    return Guest(admission, facts, protocol)


def guest_in_hand(context: ServiceContext, cookie: str) -> tuple[Guest, DoorRow] | None:
    """Who is behind a cookie by what is in hand, for a write that looks at the door itself.

    Whether they may still answer is for the questionnaire to say.
    """
    found = unasked(context, cookie)
    if found is None:
        return None
    (session, facts, _), door = found
    protocol = context.reader.protocol_read(facts.protocol_version_id)
    if protocol is None:
        return None
    return Guest(Admission(*session), facts, protocol), door


async def _find_handed(connection: Connection, cookie: str) -> Admission | None:
    """What a tablet was handed over for, as long as it is in somebody's hands."""
    found = await find_tablet(connection, _sha256(cookie))
    if found is None:
        return None
    by_year = "confirmed_by_year" in found.steps
    handed = Handed(
        id=found.id,
        assessments=tuple(found.assessment_ids),
        sittings=tuple(found.sittings),
        confirmed=by_year or "confirmed" in found.steps,
    )
    authentication: Entrance = "handover_and_factor" if by_year else "handover"
    return Admission(
        found.study_id, found.participant_id, found.visit_id, authentication, handed=handed
    )


async def _read_whole(
    connection: Connection, context: ServiceContext, cookie: str, answers_of: tuple[UUID, ...]
) -> tuple[Admission, ParticipantFacts] | None:
    admission = await find_admission(connection, cookie)
    if admission is None:
        return None
    facts = await context.reader.facts(
        connection, admission.study_id, admission.participant_id, answers_of=answers_of
    )
    return admission, facts


async def _read_lean(
    connection: Connection, context: ServiceContext, cookie: str, answers_of: tuple[UUID, ...]
) -> tuple[Admission, ParticipantFacts] | None:
    door = door_of(cookie)
    found = door and await look_in(connection, context, door, answers_of)
    return found and (Admission(*found[0]), found[1])


async def find_linked(
    connection: Connection, context: ServiceContext, token: str
) -> tuple[Admission, ParticipantFacts] | None:
    """Whom a link admits to what, with their lean facts; None for an unknown or ended link."""
    return None if is_session(token) else await _read_lean(connection, context, token, ())


async def find_link(connection: Connection, token: str) -> FoundInvitation | None:
    """The link of a token, or None for one that is unknown, expired or ended."""
    sought = token_sha256(token)
    return None if sought is None else await find_invitation(connection, sought)


async def find_card(connection: Connection, token: str) -> FoundCard | None:
    """The card of a scanned token, or None for one that is unknown or ended."""
    sought = token_sha256(token)
    return None if sought is None else await store.find_card_by_token(connection, sought)


async def open_by_card(connection: Connection, card: FoundCard) -> str:
    """Begin a session of a card's holder; its id, for the cookie and nowhere else."""
    return await _begin(connection, card.study_id, card.participant_id, "card", card_id=card.id)


async def open_by_link(connection: Connection, invitation: FoundInvitation) -> str:
    """Begin a session of whoever holds a link; its id, for the cookie and nowhere else."""
    return await _begin(
        connection,
        invitation.study_id,
        invitation.participant_id,
        "link",
        invitation_id=invitation.id,
    )


async def open_by_code(
    connection: Connection, context: ServiceContext, typed: str, source: str
) -> str:
    """Begin a session by a typed code; `source` is the network it came from.

    Codes are looked at in their turn: this may wait up to `LONGEST_WAIT` and `FRESH_WAIT`. Raises
    TooManyTriesError, and CodeRefusedError alike for a code that is mistyped, unknown, of an ended
    card, or of a participant who may not be asked any more.
    """
    code = normalise(typed) or ""
    queues = _queues_of(code, source)
    place = await take_places(connection, queues)
    if place.wait is None:
        # Somebody guesses, or something is wrong with the cards: operators should see it.
        log.warning("entry_throttled", extra={"state": "code"})
        raise TooManyTriesError(place.again or CODE_PACE)
    # No connection is held while waiting, if `connection` is the pool.
    await asyncio.sleep(place.wait.total_seconds())
    # Looked up even if it is no code at all, so that time tells nothing either.
    card = await store.find_card_by_code(connection, code)
    if card is None or not await _may_come_in(connection, context, card):
        raise CodeRefusedError
    await give_places_back(connection, queues)
    return await open_by_card(connection, card)


async def begin_try(
    connection: Connection,
    purpose: Purpose,
    source: str,
    *,
    per_source: int,
    overall: int,
    within: timedelta,
) -> int:
    """Count a try, before it is looked at; its number. Raises TooManyTriesError."""
    number = await store.begin_entry_try(
        connection,
        purpose,
        _sha256(source),
        per_source=per_source,
        overall=overall,
        within=within,
    )
    if number is None:
        # Somebody guesses, or something is wrong with the cards: operators should see it.
        log.warning("entry_throttled", extra={"state": purpose})
        raise TooManyTriesError(within)
    return number


async def leave(connection: Connection, cookie: str) -> None:
    """End the session of a cookie, if it is one."""
    if is_session(cookie):
        await store.end_session(connection, _sha256(cookie))


def session_sha256(cookie: str) -> bytes:
    """What a session is kept under."""
    return _sha256(cookie)


def may_enter(facts: ParticipantFacts) -> bool:
    """Whether a participant's status lets them see their pages."""
    return standing(facts.statuses, facts.now, facts.events).may_answer


def _queues_of(code: str, source: str) -> list[Queue]:
    """Where a typed code waits: with others of its network, with all others, short ones apart."""
    everybody = source_sha256("everybody")
    queues = [
        Queue(
            "code from",
            source_sha256(source),
            pace=CODES_WITHIN / CODES_A_SOURCE,
            at_once=CODES_A_SOURCE,
            longest=timedelta(0),
        ),
        Queue("code", everybody, CODE_PACE, 1, LONGEST_WAIT, FRESH_WAIT),
    ]
    if is_short(code):
        short = (SHORT_CODE_PACE, SHORT_CODES_AT_ONCE, LONGEST_WAIT, FRESH_WAIT)
        queues.append(Queue("short code", everybody, *short))
    return queues


async def _may_come_in(connection: Connection, context: ServiceContext, card: FoundCard) -> bool:
    facts = await context.reader.facts(connection, card.study_id, card.participant_id, lean=True)
    return may_enter(facts)


async def _begin(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    authentication: Entrance,
    *,
    invitation_id: UUID | None = None,
    card_id: UUID | None = None,
) -> str:
    session = f"s.{secrets.token_urlsafe(_SESSION_BYTES)}"
    await store.begin_session(
        connection,
        _sha256(session),
        study_id,
        participant_id,
        invitation_id=invitation_id,
        card_id=card_id,
        authentication=authentication,
    )
    return session


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
