"""`/desk/exports`: what may be had as a file, what was asked for, and the files themselves."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from pro_service.domain.study.times import local_instant, zone
from pro_service.services.desk import exporting as service
from pro_service.services.desk.exporting import ExportRefusedError, ExportRoom, ExportWish
from pro_service.services.desk.seat import Seat
from pro_service.services.exports import ReadsOpenError
from pro_service.web.desk.exporting.shown import RoomShown
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of, id_in
from pro_service.web.desk.live.events import lively
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.requests import Form, read_form

ROOM: Final = "/desk/exports"
_OPEN: Final = "reads_open"
_TIME: Final = "time"


async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/exports`: the form, and how far one's own files are."""
    return await _room(request, seat)


async def ask(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/exports`: let a file be made."""
    form = await read_form(request)
    hands = hands_of(request, seat)
    try:
        wish = _wish(form, await service.read_exports(hands))
    except (ValueError, OverflowError):
        return await _room(request, seat, form, _TIME)
    try:
        await service.ask_export(hands, wish)
    except ExportRefusedError as error:
        return await _room(request, seat, form, error.word)
    except ReadsOpenError:
        return await _room(request, seat, form, _OPEN)
    return done(seat, ROOM, "export_asked")


async def download(request: web.Request, seat: Seat) -> web.StreamResponse:
    """`GET /desk/exports/{id}.zip`: a file of one's own, once the record says it is taken."""
    hands, job_id = hands_of(request, seat), id_in(request)
    try:
        found = await service.find_file(hands, job_id)
    except ExportRefusedError as error:
        return await _room(request, seat, None, error.word)
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "application/zip",
            hdrs.CONTENT_LENGTH: str(found.file_bytes),
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{found.file_name}"',
        }
    )
    await response.prepare(request)
    part = 0
    while (content := await service.read_part(hands, job_id, part)) is not None:
        await response.write(content)
        part += 1
    await response.write_eof()
    return response


def _wish(form: Form, room: ExportRoom) -> ExportWish:
    """What the form asks for. Raises ValueError for a time that is none, OverflowError for one that
    is before the first.
    """
    which = form.get("which", "now")
    as_of = None
    if which == "at":
        at = datetime.fromisoformat(form.get("at", ""))
        if at.tzinfo is not None or not room.sites:
            raise ValueError
        as_of = local_instant(at.date(), at.time(), zone(room.sites[0].zone))
    cut = form.get("cut", "") if which == "cut" else None
    return ExportWish(form.getall("table", []), form.getall("format", []), as_of, cut)


async def _room(
    request: web.Request, seat: Seat, form: Form | None = None, problem: str | None = None
) -> web.Response:
    room = await service.read_exports(hands_of(request, seat))
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    values: dict[str, Any] = RoomShown(words, room, form).values()
    page = desk.render(
        "exports.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        frame=room.frame,
        address=ROOM,
        problem=None if problem is None else words.text(f"exports.refused_{problem}"),
        **values,
    )
    return lively(page)
