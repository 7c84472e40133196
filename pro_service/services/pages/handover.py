"""A tablet handed over, on its own side: the code typed, who holds it confirmed, given back (R12).

The browser never comes further than one sitting: the code works once, the session it opens shows
the questions it was handed over for, and ends when they are sent, when it lies untouched, or when
staff take it back.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.sittings.tablet import TabletStep, tablet_name
from pro_service.services.base.actors import WORKER, participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.sources import source_sha256
from pro_service.services.pages.entrance import (
    CODE_PACE,
    CODES_A_SOURCE,
    CODES_WITHIN,
    FRESH_WAIT,
    LONGEST_WAIT,
    CodeRefusedError,
    Guest,
    TooManyTriesError,
    find_guest,
    may_enter,
)
from pro_service.services.pages.second_factor import check_year, knows_year
from pro_service.services.pages.tablets import VALID, code_sha256, is_pin, pin_of
from pro_service.store.base.queues import give_places_back, take_places
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.ids import new_id
from pro_service.store.pages import handover as store
from pro_service.store.pages.handover import IdleTablet, Opening
from pro_service.store.queues import Queue

log = logging.getLogger("pro_service.entry")

_SESSION_BYTES: Final = 32


PINS_AT_ONCE: Final = 5
PIN_PACE: Final = timedelta(minutes=1)
"""So many PINs may be tried on a tablet, then one each so often (machine time)."""


class PinRefusedError(ProServiceError):
    """This is not the PIN of this tablet."""


class TabletNameError(ProServiceError):
    """A tablet has a name of up to 24 letters and digits, for example "Tablet 2"."""


async def open_by_code(
    connection: Connection, context: ServiceContext, typed: str, name: str, source: str
) -> str:
    """Open the hand-over of a typed code, once; the session's id, for the cookie and nowhere else.

    Codes wait in queues like those of cards; `source` is the network they come from, `name` the
    tablet's. Raises TabletNameError; TooManyTriesError; CodeRefusedError alike for a code that is
    mistyped, unknown, older than a minute, used or ended.
    """
    tablet = tablet_name(name)
    if tablet is None:
        raise TabletNameError
    queues = _queues_of(source)
    place = await take_places(connection, queues)
    if place.wait is None:
        log.warning("entry_throttled", extra={"state": "tablet"})
        raise TooManyTriesError(place.again or CODE_PACE)
    # Looked up before the wait, for a code is old soon; said after it, so that time tells nothing.
    found = await store.find_handover_by_code(connection, code_sha256(typed), VALID)
    await asyncio.sleep(place.wait.total_seconds())
    if found is None:
        raise CodeRefusedError
    facts = await context.reader.facts(connection, found.study_id, found.participant_id, lean=True)
    if not may_enter(facts):
        raise CodeRefusedError
    session = f"t.{secrets.token_urlsafe(_SESSION_BYTES)}"
    opening = Opening(_sha256(session), new_id(), tablet, participant_actor(facts))
    try:
        await store.open_handover(connection, found, opening)
    except DuplicateError:
        raise CodeRefusedError from None
    await give_places_back(connection, queues)
    return session


async def asks_year(connection: Connection, guest: Guest) -> bool:
    """Whether who holds the tablet says their year of birth: wherever one is known."""
    return await knows_year(connection, guest.facts)


async def confirm(
    connection: Connection, context: ServiceContext, cookie: str, guest: Guest, typed: str
) -> None:
    """Take down that whoever holds the tablet says who they are.

    By the year of birth where it is known; else they say yes to their number in the study, and
    `typed` is not looked at. Raises FactorUnreadableError, FactorRefusedError, TooManyTriesError.
    """
    step: TabletStep = "confirmed"
    if await asks_year(connection, guest):
        await check_year(connection, context, guest.facts, typed)
        step = "confirmed_by_year"
    await _note(connection, cookie, guest, step)


async def give_back(
    connection: Connection, context: ServiceContext, cookie: str, *, stays: bool = False
) -> None:
    """End a hand-over by who answered: sent, or given back without sending.

    `stays`: the browser may still show what must be read at once, until it is given back.
    """
    guest = await find_guest(connection, context, cookie)
    handed = None if guest is None else guest.admission.handed
    if guest is not None and handed is not None:
        asked = [one for visit in guest.facts.visits for one in visit.asked or ()]
        sent = any(
            not is_open_question(one) and one.declined_at is None
            for one in asked
            if one.id in handed.assessments
        )
        await _note(connection, cookie, guest, "sent" if sent else "given_back")
    if not stays:
        await store.end_tablet_session(connection, _sha256(cookie))


async def end_by_pin(
    connection: Connection, context: ServiceContext, cookie: str, typed: str
) -> None:
    """End a hand-over on the tablet itself, by the PIN of whoever handed it over (R12).

    What was answered stays, unsent. One that is over stays as it is. Raises PinRefusedError;
    TooManyTriesError after a few wrong ones.
    """
    tablet = await store.find_tablet(connection, _sha256(cookie))
    if tablet is None:
        return
    queues = [Queue("tablet pin", _sha256(str(tablet.id)), PIN_PACE, PINS_AT_ONCE, PIN_PACE * 0)]
    place = await take_places(connection, queues)
    if place.wait is None:
        raise TooManyTriesError(place.again or PIN_PACE)
    if not is_pin(typed, pin_of(context.keys.vault, tablet.id, tablet.link_key)):
        raise PinRefusedError
    await give_places_back(connection, queues)
    await store.insert_tablet_step(connection, tablet, new_id(), "taken_back", tablet.handed_by)
    await store.end_tablet_session(connection, _sha256(cookie))


async def list_idle(connection: Connection, most: int) -> Sequence[IdleTablet]:
    """Tablets that lie untouched for longer than their protocol lets them."""
    return await store.list_idle_tablets(connection, most)


async def end_idle(connection: Connection, idle: IdleTablet) -> int:
    """End a tablet that lies untouched: what was answered on it stays, unsent."""
    await store.end_idle_tablet(connection, idle, new_id(), WORKER)
    return 1


async def _note(connection: Connection, cookie: str, guest: Guest, step: TabletStep) -> None:
    tablet = await store.find_tablet(connection, _sha256(cookie))
    if tablet is not None:
        actor = participant_actor(guest.facts)
        await store.insert_tablet_step(connection, tablet, new_id(), step, actor)


def _queues_of(source: str) -> list[Queue]:
    return [
        Queue(
            "tablet from",
            source_sha256(source),
            pace=CODES_WITHIN / CODES_A_SOURCE,
            at_once=CODES_A_SOURCE,
            longest=CODES_WITHIN * 0,
        ),
        Queue("tablet", source_sha256("everybody"), CODE_PACE, 1, LONGEST_WAIT, FRESH_WAIT),
    ]


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
