"""`/desk/enrol`: somebody typed in, checked at each sending and looked at before it is written."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.person import enrolling as service
from pro_service.services.desk.person.sent_forms import FormReusedError
from pro_service.services.desk.seat import Seat
from pro_service.services.visits.enrolment_cells import EnrolmentRefusedError
from pro_service.store.base import operations
from pro_service.web.desk.enrol.fields import NAMES, REASON, enrolment_fields
from pro_service.web.desk.enrol.previews import preview_of_one
from pro_service.web.desk.enrol.problems import problems_in_words
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import Typed
from pro_service.web.desk.person.sheets import form_key, page_of
from pro_service.web.keys import CONTEXT
from pro_service.web.requests import Form, read_form

ADDRESS: Final = "/desk/enrol"
_KEY_BYTES: Final = 12
_ROW: Final = 1
"""The number of the only row of a form."""


async def _show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/enrol`: the form, and the way to enrol by file."""
    return await show_form(request, seat)


show = for_staff(_show, Action.enrol)


async def send(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/enrol`: check it, show what would be written, or write it; then the card."""
    form = await read_form(request)
    step = form.get("step", "look")
    if step == "edit":
        return await show_form(request, seat, form)
    hands, reason = hands_of(request, seat), _reason(form)
    cells: service.Cells = [(_ROW, {name: form.get(name, "") for name in NAMES})]
    try:
        if step == "do":
            (code,) = await service.enrol_rows(hands, cells, reason=reason, key=form_key(form))
            return done(seat, f"{page_of(code)}/card", "enrolled", code=code)
        found = await service.look_at_rows(hands, cells, reason=reason)
    except EnrolmentRefusedError as error:
        return await show_form(request, seat, form, error)
    except FormReusedError:
        return await _reused(request, seat, form)
    words = request.app[DESK].words(language_of(request, seat))
    return await render(
        request,
        seat,
        "enrol_look.html",
        HTTPStatus.OK,
        address=ADDRESS,
        one=preview_of_one(words, request.app[CONTEXT], found),
        typed=[(name, form.get(name, "")) for name in (*NAMES, REASON)],
        key=secrets.token_hex(_KEY_BYTES),
    )


async def _reused(request: web.Request, seat: Seat, form: Form) -> web.Response:
    """The form again: what was sent with its key before was enrolled, what it says now was not."""
    words = request.app[DESK].words(language_of(request, seat))
    says = words.text("problem.form_reused")
    problem = {"column": "code", "label": words.text("enrol.column.code"), "says": says}
    response = await show_form(request, seat, form, problems=[problem])
    response.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
    return response


async def show_form(
    request: web.Request,
    seat: Seat,
    form: Form | None = None,
    error: EnrolmentRefusedError | None = None,
    **values: Any,
) -> web.Response:
    """The form with what was typed, and what is wrong with it."""
    words = request.app[DESK].words(language_of(request, seat))
    sites = await service.list_sites(hands_of(request, seat))
    typed = Typed(
        MultiDict()
        if form is None
        else MultiDict((one, form.get(one, "")) for one in (*NAMES, REASON))
    )
    problems = [] if error is None else problems_in_words(words, error.problems)
    wrong = {one["column"] for one in problems}
    fields = [
        one | {"wrong": one["name"] in wrong}
        for one in typed.shown(enrolment_fields(words, sites), None)
    ]
    status = HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY
    given: dict[str, Any] = {"problems": problems, "fields": fields, "sites": sites}
    given |= {"file_problems": []}
    return await render(request, seat, "enrol.html", status, **(given | values))


async def render(
    request: web.Request, seat: Seat, template: str, status: HTTPStatus, **values: Any
) -> web.Response:
    """One page of enrolment."""
    kind = await operations.get_database_kind(hands_of(request, seat).clerk)
    here = ADDRESS
    return request.app[DESK].render(
        template,
        request,
        seat,
        status=status,
        kind=kind,
        here=here,
        most=service.MOST_ROWS,
        **values,
    )


def _reason(form: Form) -> str | None:
    return form.get(REASON, "").strip() or None
