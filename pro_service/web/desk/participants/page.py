"""Participants by visits, narrowed by filters, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from pro_service.domain.study.assessments import AssessmentState
from pro_service.services.desk import today as service
from pro_service.services.desk.frame import read_frame
from pro_service.services.desk.grid import FIGURES, GridQuery, derive_grid, read_grid
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.web.desk.guard import for_staff
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.participants.rows import grid_values
from pro_service.web.keys import CONTEXT, POOLS

_LONGEST_FILTER: Final = 100
_FILTERS: Final = ("site", "code", "state", "visit", "figure")


@for_staff
async def show_participants(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants`: who takes part, by visits, then the figures."""
    context, study_id = request.app[CONTEXT], seat.study_id
    query = _query(request.query)
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await service.list_sites(connection, study_id)
        facts = await read_grid(connection, context, study_id, query)
    grid = await derive_grid(facts)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "participants.html",
        request,
        seat,
        frame=frame,
        sites=sites,
        query=query,
        filtered=any(request.query.get(name) for name in _FILTERS),
        **grid_values(words, grid, query),
    )


def _query(given: Mapping[str, str]) -> GridQuery:
    """The filters; what cannot be read narrows nothing."""
    page = given.get("page", "1")
    state = given.get("state", "")
    return GridQuery(
        site=given.get("site", "")[:_LONGEST_FILTER] or None,
        code=given.get("code", "").strip()[:_LONGEST_FILTER] or None,
        state=AssessmentState(state) if state in AssessmentState.__members__ else None,
        visit=given.get("visit", "")[:_LONGEST_FILTER] or None,
        figure=next((one for one in FIGURES if one == given.get("figure")), None),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )
