"""Two pages and their files: why answers are missing and what helped, and the log of deviations."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.services.desk import missing as service
from pro_service.services.desk import today
from pro_service.services.desk.listing.grid import read_definitions
from pro_service.services.desk.seat import Seat, at_copy, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.missing.asked import LOG_PATH, PATH, asked_of
from pro_service.web.desk.missing.said import deviation_rows, missing_values
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.keys import CONTEXT, POOLS

MOST_OF_A_PAGE: Final = 100


@for_record_staff
async def show_missing(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/missing`: numbers first, each with its bar."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_copy(request.app[POOLS], seat) as copy:
        frame = await read_frame(copy.connection, study_id)
        sites = await today.list_sites(copy.connection, study_id)
        asked = asked_of(request.query, sites)
        found = await service.read_missing(
            copy.connection, context, study_id, site_id=asked.site_id, definition=asked.visit
        )
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "missing.html",
        request,
        seat,
        frame=frame,
        copy_seconds=copy.seconds,
        sites=sites,
        asked=asked,
        path=PATH,
        log=asked.address(LOG_PATH),
        definitions={one: words.chosen(label) for one, label in found.definitions.items()},
        **missing_values(words, {one.id: one for one in sites}, found),
    )


@for_record_staff
async def show_deviations(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/missing/deviations`: the latest first, a page at a time."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await today.list_sites(connection, study_id)
        asked = asked_of(request.query, sites)
        definitions = await read_definitions(connection, context, study_id)
        found = await service.read_deviations(
            connection,
            context,
            study_id,
            site_id=asked.site_id,
            after=asked.after,
            most=MOST_OF_A_PAGE,
        )
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "deviations.html",
        request,
        seat,
        frame=frame,
        sites=sites,
        asked=asked,
        path=LOG_PATH,
        missing=asked.address(PATH),
        definitions={one: words.chosen(label) for one, label in definitions.items()},
        rows=deviation_rows(words, {one.id: one for one in sites}, found),
        further=None if found.after is None else asked.address(LOG_PATH, found.after),
        days=service.TYPED_WITHIN_DAYS,
    )
