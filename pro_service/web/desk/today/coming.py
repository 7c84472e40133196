"""Who comes to the clinic, on paper: day by day, what is to be done before, room to write (R24)."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from aiohttp import web

from pro_service.services.desk import today as service
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import read_frame, read_owing, read_week
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.today.said import clock
from pro_service.web.desk.today.week import owing_rows, week_lists, week_total
from pro_service.web.keys import CONTEXT, POOLS

MOST: Final = 1000
"""Rows of the list; who comes within a week fits on paper."""


@for_record_staff
async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/week/print`: a table for each day on which somebody comes."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await service.list_sites(connection, study_id)
        week = await read_week(connection, context, study_id, frame.now, MOST)
        owing = await read_owing(connection, study_id, frame.now, week.protocols, sites, MOST)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    rows = week_lists(words, sites, week)["clinic"]
    # The rows come day by day already.
    days = [
        {"said": words.day(day), "rows": list(there)}
        for day, there in groupby(rows, key=lambda one: one["day"])
    ]
    values: dict[str, Any] = {
        **clock(words, sites, frame.now),
        "days": days,
        "shown": len(rows),
        "total": week_total(week, "clinic"),
        "sites": len(sites) > 1,
        "consents": {one["code"]: one for one in owing_rows(words, sites, owing, frame.now)},
    }
    return desk.render("week_print.html", request, seat, frame=frame, **values)
