"""A letter's own page: its reader says whose address it is, or asks for no more of them.

To open it changes nothing, whoever does: scanners of mail do. A mail program that stops letters by
itself (RFC 8058) posts to the same address as the button of the page.
"""

from __future__ import annotations

from aiohttp import web

from pro_service.services import receiving
from pro_service.services.receiving import Letter
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.views import language_of
from pro_service.web.requests import see


async def show_letter(request: web.Request) -> web.Response:
    """`GET /e/{token}`, and `GET /e/{token}/stop`."""
    letter = await _letter(request)
    if letter is None:
        return _unknown(request)
    language = language_of(request, letter.protocol, letter.facts)
    page = _page_of(request)
    return request.app[PAGES].render(
        "letter.html",
        language,
        languages=letter.protocol.study.languages,
        back=page,
        page=page,
        sender=letter.protocol.study.sender[language],
        telephone=letter.facts.site.telephone,
        letter=letter,
    )


async def prove_address(request: web.Request) -> web.Response:
    """`POST /e/{token}`: the address is the reader's."""
    letter = await _letter(request)
    if letter is None:
        return _unknown(request)
    await receiving.prove_address(request.app[POOLS].provider, request.app[CONTEXT], letter)
    return see(_page_of(request))


async def stop_letters(request: web.Request) -> web.Response:
    """`POST /e/{token}/stop`: no more letters there, whether a person or a program asks."""
    letter = await _letter(request)
    if letter is None:
        return _unknown(request)
    await receiving.stop_letters(request.app[POOLS].provider, request.app[CONTEXT], letter)
    return see(_page_of(request))


def _unknown(request: web.Request) -> web.Response:
    return request.app[PAGES].neutral(request, "letter_unknown.html")


async def _letter(request: web.Request) -> Letter | None:
    pool, context = request.app[POOLS].provider, request.app[CONTEXT]
    return await receiving.open_letter(pool, context, request.match_info["token"])


def _page_of(request: web.Request) -> str:
    return f"/e/{request.match_info['token']}"
