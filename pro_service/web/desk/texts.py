"""The room of texts: what participants wrote in words and somebody must read."""

from __future__ import annotations

from aiohttp import web

from pro_service.services.desk import today as service
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.live.events import lively
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.today.rows import texts_values
from pro_service.web.keys import CONTEXT, POOLS


@for_record_staff
async def show_texts(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/texts`: texts to read, those that name a sign of harm first."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await service.list_sites(connection, study_id)
        texts, here = await service.list_texts(connection, context, study_id)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    page = desk.render(
        "texts.html",
        request,
        seat,
        frame=frame,
        texts=texts_values(words, {site.id: site for site in sites}, texts, here, actor=seat.actor),
        total=texts[0].row.total if texts else 0,
    )
    return lively(page)
