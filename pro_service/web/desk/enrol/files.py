"""`/desk/enrol/file`: many enrolled at once from a table, every row shown first, all or none.

The file itself is kept nowhere: what was read of it travels in the page that shows it, and is
checked again from the first cell when it is confirmed.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.services.desk.person import enrolling as service
from pro_service.services.desk.person.sent_forms import FormReusedError
from pro_service.services.desk.seat import Seat
from pro_service.services.visits.enrolment_cells import EnrolmentRefusedError
from pro_service.services.visits.enrolment_table import enrolment_rows_of
from pro_service.tables import TableFileError, read_content
from pro_service.web.desk.enrol.handlers import ADDRESS, render, show_form
from pro_service.web.desk.enrol.previews import preview_of_file
from pro_service.web.desk.enrol.problems import problems_in_words
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.packing import pack, unpack
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import form_key
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form, read_upload

FILE: Final = f"{ADDRESS}/file"
CONFIRM: Final = f"{ADDRESS}/rows"
_KEY_BYTES: Final = 12
_LARGEST: Final = 512 * 1024
"""Bytes of the rows that travel in a page, unpacked."""
_MOST_SHOWN: Final = 50
"""Mistakes that are shown at once."""


async def look(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/enrol/file`: what enrolling the rows of a file would write."""
    form, upload = await read_upload(request, "file")
    words = request.app[DESK].words(language_of(request, seat))
    reason = form.get("file_reason", "").strip() or None
    try:
        table = read_content(upload.name, upload.content)
        cells = [(number, dict(row)) for number, row in enrolment_rows_of(table)]
        found = await service.look_at_rows(hands_of(request, seat), cells, reason=reason)
    except TableFileError as error:
        said = [{"says": words.text("enrol.file_unreadable"), "original": str(error)}]
        return await _refused(request, seat, said)
    except EnrolmentRefusedError as error:
        return await _refused(request, seat, _listed(words, error))
    except service.TooManyRowsError:
        most = words.text("enrol.too_many", most=service.MOST_ROWS)
        return await _refused(request, seat, [{"says": most}])
    except service.NobodyToEnrolError:
        return await _refused(request, seat, [{"says": words.text("enrol.no_rows")}])
    return await render(
        request,
        seat,
        "enrol_rows.html",
        HTTPStatus.OK,
        address=CONFIRM,
        back=ADDRESS,
        packed=pack(cells),
        reason=reason or "",
        key=secrets.token_hex(_KEY_BYTES),
        **preview_of_file(words, found),
    )


async def confirm(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/enrol/rows`: enrol the rows that were shown, all or none."""
    form = await read_form(request)
    words = request.app[DESK].words(language_of(request, seat))
    reason = form.get("reason", "").strip() or None
    cells = unpack(form.get("rows", ""), _LARGEST)
    try:
        codes = await service.enrol_rows(
            hands_of(request, seat), cells, reason=reason, key=form_key(form)
        )
    except EnrolmentRefusedError as error:
        return await _refused(request, seat, _listed(words, error))
    except FormReusedError:
        return await _refused(request, seat, [{"says": words.text("problem.form_reused")}])
    return done(seat, ADDRESS, "enrolled_rows" if len(codes) > 1 else "enrolled_row", code=codes[0])


def _listed(words: Words, error: EnrolmentRefusedError) -> list[dict[str, str]]:
    said = [
        {
            "says": words.text(
                "enrol.row_problem", row=one["row"], column=one["label"], says=one["says"]
            )
        }
        for one in problems_in_words(words, error.problems[:_MOST_SHOWN])
    ]
    more = len(error.problems) - len(said)
    return [*said, {"says": words.text("enrol.more_problems", count=more)}] if more > 0 else said


async def _refused(
    request: web.Request, seat: Seat, problems: list[dict[str, str]]
) -> web.Response:
    response = await show_form(request, seat, file_problems=problems)
    response.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
    return response
