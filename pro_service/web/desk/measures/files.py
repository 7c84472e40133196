"""`/desk/measures`: a file of values, every row shown first, then kept all or none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from pro_service.domain.measures.model import Measure
from pro_service.domain.study.permissions import Action
from pro_service.services.desk import measuring as service
from pro_service.services.desk.actions import may_everywhere
from pro_service.services.desk.measuring import MOST_ROWS, TooManyValuesError
from pro_service.services.desk.seat import ReasonMissingError, Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.services.measuring import (
    BroughtFile,
    FileEmptyError,
    LookedFile,
    LookedRow,
    ValuesRefusedError,
    measure_rows_of,
)
from pro_service.tables import TableFileError, read_content
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import WITH_FILES, hands_of
from pro_service.web.desk.measures.said import refusal_in_words, value_in_words
from pro_service.web.desk.packing import pack, unpack
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import read_upload

ADDRESS: Final = "/desk/measures"
_LARGEST: Final = 8 * 1024 * 1024
"""Bytes of the rows that travel in a page, unpacked."""
_LONGEST_NAME: Final = 200
_MOST_SHOWN: Final = 500
"""Rows of one fate that are shown."""


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/measures`: the form for a file."""
    return await _room(request, seat)


async def look(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/file`: what would become of each row; nothing is kept."""
    form, upload = await read_upload(request, "file", WITH_FILES["desk-measure-file"])
    words = request.app[DESK].words(language_of(request, seat))
    reason = form.get("reason", "").strip()
    if not reason:
        return await _room(request, seat, words.text("measures.reason_missing"))
    try:
        rows = measure_rows_of(read_content(upload.name, upload.content))
        sha256 = hashlib.sha256(upload.content).hexdigest()
        file = BroughtFile(upload.name[:_LONGEST_NAME], sha256, rows)
        looked = await service.look(hands_of(request, seat), file)
    except TableFileError as error:
        said = words.text("measures.file_unreadable")
        return await _room(request, seat, said, original=str(error), reason=reason)
    except TooManyValuesError:
        said = words.text("measures.too_many", most=MOST_ROWS)
        return await _room(request, seat, said, reason=reason)
    except FileEmptyError:
        return await _room(request, seat, words.text("measures.no_rows"), reason=reason)
    return await _looked(request, seat, file, looked, reason)


async def confirm(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/rows`: keep the rows that were shown, all or none."""
    form, _ = await read_upload(request, "file", WITH_FILES["desk-measure-rows"])
    rows, sha256 = unpack(form.get("rows", ""), _LARGEST), form.get("sha256", "")
    name, reason = form.get("name", "")[:_LONGEST_NAME], form.get("reason", "")
    if not name or len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise UnreadableFormError
    file = BroughtFile(name, sha256, rows)
    try:
        kept = await service.bring(hands_of(request, seat), file, reason)
    except ValuesRefusedError as error:
        return await _looked(request, seat, file, error.looked, reason)
    except (ReasonMissingError, TooManyValuesError, FileEmptyError):
        raise UnreadableFormError from None
    wrote = kept.count("new") + kept.count("changed")
    return done(seat, ADDRESS, "measures_brought" if wrote else "measures_stood")


async def _room(
    request: web.Request, seat: Seat, problem: str = "", *, original: str = "", reason: str = ""
) -> web.Response:
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, seat.study_id)
    return request.app[DESK].render(
        "measure_files.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        frame=frame,
        address=ADDRESS,
        problem=problem,
        original=original,
        reason=reason,
        most=MOST_ROWS,
        hands_out=await may_everywhere(hands_of(request, seat), Action.hand_out_reads),
    )


async def _looked(
    request: web.Request, seat: Seat, file: BroughtFile, looked: LookedFile, reason: str
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    measures = request.app[CONTEXT].catalogue.measures
    shown = [
        (fate, _group([one for one in looked.rows if one.fate == fate], words, measures))
        for fate in (None, "changed", "new", "same")
    ]
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, seat.study_id)
    return desk.render(
        "measure_rows.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if looked.refused else HTTPStatus.OK,
        frame=frame,
        address=ADDRESS,
        groups=[
            {"name": fate or "refused", **group, "title": words.text(
                f"measures.rows_{fate or 'refused'}", count=group["total"])}
            for fate, group in shown
            if group["total"]
        ],
        refused=len(looked.refused),
        writes=looked.count("new") + looked.count("changed"),
        name=file.name,
        sha256=file.sha256,
        packed=pack(file.rows),
        reason=reason,
    )  # fmt: skip


def _group(rows: Sequence[LookedRow], words: Words, measures: Any) -> dict[str, Any]:
    return {
        "total": len(rows),
        "rows": [_row(words, one, measures) for one in rows[:_MOST_SHOWN]],
    }


def _row(words: Words, row: LookedRow, measures: Any) -> dict[str, Any]:
    """A row as it stands in the file; of what it would change, what stands now."""
    cells = row.cells
    places = (cells.get(name, "") for name in ("knee", "region", "layer", "visit", "reader"))
    measure: Measure | None = measures.get(cells.get("measure", "").strip().lower())
    before = ""
    if measure is not None and row.before is not None and row.fate == "changed":
        before = value_in_words(words, measure, row.before.value, row.before.gap)
    return {
        "number": row.number,
        "code": row.code,
        "measure": cells.get("measure", "") if measure is None else words.chosen(measure.label),
        "place": " · ".join(one for one in places if one),
        "exam_on": cells.get("exam_on", ""),
        "value": cells.get("value", "") or cells.get("missing", ""),
        "before": before,
        "column": None
        if row.refused is None
        else words.word("measures.column", row.refused.column),
        "refused": None if row.refused is None else refusal_in_words(words, row.refused),
    }
