"""`/desk/measures/reads`: a reader's own lists and files, and the lock over all reads (R19).

A file is looked at first and kept nowhere: it travels in the page that shows what it brings, and
is judged again from its first cell when it is handed in. A reader's pages name nobody.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk import reading as service
from pro_service.services.desk.reading import ReadingRoom, UnlockWish
from pro_service.services.desk.seat import Seat
from pro_service.services.measuring.reading import (
    ReadsFileError,
    ReadsLockedError,
    ReadsLockError,
    list_table,
)
from pro_service.store.base.data_out import TakenOut
from pro_service.tables import TableFileError, csv_bytes
from pro_service.web.desk.account.proving import whence
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import WITH_FILES, hands_of, id_in
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.signing.page import PROOF_REFUSED, proof_in, proof_problem
from pro_service.web.desk.taken import csv_file
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import read_form, read_upload

READS: Final = "/desk/measures/reads"
_LARGEST: Final = 512 * 1024
"""Bytes of a file that travels in a page."""
_MOST_NAME: Final = 120
_FIELDS: Final = ("reason", "name")


async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/measures/reads`: a reader's lists; for who keeps data, the lock."""
    return await _page(request, seat)


async def get_list(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/measures/reads/{id}.csv`: a list of one's own, to read by."""
    list_id = id_in(request)
    items = await service.get_list(hands_of(request, seat), list_id)
    taken = TakenOut("reads", f"list={list_id}", len(items))
    return await csv_file(request, seat, "reads.csv", csv_bytes(list_table(items)), taken)


async def look(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/reads/look`: what a file would bring; what cannot be taken is named."""
    _, upload = await read_upload(request, "file", WITH_FILES["desk-reads-look"])
    name, content = upload.name[:_MOST_NAME] or "file", upload.content
    try:
        if len(content) > _LARGEST:
            raise TableFileError(f"The file is larger than {_LARGEST // 1024} kB.")
        found = await service.look_at(hands_of(request, seat), name, content)
    except (TableFileError, ReadsLockedError) as error:
        return await _page(request, seat, file_error=error)
    packed = base64.b64encode(content).decode()
    return request.app[DESK].render(
        "reads_look.html", request, seat, found=found, name=name, packed=packed
    )


async def hand_in(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/reads`: hand in the file that was looked at."""
    form, _ = await read_upload(request, "file", WITH_FILES["desk-reads-take"])
    name = str(form.get("file_name", ""))[:_MOST_NAME] or "file"
    try:
        content = base64.b64decode(str(form.get("packed", "")), validate=True)
    except ValueError:
        raise UnreadableFormError from None
    try:
        await service.hand_in(hands_of(request, seat), name, content)
    except (TableFileError, ReadsLockedError) as error:
        return await _page(request, seat, file_error=error)
    return done(seat, READS, "reads_taken")


async def lock(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/reads/lock`: lock the reads of the study."""
    typed = await _typed(request)
    try:
        await service.lock(hands_of(request, seat), typed["reason"])
    except ReadsLockError as error:
        return await _page(request, seat, typed=typed, lock_error=error)
    return done(seat, READS, "reads_locked")


async def unlock(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/measures/reads/unlock`: sign that the reads are unlocked."""
    form = await read_form(request)
    typed = await _typed(request)
    wish = UnlockWish(typed["name"], typed["reason"], proof_in(form))
    passwords = request.app[DESK].passwords
    try:
        await service.unlock(hands_of(request, seat), passwords, wish, whence(request))
    except (ReadsLockError, *PROOF_REFUSED) as error:
        return await _page(request, seat, typed=typed, lock_error=error)
    return done(seat, READS, "reads_unlocked")


async def _typed(request: web.Request) -> dict[str, str]:
    form = await read_form(request)
    return {name: str(form.get(name, ""))[:2000] for name in _FIELDS}


async def _page(
    request: web.Request,
    seat: Seat,
    *,
    typed: Mapping[str, str] | None = None,
    file_error: TableFileError | ReadsLockedError | None = None,
    lock_error: ProServiceError | None = None,
) -> web.Response:
    room = await service.see_room(hands_of(request, seat))
    desk = request.app[DESK]
    language = language_of(request, seat)
    words = desk.words(language)
    measures = request.app[CONTEXT].catalogue.measures
    refused = file_error is not None or lock_error is not None
    return desk.render(
        "reads.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        frame=room.frame,
        asks_code=seat.row.has_factor,
        typed=typed or dict.fromkeys(_FIELDS, ""),
        lists=[
            {
                "id": str(one.id),
                "measure": measures[one.measure].label[language]
                if one.measure in measures
                else one.measure,
                "items": one.items,
            }
            for one in room.lists
        ],
        file_problem=None if file_error is None else _file_problem(words, file_error),
        file_lines=file_error.mistakes if isinstance(file_error, TableFileError) else (),
        file_told=getattr(file_error, "told", 0),
        lock_problem=None if lock_error is None else _lock_problem(words, lock_error),
        keeps=seat.may_anywhere(Action.lock_reads),
        locks=room.locks,
        locked=room.lock is not None and room.lock.step == "locked",
        lock=_lock_line(words, room),
    )


def _file_problem(words: Words, error: TableFileError | ReadsLockedError) -> str:
    if isinstance(error, ReadsLockedError):
        return words.text("reads.problem_locked")
    key = "rows" if isinstance(error, ReadsFileError) else "file"
    return words.text(f"reads.problem_{key}")


def _lock_problem(words: Words, error: ProServiceError) -> str:
    if isinstance(error, PROOF_REFUSED):
        return words.text(proof_problem(error))
    return words.text(f"reads.problem_{error.word}")


def _lock_line(words: Words, room: ReadingRoom) -> dict[str, Any] | None:
    """The last word on the lock: which, when, whose and why."""
    last = room.lock
    if last is None:
        return None
    at: ZoneInfo = zone(room.sites[0].zone) if room.sites else zone("UTC")
    return {
        "said": words.text(
            f"reads.{last.step}_by",
            at=words.instant(last.recorded_at, at),
            who=words.who(last.actor),
            name=last.printed_name or "",
        ),
        "reason": last.reason,
    }
