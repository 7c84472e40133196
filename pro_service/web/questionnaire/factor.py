"""The page that asks for the year of birth before anything else is shown."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pro_service.services.pages import second_factor as service
from pro_service.services.pages.entrance import Guest, TooManyTriesError, find_link, open_by_link
from pro_service.services.pages.second_factor import FactorRefusedError, FactorUnreadableError
from pro_service.web.cookies import set_cookie
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.prelude import (
    FACTOR_PAGE,
    OWN_PAGE,
    cookie_of,
    for_guest_at_the_door,
    neutral,
)
from pro_service.web.questionnaire.views import language_of
from pro_service.web.requests import OPENED_COOKIE, read_form, see, try_again_after

LONGEST_YEAR = 20
"""Characters of what was typed that are looked at and shown again."""


@for_guest_at_the_door
async def show_year(request: web.Request, guest: Guest) -> web.Response:
    """`GET /q/year`."""
    return _year_page(request, guest)


@for_guest_at_the_door
async def give_year(request: web.Request, guest: Guest) -> web.Response:
    """`POST /q/year`: the right year opens the pages; after a few wrong ones they stay closed."""
    typed = (await read_form(request)).get("year", "")[:LONGEST_YEAR]
    try:
        await service.give_year(
            request.app[POOLS].participant,
            request.app[CONTEXT],
            cookie_of(request),
            guest,
            typed,
        )
    except FactorUnreadableError as error:
        return _year_page(request, guest, status_of(error), typed=typed, problem="year.unreadable")
    except FactorRefusedError as error:
        return _year_page(request, guest, status_of(error), typed=typed, problem="year.refused")
    except TooManyTriesError as error:
        page = _closed_page(request, guest, status_of(error))
        return try_again_after(page, error.again)
    return see(OWN_PAGE)


async def open_link(request: web.Request, token: str) -> web.Response:
    """Let a link's holder as far as the question for the year; the token leaves the address."""
    pool = request.app[POOLS].participant
    invitation = await find_link(pool, token)
    if invitation is None:
        return neutral(request)
    response = see(FACTOR_PAGE)
    set_cookie(request, response, OPENED_COOKIE, await open_by_link(pool, invitation))
    return response


def _year_page(
    request: web.Request,
    guest: Guest,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    typed: str = "",
    problem: str | None = None,
) -> web.Response:
    return request.app[PAGES].render(
        "year.html",
        language_of(request, guest.protocol, guest.facts),
        status=status,
        languages=guest.protocol.study.languages,
        back=FACTOR_PAGE,
        larger=guest.facts.larger_text,
        typed=typed,
        problem=problem,
    )


def _closed_page(request: web.Request, guest: Guest, status: HTTPStatus) -> web.Response:
    return request.app[PAGES].render(
        "closed.html",
        language_of(request, guest.protocol, guest.facts),
        status=status,
        languages=guest.protocol.study.languages,
        back=FACTOR_PAGE,
        telephone=guest.facts.site.telephone,
    )
