"""`GET /desk/participants/{code}/trajectory`: one participant's scores over time, to look at and
to print."""

from __future__ import annotations

from aiohttp import web

from pro_service.services.desk.charting.reading import read_charted
from pro_service.services.desk.seat import Seat
from pro_service.web.desk.charting.course import CourseShown
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.keys import CONTEXT, POOLS


async def show_trajectory(request: web.Request, seat: Seat) -> web.Response:
    """The page; for whoever may not see scores the refusal, and no chart."""
    code = request.match_info["code"]
    found = await read_charted(request.app[POOLS].desk, request.app[CONTEXT], seat, code)
    desk = request.app[DESK]
    shown = CourseShown(desk.words(language_of(request, seat)), found.timeline, found.courses)
    return desk.render(
        "trajectory.html",
        request,
        seat,
        frame=found.frame,
        code=code,
        zone=found.timeline.document.zone,
        course=shown.values(),
    )
