"""`/desk/staff`: who works here, and inviting somebody."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.study.permissions import Action
from pro_service.services.desk import keeping as service
from pro_service.services.desk.keeping import Handed
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.services.study import Joining
from pro_service.store.account.keeping import KeptPerson
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of
from pro_service.web.desk.keeping.fields import (
    REFUSALS,
    field_error,
    invitation_fields,
    read_invitation,
)
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import FieldError, Typed
from pro_service.web.desk.words import Words
from pro_service.web.keys import POOLS, TELLING
from pro_service.web.requests import read_form

STAFF: Final = "/desk/staff"
INVITE: Final = f"{STAFF}/invite"


async def _show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/staff`: everybody at the administrator's sites, those who left at the end."""
    people = await service.read_staff(hands_of(request, seat))
    words = request.app[DESK].words(language_of(request, seat))
    return await render(
        request,
        seat,
        "staff.html",
        people=[person_values(words, seat, one) for one in people if not one.ended],
        gone=[person_values(words, seat, one) for one in people if one.ended],
    )


show = for_staff(_show, Action.keep_staff)


async def _show_invite(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/staff/invite`."""
    return await _form(request, seat, Typed(MultiDict()))


show_invite = for_staff(_show_invite, Action.keep_staff)


async def invite(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/staff/invite`: the link, shown this once where it was not sent."""
    typed = Typed(await read_form(request))
    try:
        who = read_invitation(typed)
        handed = await service.invite(hands_of(request, seat), request.app[TELLING], who)
    except FieldError as error:
        return await _form(request, seat, typed, error)
    except REFUSALS as error:
        return await _form(request, seat, typed, field_error(error))
    return await answer_link(request, seat, handed, STAFF)


async def answer_link(request: web.Request, seat: Seat, handed: Handed, back: str) -> web.Response:
    """What inviting or resetting came to: a sentence, or the page with the link to hand on."""
    if handed.link is None:
        key = "staff_member" if handed.joining is Joining.member else "staff_joined"
        return done(seat, back, key, code=handed.login)
    if handed.sent:
        return done(seat, back, "staff_link_sent", code=handed.login)
    return await render(
        request, seat, "staff_link.html", link=handed.link, back_to=back, login_of=handed.login
    )


async def render(
    request: web.Request,
    seat: Seat,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    **values: Any,
) -> web.Response:
    """One page of the administrators' rooms."""
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, seat.study_id)
    return request.app[DESK].render(template, request, seat, status=status, frame=frame, **values)


def person_values(words: Words, seat: Seat, one: KeptPerson) -> dict[str, Any]:
    """Somebody of the staff as the templates show them."""
    return {
        "path": f"{STAFF}/{one.staff_id}",
        "login": one.login,
        "name": one.name,
        "mine": one.person_id == seat.row.person_id,
        "stopped": one.stopped,
        "ended": one.ended,
        "kept": one.kept,
        "resettable": one.resettable,
        "has_factor": one.has_factor,
        "state": words.text(f"staff.state.{_state(one)}"),
        "waits": one.link_kind is not None or not one.has_password,
        "roles": [
            {
                "id": held.id,
                "kept": held.kept,
                "says": f"{words.word('role', held.role)} · "
                f"{held.site or words.text('studies.everywhere')}",
            }
            for held in one.roles
        ],
    }


def _state(one: KeptPerson) -> str:
    if one.stopped:
        return "stopped"
    if one.ended:
        return "ended"
    if one.link_kind is not None:
        return one.link_kind
    if not one.has_password:
        return "no_password"
    return "factor" if one.has_factor else "active"


async def _form(
    request: web.Request, seat: Seat, typed: Typed, problem: FieldError | None = None
) -> web.Response:
    words = request.app[DESK].words(language_of(request, seat))
    sites = await service.read_sites(hands_of(request, seat), Action.keep_staff)
    return await render(
        request,
        seat,
        "staff_invite.html",
        HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        fields=typed.shown(invitation_fields(words, sites), problem),
        problem=None if problem is None else words.text(f"problem.field.{problem.word}"),
        address=INVITE,
        here=INVITE,
    )
