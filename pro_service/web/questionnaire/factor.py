"""The page that asks for the year of birth before anything else is shown."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pro_service.services.pages import second_factor as service
from pro_service.services.pages.entrance import (
    Guest,
    TooManyTriesError,
    find_guest,
    find_link,
    open_by_link,
)
from pro_service.services.pages.second_factor import FactorRefusedError, FactorUnreadableError
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.own_page import FACTOR_PAGE, OWN_PAGE
from pro_service.web.questionnaire.views import language_of
from pro_service.web.requests import PASS_COOKIE, read_form, see, set_cookie

LONGEST_YEAR = 20
"""Characters of what was typed that are looked at and shown again."""


async def show_year(request: web.Request) -> web.Response:
    """`GET /q/year`."""
    guest = await _guest(request)
    if guest is None:
        return request.app[PAGES].neutral(request)
    if guest.may_see_pages:
        return see(OWN_PAGE)
    return _year_page(request, guest)


async def give_year(request: web.Request) -> web.Response:
    """`POST /q/year`: the right year opens the pages; after a few wrong ones they stay closed."""
    guest = await _guest(request)
    if guest is None:
        return request.app[PAGES].neutral(request)
    if guest.may_see_pages:
        return see(OWN_PAGE)
    typed = str((await read_form(request)).get("year", ""))[:LONGEST_YEAR]
    try:
        await service.give_year(
            request.app[POOLS].participant,
            request.app[CONTEXT],
            request.cookies[PASS_COOKIE],
            guest,
            typed,
        )
    except FactorUnreadableError:
        return _year_page(request, guest, typed=typed, problem="year.unreadable")
    except FactorRefusedError:
        return _year_page(request, guest, typed=typed, problem="year.refused")
    except TooManyTriesError:
        return _closed_page(request, guest)
    return see(OWN_PAGE)


async def open_link(request: web.Request, token: str) -> web.Response:
    """Let a link's holder as far as the question for the year; the token leaves the address."""
    pool = request.app[POOLS].participant
    invitation = await find_link(pool, request.app[CONTEXT], token)
    if invitation is None:
        return request.app[PAGES].neutral(request)
    response = see(FACTOR_PAGE)
    set_cookie(request, response, PASS_COOKIE, await open_by_link(pool, invitation))
    return response


async def _guest(request: web.Request) -> Guest | None:
    shown = request.cookies.get(PASS_COOKIE, "")
    return await find_guest(request.app[POOLS].participant, request.app[CONTEXT], shown)


def _year_page(
    request: web.Request, guest: Guest, *, typed: str = "", problem: str | None = None
) -> web.Response:
    return request.app[PAGES].render(
        "year.html",
        language_of(request, guest.protocol, guest.facts),
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        languages=guest.protocol.study.languages,
        back=FACTOR_PAGE,
        larger=guest.facts.larger_text,
        typed=typed,
        problem=problem,
    )


def _closed_page(request: web.Request, guest: Guest) -> web.Response:
    response = request.app[PAGES].render(
        "closed.html",
        language_of(request, guest.protocol, guest.facts),
        status=HTTPStatus.TOO_MANY_REQUESTS,
        languages=guest.protocol.study.languages,
        back=FACTOR_PAGE,
        telephone=guest.facts.site.telephone,
    )
    response.headers["Retry-After"] = str(int(service.TRIES_WITHIN.total_seconds()))
    return response
