"""From the link to the first question: welcome, opening, who answers, the language.

GET and HEAD change nothing. The token stands in the first address only: opening moves it into a
cookie for these pages.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.respondents import ON_BEHALF, RESPONDENTS, read_respondent
from pro_service.services.pages.questionnaire import Questionnaire, open_link
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire import factor
from pro_service.web.questionnaire.device import (
    keep_language,
    keep_respondent,
    language_in,
    neutral,
    opened,
    page,
    respondent_on,
)
from pro_service.web.questionnaire.own_page import OWN_PAGE
from pro_service.web.questionnaire.views import language_for, last_day, minutes_needed
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import PASS_COOKIE, read_form, see, set_cookie

_OUR_ADDRESS: Final = re.compile(
    r"/q(/[A-Za-z0-9]{1,64}){0,2}(\?(declined=1|then=thanks))?|/c(/[A-Za-z0-9]{16,64})?"
)


async def get_static(request: web.Request) -> web.Response:
    """The style sheet and the scripts, under names that change with their content."""
    asset = request.app[PAGES].assets.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    headers = {
        hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    body = asset.body
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = asset.gzipped
    return web.Response(body=body, content_type=asset.kind, charset="utf-8", headers=headers)


async def welcome(request: web.Request) -> web.Response:
    """`GET /q/{token}`: who asks, why, how long it takes, until when. A preview does no harm."""
    token = request.match_info["token"]
    questionnaire = await open_link(request.app[POOLS].participant, request.app[CONTEXT], token)
    if questionnaire is None or questionnaire.finished:
        return neutral(request)
    address, action = f"/q/{token}", f"/q/{token}/open"
    if questionnaire.protocol.study.second_factor != "none":
        return page(
            request, questionnaire, "opening.html", address=address, scripted=False, action=action
        )
    language = language_for(request, questionnaire)
    return page(
        request,
        questionnaire,
        "welcome.html",
        address=address,
        scripted=False,
        action=action,
        sender=questionnaire.protocol.study.sender[language],
        count=sum(len(screen.unsettled) for screen in questionnaire.screens),
        minutes=minutes_needed(questionnaire),
        last_day=last_day(questionnaire, language),
    )


async def open_questionnaire(request: web.Request) -> web.Response:
    """`POST /q/{token}/open`: the token moves from the address into a cookie."""
    token = request.match_info["token"]
    questionnaire = await open_link(request.app[POOLS].participant, request.app[CONTEXT], token)
    if questionnaire is None or questionnaire.finished:
        return neutral(request)
    if questionnaire.protocol.study.second_factor != "none":
        return await factor.open_link(request, token)
    response = see(OWN_PAGE if "own" in request.query else "/q")
    set_cookie(request, response, PASS_COOKIE, token)
    return response


async def go_on(request: web.Request) -> web.Response:
    """`GET /q`: to the next screen with something open, or to the review, or to the thanks.

    Before a sitting's first screen it leads to the question who answers.
    """
    questionnaire = await opened(request)
    if questionnaire is None:
        return neutral(request)
    if questionnaire.finished:
        return see("/q/thanks")
    if respondent_on(request, questionnaire) is None:
        return see("/q/who")
    screen = questionnaire.next_unsettled()
    return see("/q/review" if screen is None else f"/q/s/{screen.number}")


async def show_who(request: web.Request) -> web.Response:
    """`GET /q/who`: who gives the answers. Nothing is preselected."""
    questionnaire = await opened(request)
    if questionnaire is None:
        return neutral(request)
    if questionnaire.finished:
        return see("/q/thanks")
    return _who_page(request, questionnaire, chosen="", mistaken=False)


async def choose_who(request: web.Request) -> web.Response:
    """`POST /q/who`: this device remembers who answers until the first answers are saved."""
    questionnaire = await opened(request)
    if questionnaire is None:
        return neutral(request)
    form = await read_form(request)
    word = form.get("who", "")
    language = language_in(form)
    if language is not None:
        return _who_page(request, questionnaire, chosen=word, mistaken=False, language=language)
    respondent = read_respondent(word)
    if respondent is None:
        return _who_page(request, questionnaire, chosen="", mistaken=True)
    response = see("/q")
    keep_respondent(request, response, respondent)
    return response


async def choose_language(request: web.Request) -> web.Response:
    """`POST /q/language`: show these pages in another language on this device."""
    form = await read_form(request)
    chosen = language_in(form)
    if chosen is None:
        raise UnreadableFormError
    back = str(form.get("back", ""))
    response = see(back if _OUR_ADDRESS.fullmatch(back) else "/q")
    keep_language(request, response, chosen)
    return response


def _who_page(
    request: web.Request,
    questionnaire: Questionnaire,
    *,
    chosen: str,
    mistaken: bool,
    language: Language | None = None,
) -> web.Response:
    response = page(
        request,
        questionnaire,
        "who.html",
        address="/q/who",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if mistaken else HTTPStatus.OK,
        language=language,
        keeps=True,
        mistaken=mistaken,
        chosen=chosen,
        themselves=[one.word for one in RESPONDENTS if one not in ON_BEHALF],
        on_behalf=[one.word for one in ON_BEHALF],
    )
    if language is not None:
        keep_language(request, response, language)
    return response
