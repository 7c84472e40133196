"""`/desk/measures/hand-out`: examinations brought, lists of reads given, keys taken out (R19).

A table of examinations is looked at first and kept nowhere: it travels in the page that shows what
it brings, and is judged again from its first cell when it is brought.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from pro_service.domain.study.times import zone
from pro_service.services.desk.measuring import handing_out as service
from pro_service.services.desk.seat import NotAllowedError, Seat, at_desk
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.measuring.reading import LookedExam, ReadListError
from pro_service.store.base.data_out import TakenOut
from pro_service.store.measuring.reads import ListGiven, Purpose
from pro_service.tables import TableFileError, csv_bytes
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import WITH_FILES, hands_of, id_in
from pro_service.web.desk.measures.said import refusal_in_words
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.taken import csv_file
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import read_form, read_upload

ADDRESS: Final = "/desk/measures/hand-out"
_LARGEST: Final = 512 * 1024
"""Bytes of a table that travels in a page."""
_MOST_NAME: Final = 120
_MOST_SHOWN: Final = 500
_FIELDS: Final = ("measure", "reader", "purpose")


async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET`: what was handed out, and the forms that hand out more."""
    return await _page(request, seat)


async def give(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/hand-out/lists`: hand a reader a list, or another what is to settle."""
    form = await read_form(request)
    typed = {name: str(form.get(name, ""))[:_MOST_NAME] for name in _FIELDS}
    purpose: Purpose = "adjudication" if typed["purpose"] == "adjudication" else "read"
    try:
        wish = service.Wish(typed["measure"], typed["reader"], purpose)
        await service.give(hands_of(request, seat), wish)
    except ReadListError as error:
        return await _page(request, seat, typed=typed, list_error=error)
    return done(seat, ADDRESS, "reads_given")


async def get_key(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/measures/hand-out/{id}/key.csv`: whose each pseudonym of a list is."""
    list_id = id_in(request)
    text, lines = await service.get_key(hands_of(request, seat), list_id)
    taken = TakenOut("read_key", f"list={list_id}", lines)
    return await csv_file(request, seat, "key.csv", csv_bytes(text), taken)


async def look(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/hand-out/look`: what would become of each examination of a table."""
    _, upload = await read_upload(request, "file", WITH_FILES["desk-exams-look"])
    name, content = upload.name[:_MOST_NAME] or "file", upload.content
    try:
        if len(content) > _LARGEST:
            raise TableFileError(f"The file is larger than {_LARGEST // 1024} kB.")
        looked = await service.look_at_exams(hands_of(request, seat), name, content)
    except TableFileError as error:
        return await _page(request, seat, file_error=error)
    words = request.app[DESK].words(language_of(request, seat))
    refused = sum(one.refused is not None for one in looked)
    known = sum(one.known for one in looked)
    return request.app[DESK].render(
        "exams_look.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        address=ADDRESS,
        name=name,
        packed=base64.b64encode(content).decode(),
        refused=refused,
        known=known,
        new=len(looked) - known - refused,
        total=len(looked),
        rows=[_row(words, one) for one in _refused_first(looked)],
    )


async def bring(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/hand-out/exams`: keep the examinations that were looked at."""
    form, _ = await read_upload(request, "file", WITH_FILES["desk-exams-bring"])
    name = str(form.get("file_name", ""))[:_MOST_NAME] or "file"
    try:
        content = base64.b64decode(str(form.get("packed", "")), validate=True)
    except ValueError:
        raise UnreadableFormError from None
    try:
        await service.bring_exams(hands_of(request, seat), name, content)
    except TableFileError as error:
        return await _page(request, seat, file_error=error)
    return done(seat, ADDRESS, "exams_brought")


async def _page(
    request: web.Request,
    seat: Seat,
    *,
    typed: Mapping[str, str] | None = None,
    list_error: ReadListError | None = None,
    file_error: TableFileError | None = None,
) -> web.Response:
    given = await service.see_given(hands_of(request, seat))
    if given is None:
        raise NotAllowedError
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, seat.study_id)
        sites = await list_sites(connection, seat.study_id)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    measures = request.app[CONTEXT].catalogue.measures
    at = zone(sites[0].zone if sites else "UTC")
    named = {one: words.chosen(measure.label) for one, measure in measures.items()}
    return desk.render(
        "hand_out.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if list_error or file_error else HTTPStatus.OK,
        frame=frame,
        address=ADDRESS,
        typed=typed or dict.fromkeys(_FIELDS, ""),
        measures=[(one, named[one]) for one in given.measures],
        readers=given.readers,
        lists=[_list(words, one, named) | {"at": words.instant(one.recorded_at, at)}
               for one in given.lists],
        problem=None if list_error is None else words.text(f"reads.list_{list_error.word}"),
        file_lines=() if file_error is None else file_error.mistakes,
    )  # fmt: skip


def _list(words: Words, one: ListGiven, named: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "measure": named.get(one.measure, one.measure),
        "reader": one.reader,
        "purpose": words.text(f"reads.purpose_{one.purpose}"),
        "items": one.items,
        "read": one.read_items,
        "who": words.who(one.actor),
    }


def _refused_first(looked: list[LookedExam]) -> Iterator[LookedExam]:
    yield from sorted(looked, key=lambda one: one.refused is None)[:_MOST_SHOWN]


def _row(words: Words, one: LookedExam) -> dict[str, Any]:
    """An examination as it stands in the table, the days of its visit, and what becomes of it."""
    days = one.days
    fate = words.text("reads.exam_known" if one.known else "reads.exam_new")
    if one.refused is not None:
        column = words.word("measures.column", one.refused.column)
        fate = f"{column}: {refusal_in_words(words, one.refused)}"
    return {
        "number": one.row,
        "code": one.cells["participant"],
        "visit": one.cells["visit"],
        "knee": one.cells["knee"],
        "exam_on": one.cells["exam_on"],
        "days": "" if days is None else f"{words.day(days[0])} – {words.day(days[1])}",
        "fate": fate,
    }
