"""The desk's pages. GET changes nothing in the record; every POST ends in a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.permissions import Action
from pro_service.services.desk import actions, calls
from pro_service.services.desk import today as service
from pro_service.services.desk.grid import FIGURES, GridQuery, derive_grid, read_grid
from pro_service.services.desk.seat import NotHereError, Seat, at_desk
from pro_service.services.desk.staff_turns import find_facts_to_act
from pro_service.services.desk.timeline import derive_timeline, read_timeline
from pro_service.web.desk.first_page import first_page_values, held_words
from pro_service.web.desk.guard import for_staff, hands_of, way_back
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.pausing import pause_values
from pro_service.web.desk.person.done import done_in_words
from pro_service.web.desk.person.head import Head, masks_of
from pro_service.web.desk.timeline import timeline_values
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import read_form, see

_LONGEST_FILTER = 100


@for_staff
async def show_first_page(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk`: what must be done now, then participants by visits, then the figures."""
    context, study_id = request.app[CONTEXT], seat.study_id
    query = _query(request.query)
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        sites = await service.list_sites(connection, study_id)
        to_do = await service.list_to_do(connection, context, study_id)
        facts = await read_grid(connection, context, study_id, query)
        state = await service.database_state(connection)
    grid = await derive_grid(facts)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    values = first_page_values(words, sites, to_do, grid, query, request.query)
    return desk.render(
        "first_page.html",
        request,
        seat,
        kind=state.kind,
        sending_held=held_words(words, sites, state.held_since),
        no_room=bool(seat.staff.assignments) and not seat.may_anywhere(Action.see_participants),
        **values,
    )


@for_staff
async def show_participant(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}`: one participant's timeline, or the page for nothing here."""
    context, code = request.app[CONTEXT], request.match_info["code"]
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, context, seat.study_id, code)
        kind = await service.database_kind(connection)
    timeline = derive_timeline(context, facts)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    # A former site reads its own period and acts no more.
    place = next((one.site_id for one in timeline.document.placings if one.valid_to is None), None)
    values = timeline_values(words, timeline)
    pause = pause_values(words, timeline, place, request.query.get("done"), seat)
    acted_for = await find_facts_to_act(hands_of(request, seat), code)
    masks = masks_of(context, acted_for)
    return desk.render(
        "participant.html",
        request,
        seat,
        kind=kind,
        place=place,
        pause=pause,
        head=Head(words, timeline, acted_for).values(seat, place, masks),
        done=done_in_words(words, timeline, request.query),
        **values,
    )


async def see_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/seen`."""
    form = await read_form(request)
    await actions.see_alert(hands_of(request, seat), _id(request))
    return see(way_back(form))


async def act_on_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/acted`: what was done, in words."""
    form = await read_form(request)
    words = str(form.get("action", ""))
    await actions.act_on_alert(hands_of(request, seat), _id(request), words)
    return see(way_back(form))


async def close_call(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/calls/{id}/close`: what came of it, with a note, and whose telephone was rung."""
    form = await read_form(request)
    rung = str(form.get("contact", ""))
    given = calls.CallSaid(
        str(form.get("outcome", "")), str(form.get("note", "")), _uuid(rung) if rung else None
    )
    await calls.close_call(hands_of(request, seat), _id(request), given)
    return see(way_back(form))


async def deal_with_message(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/messages/{id}/dealt`: what was done about a text of unknown fate."""
    form = await read_form(request)
    note = str(form.get("note", ""))
    await actions.deal_with_message(hands_of(request, seat), _id(request), note)
    return see(way_back(form))


async def read_text(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/read`."""
    form = await read_form(request)
    await actions.mark_text_read(hands_of(request, seat), _id(request))
    return see(way_back(form))


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


def _query(given: Mapping[str, str]) -> GridQuery:
    """The filters of the first page; what cannot be read narrows nothing."""
    page = given.get("page", "1")
    state = given.get("state", "")
    return GridQuery(
        site=given.get("site", "")[:_LONGEST_FILTER] or None,
        code=given.get("code", "").strip()[:_LONGEST_FILTER] or None,
        state=AssessmentState(state) if state in AssessmentState.__members__ else None,
        visit=given.get("visit", "")[:_LONGEST_FILTER] or None,
        figure=next((one for one in FIGURES if one == given.get("figure")), None),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )
