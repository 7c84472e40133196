"""A tablet handed over (R12): the code typed, who holds it, and given back. GET changes nothing.

Between the two the questionnaire's own pages are shown. The code is typed at `/t`, where its
picture leads, too; whatever an earlier hand-over left in the browser goes when one is opened.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from pro_service.services.pages import handover as service
from pro_service.services.pages.entrance import (
    CodeRefusedError,
    Guest,
    TooManyTriesError,
)
from pro_service.services.pages.handover import PinRefusedError, TabletNameError
from pro_service.services.pages.second_factor import FactorRefusedError, FactorUnreadableError
from pro_service.services.pages.tablets import CODE_PATH, is_tablet
from pro_service.web.cookies import cookie_in, drop_cookie, set_cookie
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.device import WHO_COOKIE
from pro_service.web.questionnaire.prelude import (
    GIVEN_COOKIE,
    TABLET,
    TABLET_BACK,
    TABLET_PIN,
    cookie_of,
    find_holder,
    find_opened,
)
from pro_service.web.questionnaire.views import LANGUAGE, guess_language, language_of
from pro_service.web.requests import OPENED_COOKIE, read_form, see, source_of, try_again_after

NAME_COOKIE: Final = "tablet"
"""Holds the name this browser was given; no part of any session."""
NAME_KEPT_SECONDS: Final = 400 * 24 * 3600
LONGEST_TYPED: Final = 40
"""Characters of what is typed that are looked at and shown again."""
_CODE: Final = re.compile("[0-9]{8}")


async def show_door(request: web.Request) -> web.Response:
    """`GET /t` and `GET /t/{code}`: the fields for code and name; the picture brings the code."""
    code = request.match_info.get("code", "")
    return _door(request, typed=code if _CODE.fullmatch(code) else "", name=_name_of(request))


async def open_tablet(request: web.Request) -> web.Response:
    """`POST /t`: the code opens one sitting; any other text is refused in the same words."""
    form = await read_form(request)
    typed, name = (form.get(one, "")[:LONGEST_TYPED] for one in ("code", "tablet"))
    if not typed.strip():
        return _door(request, HTTPStatus.UNPROCESSABLE_ENTITY, name=name, problem="tablet.empty")
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    try:
        session = await service.open_by_code(pool, context, typed, name, source_of(request))
    except TabletNameError as error:
        return _door(request, status_of(error), typed=typed, name=name, problem="tablet.unnamed")
    except CodeRefusedError as error:
        return _door(request, status_of(error), typed=typed, name=name, problem="tablet.refused")
    except TooManyTriesError as error:
        page = _door(request, status_of(error), typed=typed, name=name, problem="tablet.too_many")
        return try_again_after(page, error.again)
    response = see(TABLET)
    _forget(request, response)
    set_cookie(request, response, OPENED_COOKIE, session)
    set_cookie(
        request, response, NAME_COOKIE, " ".join(name.split()), NAME_KEPT_SECONDS, path=CODE_PATH
    )
    return response


async def show_confirm(request: web.Request) -> web.Response:
    """`GET /q/tablet`: who holds it? Where it is over: that it is to be given back."""
    guest = await find_holder(request)
    if guest is None:
        return _over(request)
    if guest.may_see_pages:
        return see("/q") if await find_opened(request, cookie_of(request)) else _over(request)
    return await _confirm_page(request, guest)


async def confirm(request: web.Request) -> web.Response:
    """`POST /q/tablet`: who holds it says who they are: by the year of birth, if known."""
    typed = (await read_form(request)).get("year", "")[:LONGEST_TYPED]
    guest = await find_holder(request)
    if guest is None:
        return _over(request)
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    try:
        await service.confirm(pool, context, cookie_of(request), guest, typed)
    except FactorUnreadableError as error:
        return await _confirm_page(request, guest, status_of(error), typed, "year.unreadable")
    except FactorRefusedError as error:
        return await _confirm_page(request, guest, status_of(error), typed, "year.refused")
    except TooManyTriesError as error:
        page = _page(
            request,
            guest,
            "closed.html",
            status_of(error),
            telephone=guest.facts.site.telephone,
        )
        return try_again_after(page, error.again)
    return see("/q")


async def after_ending(request: web.Request, *, alerted: bool = False) -> web.Response:
    """Where a tablet goes on when something was sent or declined; once nothing is left it ends.

    With an alert it stays for the page that says whom to telephone.
    """
    left = await find_opened(request, cookie_of(request))
    if left is not None and not left.finished:
        return see("/q/now" if alerted else "/q")
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    await service.give_back(pool, context, cookie_of(request), stays=alerted)
    return see("/q/now?then=thanks") if alerted else _gone(request, see(TABLET_BACK))


async def show_back(request: web.Request) -> web.Response:
    """`GET /q/tablet/back`: thanks, and whom to give the tablet."""
    return _over(request, "tablet_back.html", held=is_tablet(cookie_of(request)))


async def give_back(request: web.Request) -> web.Response:
    """`POST /q/tablet/back`: the browser opens nothing any more."""
    await read_form(request)
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    await service.give_back(pool, context, cookie_of(request))
    return _gone(request, see(TABLET_BACK))


async def show_pin(request: web.Request) -> web.Response:
    """`GET /q/tablet/pin`: for staff, who end it here with their PIN."""
    if await find_holder(request) is None:
        return _over(request)
    return _pin_page(request)


async def end_by_pin(request: web.Request) -> web.Response:
    """`POST /q/tablet/pin`: with the right PIN the browser opens nothing any more."""
    typed = (await read_form(request)).get("pin", "")[:LONGEST_TYPED]
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    try:
        await service.end_by_pin(pool, context, cookie_of(request), typed)
    except PinRefusedError as error:
        return _pin_page(request, status_of(error), "tablet.pin_refused")
    except TooManyTriesError as error:
        page = _pin_page(request, status_of(error), "tablet.pin_too_many")
        return try_again_after(page, error.again)
    return _gone(request, see(TABLET))


def _pin_page(
    request: web.Request, status: HTTPStatus = HTTPStatus.OK, problem: str | None = None
) -> web.Response:
    return request.app[PAGES].render(
        "tablet_pin.html", guess_language(request), status=status, back=TABLET_PIN, problem=problem
    )


async def _confirm_page(
    request: web.Request,
    guest: Guest,
    status: HTTPStatus = HTTPStatus.OK,
    typed: str = "",
    problem: str | None = None,
) -> web.Response:
    by_year = await service.asks_year(request.app[POOLS].participant, guest)
    return _page(
        request,
        guest,
        "tablet_who.html",
        status,
        by_year=by_year,
        code=guest.facts.code,
        typed=typed,
        problem=problem,
    )


def _page(
    request: web.Request, guest: Guest, template: str, status: HTTPStatus, **values: Any
) -> web.Response:
    return request.app[PAGES].render(
        template,
        language_of(request, guest.protocol, guest.facts),
        status=status,
        languages=guest.protocol.study.languages,
        back=TABLET,
        larger=guest.facts.larger_text,
        **values,
    )


def _over(request: web.Request, template: str = "tablet_over.html", **values: Any) -> web.Response:
    back = TABLET_BACK if template == "tablet_back.html" else TABLET
    return request.app[PAGES].render(template, guess_language(request), back=back, **values)


def _door(
    request: web.Request,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    typed: str = "",
    name: str = "",
    problem: str | None = None,
) -> web.Response:
    return request.app[PAGES].render(
        "tablet.html",
        guess_language(request),
        status=status,
        back=CODE_PATH,
        typed=typed,
        name=name,
        problem=problem,
    )


def _name_of(request: web.Request) -> str:
    """The name this browser was given before; empty where it has none."""
    return (cookie_in(request, NAME_COOKIE) or "")[:LONGEST_TYPED]


def _gone(request: web.Request, response: web.Response) -> web.Response:
    """The answer, with which the browser loses what opened the pages."""
    drop_cookie(request, response, OPENED_COOKIE)
    _forget(request, response)
    return response


def _forget(request: web.Request, response: web.Response) -> None:
    """Let go of what a participant before left: answers' marks, who answered, the language."""
    for name in (GIVEN_COOKIE, WHO_COOKIE):
        drop_cookie(request, response, name)
    drop_cookie(request, response, LANGUAGE.name, path=LANGUAGE.path)
