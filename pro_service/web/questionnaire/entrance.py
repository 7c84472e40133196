"""The fixed address: a code is typed there, a card's picture leads there. GET changes nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.services.pages import entrance as service
from pro_service.services.pages.entrance import CodeRefusedError, TooManyTriesError
from pro_service.services.pages.tokens import bare_token, token_copied
from pro_service.web.cookies import drop_cookie, set_cookie
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.prelude import GIVEN_COOKIE, OWN_PAGE, cookie_of, neutral
from pro_service.web.questionnaire.views import guess_language, language_of
from pro_service.web.requests import OPENED_COOKIE, read_form, see, source_of, try_again_after

LONGEST_CODE: Final = 40
"""Characters of a typed code that are looked at."""


async def show_entrance(request: web.Request) -> web.Response:
    """`GET /c`: the field for the code."""
    return _entrance(request)


async def enter(request: web.Request) -> web.Response:
    """`POST /c`: the code opens a session; any other text is refused in the same words."""
    form = await read_form(request)
    typed = form.get("code", "")[:LONGEST_CODE]
    if not typed.strip():
        return _entrance(request, HTTPStatus.UNPROCESSABLE_ENTITY, problem="entrance.empty")
    try:
        session = await service.open_by_code(
            request.app[POOLS].participant, request.app[CONTEXT], typed, source_of(request)
        )
    except CodeRefusedError as error:
        return _entrance(request, status_of(error), typed=typed, problem="entrance.refused")
    except TooManyTriesError as error:
        page = _entrance(request, status_of(error), typed=typed, problem="entrance.too_many")
        return try_again_after(page, error.again)
    return _let_in(request, session)


async def tidy_card(request: web.Request) -> web.Response:
    """`GET /c/{token}...`: a card's address copied with what stood after it leads to the card."""
    token = token_copied(request.match_info["token"], request.match_info.get("rest", ""))
    return neutral(request) if token is None else see(f"/c/{token}")


async def show_card(request: web.Request) -> web.Response:
    """`GET /c/{token}`: where a card's picture leads; a preview of it does no harm."""
    token = request.match_info["token"]
    if bare_token(token) not in (token, None):
        return await tidy_card(request)
    pool, context = request.app[POOLS].participant, request.app[CONTEXT]
    card = await service.find_card(pool, token)
    facts = (
        None
        if card is None
        else await context.reader.facts(pool, card.study_id, card.participant_id, lean=True)
    )
    if facts is None or not service.may_enter(facts):
        return neutral(request)
    protocol = await context.reader.protocol(pool, facts.study_id, facts.protocol_version_id)
    language = language_of(request, protocol, facts)
    return request.app[PAGES].render(
        "card.html",
        language,
        languages=protocol.study.languages,
        back=f"/c/{token}",
        larger=facts.larger_text,
        sender=protocol.study.sender[language],
        action=f"/c/{token}/open",
    )


async def open_card(request: web.Request) -> web.Response:
    """`POST /c/{token}/open`: the card opens a session; its token leaves the address."""
    pool = request.app[POOLS].participant
    card = await service.find_card(pool, request.match_info["token"])
    if card is None:
        return neutral(request)
    return _let_in(request, await service.open_by_card(pool, card))


async def leave(request: web.Request) -> web.Response:
    """`POST /q/leave`: the session ends here and in the database."""
    await service.leave(request.app[POOLS].participant, cookie_of(request))
    response = see("/c")
    drop_cookie(request, response, OPENED_COOKIE)
    drop_cookie(request, response, GIVEN_COOKIE)
    return response


def _let_in(request: web.Request, session: str) -> web.Response:
    response = see(OWN_PAGE)
    set_cookie(request, response, OPENED_COOKIE, session)
    return response


def _entrance(
    request: web.Request,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    typed: str = "",
    problem: str | None = None,
) -> web.Response:
    return request.app[PAGES].render(
        "entrance.html",
        guess_language(request),
        status=status,
        back="/c",
        typed=typed,
        problem=problem,
    )
