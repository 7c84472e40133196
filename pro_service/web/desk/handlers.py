"""The desk's pages. GET changes nothing in the record; every POST ends in a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from pro_service.domain.study.assessments import AssessmentState
from pro_service.services.desk import today as service
from pro_service.services.desk.grid import FIGURES, GridQuery, read_grid
from pro_service.services.desk.timeline import read_timeline
from pro_service.services.desk.today import NotHereError, at_desk
from pro_service.web.desk.cards import hands_out
from pro_service.web.desk.first_page import first_page_values
from pro_service.web.desk.guard import for_staff, way_back
from pro_service.web.desk.pages import DESK, Seat, language_of
from pro_service.web.desk.timeline import timeline_values
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import read_form, see

_LONGEST_FILTER = 100


@for_staff
async def show_first_page(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk`: what must be done now, then participants by visits, then the figures."""
    context, study_id = request.app[CONTEXT], seat.staff.study_id
    query = _query(request.query)
    async with at_desk(request.app[POOLS].desk, seat.staff) as connection:
        sites = await service.list_sites(connection, study_id)
        to_do = await service.list_to_do(connection, context, study_id)
        grid = await read_grid(connection, context, study_id, query)
        kind = await service.database_kind(connection)
    desk = request.app[DESK]
    values = first_page_values(
        desk.words(language_of(request, seat)), sites, to_do, grid, query, request.query
    )
    return desk.render("first_page.html", request, seat, kind=kind, **values)


@for_staff
async def show_participant(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}`: one participant's timeline, or the page for nothing here."""
    async with at_desk(request.app[POOLS].desk, seat.staff, one_snapshot=True) as connection:
        timeline = await read_timeline(
            connection, request.app[CONTEXT], seat.staff.study_id, request.match_info["code"]
        )
        kind = await service.database_kind(connection)
    desk = request.app[DESK]
    values = timeline_values(desk.words(language_of(request, seat)), timeline)
    may_print = hands_out(seat.staff, timeline.site.id)
    return desk.render("participant.html", request, seat, kind=kind, may_print=may_print, **values)


@for_staff
async def see_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/seen`."""
    form = await read_form(request)
    async with at_desk(request.app[POOLS].desk, seat.staff) as connection:
        await service.see_alert(connection, seat.staff, _id(request))
    return see(way_back(form))


@for_staff
async def act_on_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/acted`: what was done, in words."""
    form = await read_form(request)
    action = str(form.get("action", ""))
    async with at_desk(request.app[POOLS].desk, seat.staff, reason=action.strip()) as connection:
        await service.act_on_alert(connection, seat.staff, _id(request), action)
    return see(way_back(form))


@for_staff
async def close_call(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/calls/{id}/close`: what came of it, with a note."""
    form = await read_form(request)
    note = str(form.get("note", ""))
    async with at_desk(request.app[POOLS].desk, seat.staff, reason=note.strip()) as connection:
        await service.close_call(
            connection, seat.staff, _id(request), str(form.get("outcome", "")), note
        )
    return see(way_back(form))


@for_staff
async def deal_with_message(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/messages/{id}/dealt`: what was done about a text of unknown fate."""
    form = await read_form(request)
    note = str(form.get("note", ""))
    async with at_desk(request.app[POOLS].desk, seat.staff, reason=note.strip()) as connection:
        await service.deal_with_message(connection, seat.staff, _id(request), note)
    return see(way_back(form))


@for_staff
async def read_text(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/texts/{id}/read`."""
    form = await read_form(request)
    async with at_desk(request.app[POOLS].desk, seat.staff) as connection:
        await service.mark_text_read(connection, seat.staff, _id(request))
    return see(way_back(form))


@for_staff
async def not_there(request: web.Request, seat: Seat) -> web.Response:
    """Every other address: the same page as for another site's participant."""
    return request.app[DESK].failure(request, seat, HTTPStatus.NOT_FOUND)


async def get_static(request: web.Request) -> web.Response:
    """`GET /desk/static/{name}`: the style sheet."""
    return request.app[DESK].file(request)


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
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
