"""Participants by visits: found, narrowed, sorted, as a page and as a table that goes out."""

from __future__ import annotations

import csv
import io
from typing import Final

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.services.desk import today as service
from pro_service.services.desk.listing.figures import read_figures
from pro_service.services.desk.listing.grid import GridQuery, read_grid, walk_grid
from pro_service.services.desk.listing.searching import look_for
from pro_service.services.desk.seat import Seat, at_copy, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.store.base.data_out import TakenOut
from pro_service.tables.writing import csv_bytes
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.participants.asked import PATH, address_of, narrowed_by, query_of
from pro_service.web.desk.participants.rows import (
    columns_of,
    csv_head,
    csv_rows,
    figure_values,
    grid_values,
)
from pro_service.web.desk.taken import csv_file
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import read_form, see

_LONGEST_TYPED: Final = 100


@for_record_staff
async def show_participants(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants`: who takes part, by visits, a page at a time."""
    context, study_id = request.app[CONTEXT], seat.study_id
    query = query_of(request.query)
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await service.list_sites(connection, study_id)
        grid = await read_grid(connection, context, study_id, query)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "participants.html",
        request,
        seat,
        frame=frame,
        sites=sites,
        nobody_found="nobody" in request.query,
        **grid_values(words, grid, query),
    )


async def find(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/find`: by code, by a whole number or by its last four digits.

    What was typed may be somebody's number, so it is in no address: only who was found is.
    """
    typed = str((await read_form(request)).get("typed", ""))[:_LONGEST_TYPED]
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        found = await look_for(connection, request.app[CONTEXT], seat.study_id, typed)
    if not found.codes:
        return see(f"{PATH}?nobody")
    if len(found.codes) == 1:
        return see(request.app.router["desk-participant"].url_for(code=found.codes[0]).raw_path)
    if found.may_be_number:
        return see(address_of(GridQuery(codes=tuple(found.codes))))
    return see(address_of(GridQuery(code=" ".join(typed.split()))))


@for_record_staff
async def get_table(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants.csv`: everybody the list leaves, on whichever page."""
    context, query = request.app[CONTEXT], query_of(request.query)
    words = request.app[DESK].words(language_of(request, seat))
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        grids = [one async for one in walk_grid(connection, context, seat.study_id, query)]
    columns: dict[str, str] = {}
    for grid in grids:
        columns |= columns_of(words, grid, query)
    taken = TakenOut("participants", narrowed_by(query), sum(len(one.rows) for one in grids))
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(csv_head(words, columns))
    for grid in grids:
        table.writerows(csv_rows(words, grid.rows, list(columns)))
    body = csv_bytes(written.getvalue())
    return await csv_file(request, seat, "participants.csv", body, taken)


@for_record_staff
async def show_figures(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/figures`: completion and availability, counted apart from the list."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_copy(request.app[POOLS], seat) as copy:
        frame = await read_frame(copy.connection, study_id)
        found = await read_figures(copy.connection, context, study_id)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "figures.html",
        request,
        seat,
        frame=frame,
        copy_seconds=copy.seconds,
        figures=figure_values(words, found),
        unknown=found.unknown,
        counts_corrections=seat.may_anywhere(Action.count_corrections),
    )
