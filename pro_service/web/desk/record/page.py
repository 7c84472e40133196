"""The audit at the desk: a page of it, narrowed by person, participant, what and when; a file."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.record.audit_file import audit_csv
from pro_service.services.record.reading import (
    MOST_IN_FILE,
    PAGE,
    SIGN_INS,
    AuditPage,
    Wish,
    read_audit,
    read_sign_ins,
)
from pro_service.services.record.things import THINGS
from pro_service.store.base.data_out import TakenOut
from pro_service.store.connection import Connection
from pro_service.store.desk.clerk import find_place
from pro_service.store.desk.frame import Frame
from pro_service.store.record.reading import Reading, SignIn
from pro_service.tables.writing import csv_bytes
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.record.asked import CSV_PATH, Asked, asked_of
from pro_service.web.desk.record.rows import Around, entry_values, sign_in_values, site_codes
from pro_service.web.desk.taken import csv_file
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS


class _Room(NamedTuple):
    """What was found, with what stands around it."""

    frame: Frame
    around_sites: dict[str, str]
    zone: ZoneInfo
    unknown: bool
    """Whether a participant was asked for who is not seen from here."""
    page: AuditPage
    door: list[SignIn]
    following: str | None


async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/record`: a page of the audit."""
    asked = asked_of(request.query)
    room = await _read(request, seat, asked, PAGE)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    around = _around(request, words, room)
    what = [(one, words.text(f"audit.group_{one}")) for one in THINGS]
    if seat.may_anywhere(Action.see_study_audit):
        what.append((SIGN_INS, words.text("audit.group_sign_ins")))
    return desk.render(
        "record.html",
        request,
        seat,
        frame=room.frame,
        asked=asked,
        what=what,
        unknown=room.unknown,
        at_door=asked.what == SIGN_INS,
        entries=[entry_values(around, one) for one in room.page.entries],
        door=[sign_in_values(around, one) for one in room.door],
        zone=room.zone.key,
        looked=None
        if room.page.looked_until is None
        else words.instant(room.page.looked_until, room.zone),
        following=None if room.following is None else asked.address(before=room.following),
        newest=asked.address() if asked.before else None,
        file=asked.address(CSV_PATH) if _may_take(seat, asked) else None,
        most=MOST_IN_FILE,
    )


async def get_file(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/record.csv`: what the page leads through, as a table for other programs."""
    asked = asked_of(request.query)
    room = await _read(request, seat, asked._replace(before=None), MOST_IN_FILE)
    taken = TakenOut("audit", asked.query, len(room.page.entries))
    body = csv_bytes(audit_csv(room.page.entries))
    return await csv_file(request, seat, "audit.csv", body, taken)


async def _read(request: web.Request, seat: Seat, asked: Asked, most: int) -> _Room:
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        frame = await read_frame(connection, study_id)
        sites = await list_sites(connection, study_id)
        local = zone(sites[0].zone if sites else "UTC")
        nobodys = seat.may_anywhere(Action.see_study_audit)
        reading = Reading(connection, study_id, everything=False, nobodys=nobodys)
        wish, unknown = await _wish(connection, study_id, asked, local)
        codes = site_codes({one.id: one.code for one in sites})
        room = _Room(frame, codes, local, unknown, AuditPage((), None, None), [], None)
        if unknown:
            return room
        if asked.what == SIGN_INS:
            if not nobodys:
                return room
            door, following = await read_sign_ins(reading, wish, most)
            return room._replace(door=door, following=following)
        page = await read_audit(reading, context, wish, most)
    return room._replace(page=page, following=page.following)


async def _wish(
    connection: Connection, study_id: UUID, asked: Asked, local: ZoneInfo
) -> tuple[Wish, bool]:
    """What is asked of the audit, and whether a participant was named who is not seen from here."""
    wish = asked.wish(local)
    if not asked.code:
        return wish, False
    place = await find_place(connection, study_id, asked.code)
    if place is None:
        return wish, True
    return wish._replace(participant=place.participant_id), False


def _around(request: web.Request, words: Words, room: _Room) -> Around:
    instruments = request.app[CONTEXT].catalogue.instruments
    return Around(words, room.zone, room.around_sites, instruments)


def _may_take(seat: Seat, asked: Asked) -> bool:
    """Whether the list goes out as a file: by who sees participants, and not the door's."""
    return seat.may_anywhere(Action.see_participants) and asked.what != SIGN_INS
