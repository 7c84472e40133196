"""`/desk/staff/{id}`: one of the staff: roles given and taken back, resets, their leaving."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.study.permissions import Action
from pro_service.services.desk import keeping as service
from pro_service.services.desk.seat import Seat
from pro_service.services.study import AddressError
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of, id_in, uuid_of
from pro_service.web.desk.keeping.fields import REFUSALS, field_error, read_role, role_fields
from pro_service.web.desk.keeping.staff import STAFF, answer_link, person_values, render
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import FieldError, Typed
from pro_service.web.keys import TELLING
from pro_service.web.requests import read_form


async def _show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/staff/{id}`."""
    return await _page(request, seat, Typed(MultiDict()))


show = for_staff(_show, Action.keep_staff)


async def give_role(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/staff/{id}/role`: a further role; of one that un-blinds it asks why."""
    typed, hands = Typed(await read_form(request)), hands_of(request, seat)
    try:
        role, site, reason = read_role(typed)
        person = await service.give_role(hands, id_in(request), role, site, reason)
    except FieldError as error:
        return await _page(request, seat, typed, error)
    except REFUSALS as error:
        return await _page(request, seat, typed, field_error(error))
    return done(seat, _path(request), "role_given", code=person.login, what=("role", role))


async def end_role(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/staff/{id}/role/end`."""
    form = await read_form(request)
    person = await service.end_role(
        hands_of(request, seat),
        id_in(request),
        uuid_of(form.get("role", "")),
        form.get("reason", ""),
    )
    return done(seat, _path(request), "role_ended", code=person.login)


async def reset_password(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/staff/{id}/reset`: a link, sent or shown this once."""
    form, telling = await read_form(request), request.app[TELLING]
    email, reason = form.get("email", ""), form.get("reason", "")
    try:
        handed = await service.reset_password(
            hands_of(request, seat), telling, id_in(request), email, reason
        )
    except AddressError as error:
        return await _page(request, seat, Typed(MultiDict()), field_error(error))
    return await answer_link(request, seat, handed, _path(request))


async def reset_factor(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/staff/{id}/factor`: the next sign-in sets up another, if their role needs one."""
    reason = (await read_form(request)).get("reason", "")
    person = await service.reset_second_factor(hands_of(request, seat), id_in(request), reason)
    return done(seat, _path(request), "factor_reset", code=person.login)


async def end(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/staff/{id}/end`: their work in this study ends."""
    reason = (await read_form(request)).get("reason", "")
    person = await service.end_member(hands_of(request, seat), id_in(request), reason)
    return done(seat, STAFF, "staff_ended", code=person.login)


def _path(request: web.Request) -> str:
    return f"{STAFF}/{id_in(request)}"


async def _page(
    request: web.Request, seat: Seat, typed: Typed, problem: FieldError | None = None
) -> web.Response:
    hands = hands_of(request, seat)
    words = request.app[DESK].words(language_of(request, seat))
    person, left = await service.read_person(hands, id_in(request))
    sites = await service.read_sites(hands, Action.keep_staff)
    open_things = [
        words.text(f"staff.left_{name}", count=count)
        for name, count in left._asdict().items()
        if count
    ]
    return await render(
        request,
        seat,
        "staff_person.html",
        HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        person=person_values(words, seat, person),
        left=open_things,
        fields=typed.shown(role_fields(words, sites), problem),
        problem=None if problem is None else words.text(f"problem.field.{problem.word}"),
        here=_path(request),
        mails=request.app[TELLING] is not None,
    )
