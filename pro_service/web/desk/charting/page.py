"""`GET /desk/participants/{code}/trajectory`: one participant's scores and measures over time, to
look at and to print."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pro_service.services.desk.charting.reading import read_charted
from pro_service.services.desk.seat import Seat
from pro_service.store.answering.history import SittingSeen
from pro_service.web.desk.charting.course import CourseShown
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS


async def show_trajectory(request: web.Request, seat: Seat) -> web.Response:
    """The page; for whoever may see neither scores nor measures the refusal, and no chart."""
    code = request.match_info["code"]
    found = await read_charted(request.app[POOLS].desk, request.app[CONTEXT], seat, code)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    shown = CourseShown(words, found.timeline, found.courses, found.measures)
    return desk.render(
        "trajectory.html",
        request,
        seat,
        frame=found.frame,
        code=code,
        may_read_scores=found.timeline.document.may_read_scores,
        zone=found.timeline.document.zone,
        course=shown.values(),
        history=[_past(words, one) for one in found.history],
    )


def _past(words: Words, one: SittingSeen) -> dict[str, Any]:
    """A sitting of an earlier study, with its scores and where it came from."""
    return {
        "day": words.day(one.answered_on),
        "asked": words.asked(one.instrument, one.target),
        "scores": [
            {"scale": words.word("scale", each["scale"]), "raw": words.score(each["raw"])}
            for each in one.scores
        ],
        "source": words.text("course.history_source", file=one.file_name, row=one.source_row),
    }
