"""One participant's page, and the forms of several rooms.

GET changes nothing in the record; every POST ends in a redirect that says what was done.
"""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from pro_service.services.desk import actions, calls
from pro_service.services.desk.frame import read_frame
from pro_service.services.desk.seat import NotHereError, Seat, at_desk
from pro_service.services.desk.staff_turns import find_facts_to_act
from pro_service.services.desk.timeline import derive_timeline, read_timeline
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of, way_back
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.pausing import pause_values
from pro_service.web.desk.person.head import Head, masks_of
from pro_service.web.desk.timeline import timeline_values
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import read_form


@for_staff
async def show_participant(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}`: one participant's timeline, or the page for nothing here."""
    context, code = request.app[CONTEXT], request.match_info["code"]
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, context, seat.study_id, code)
        frame = await read_frame(connection, seat.study_id)
    timeline = derive_timeline(context, facts)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    # A former site reads its own period and acts no more.
    place = next((one.site_id for one in timeline.document.placings if one.valid_to is None), None)
    values = timeline_values(words, timeline)
    pause = pause_values(words, timeline, place, seat)
    acted_for = await find_facts_to_act(hands_of(request, seat), code)
    head = Head(words, timeline, acted_for).values(seat, place, masks_of(context, acted_for))
    return desk.render(
        "participant.html",
        request,
        seat,
        frame=frame,
        place=place,
        pause=pause,
        head=head,
        **values,
    )


async def see_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/seen`."""
    form = await read_form(request)
    place = await actions.see_alert(hands_of(request, seat), _id(request))
    return done(seat, way_back(form), "alert_seen", code=place.code)


async def act_on_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/acted`: what was done, in words."""
    form = await read_form(request)
    words = str(form.get("action", ""))
    place = await actions.act_on_alert(hands_of(request, seat), _id(request), words)
    return done(seat, way_back(form), "alert_acted", code=place.code)


async def close_call(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/calls/{id}/close`: what came of it, with a note, and whose telephone was rung."""
    form = await read_form(request)
    rung = str(form.get("contact", ""))
    given = calls.CallSaid(
        str(form.get("outcome", "")), str(form.get("note", "")), _uuid(rung) if rung else None
    )
    place = await calls.close_call(hands_of(request, seat), _id(request), given)
    return done(seat, way_back(form), "call_closed", code=place.code)


async def deal_with_message(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/messages/{id}/dealt`: what was done about a text of unknown fate."""
    form = await read_form(request)
    note = str(form.get("note", ""))
    place = await actions.deal_with_message(hands_of(request, seat), _id(request), note)
    return done(seat, way_back(form), "message_dealt", code=place.code)


async def read_text(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/read`."""
    form = await read_form(request)
    await actions.mark_text_read(hands_of(request, seat), _id(request))
    return done(seat, way_back(form), "text_read")


@for_staff
async def not_there(request: web.Request, seat: Seat) -> web.Response:
    """Every other address: the same page as for another site's participant."""
    return request.app[DESK].failure(request, seat, HTTPStatus.NOT_FOUND)


async def get_static(request: web.Request) -> web.Response:
    """`GET /desk/static/{name}`: the style sheet."""
    return request.app[DESK].file(request)


def _id(request: web.Request) -> UUID:
    return _uuid(request.match_info["id"])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotHereError from None
