"""`/desk/measures/correlate`: planned correlations first, then what is found by looking.

A form runs one, which is kept; the page it leads to works it out again as of the run's instant.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.services.desk.charting.correlating import read_room, run_correlation
from pro_service.services.desk.seat import Seat
from pro_service.services.measuring.correlating import (
    Asked,
    NoPairingError,
    NotOpenError,
    QuestionError,
    Wish,
)
from pro_service.web.desk.correlating.shown import RoomShown
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of, uuid_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import Form, read_form

ROOM: Final = "/desk/measures/correlate"
_REFUSED: Final = {
    NotOpenError: ("corr.refused_open", HTTPStatus.CONFLICT),
    QuestionError: ("corr.refused_question", HTTPStatus.UNPROCESSABLE_ENTITY),
    NoPairingError: ("corr.refused_days", HTTPStatus.UNPROCESSABLE_ENTITY),
}


async def show(request: web.Request, seat: Seat) -> web.Response:
    """The room, with what a run found where the address names one."""
    named = request.query.get("run")
    return await _show(request, seat, run=named)


async def run(request: web.Request, seat: Seat) -> web.Response:
    """`POST`: run one correlation, keep it, and lead to what it found."""
    form = await read_form(request)
    try:
        made = await run_correlation(hands_of(request, seat), _asked(form), _wish(form))
    except (NotOpenError, QuestionError, NoPairingError) as error:
        key, status = _REFUSED[type(error)]
        return await _show(request, seat, problem=key, typed=form, status=status)
    return done(seat, f"{ROOM}?run={made.id}", "correlated")


async def _show(
    request: web.Request,
    seat: Seat,
    *,
    run: str | None = None,
    problem: str | None = None,
    typed: Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    run_id = None if run is None else uuid_of(run)
    found = await read_room(request.app[POOLS].desk, request.app[CONTEXT], seat, run_id)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    measures = request.app[CONTEXT].catalogue.measures
    shown = RoomShown(words, found, measures, {} if typed is None else typed)
    return desk.render(
        "correlate.html",
        request,
        seat,
        status=status,
        frame=found.frame,
        problem=None if problem is None else words.text(problem),
        room=shown.values(),
    )


def _asked(form: Form) -> Asked:
    measure, region, layer = (*str(form.get("part", "")).split("/"), "", "", "")[:3]
    visit = str(form.get("visit", ""))
    return Asked(str(form.get("score", "")), measure, region or None, layer or None, visit or None)


def _wish(form: Form) -> Wish:
    days = str(form.get("days", "")).strip()
    within = int(days) if days.isascii() and days.isdecimal() and len(days) < 4 else None
    return Wish(str(form.get("look", "")) or None, within)
