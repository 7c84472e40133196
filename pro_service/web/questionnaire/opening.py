"""From the link to the first question: welcome, opening, who answers, the language.

GET and HEAD change nothing. The token stands in the first address only: opening moves it into a
cookie for these pages.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.respondents import (
    ON_BEHALF,
    RESPONDENTS,
    Respondent,
    read_respondent,
)
from pro_service.services.pages.questionnaire import Questionnaire
from pro_service.services.pages.tokens import bare_token, token_copied
from pro_service.web.cookies import set_cookie
from pro_service.web.keys import PAGES
from pro_service.web.questionnaire import factor
from pro_service.web.questionnaire.answering import show_or_see
from pro_service.web.questionnaire.device import keep_respondent, page, respondent_on
from pro_service.web.questionnaire.prelude import (
    OWN_PAGE,
    THANKS,
    for_link_posted,
    for_linked,
    for_posted,
    for_unfinished,
    neutral,
)
from pro_service.web.questionnaire.views import LANGUAGE, language_for, open_values
from pro_service.web.requests import (
    OPENED_COOKIE,
    Form,
    keep_language,
    read_form,
    read_language,
    see,
    switch_language,
)

_ON_BEHALF: Final = tuple(one.word for one in ON_BEHALF)
_THEMSELVES: Final = tuple(one.word for one in RESPONDENTS if one not in ON_BEHALF)
_OUR_ADDRESS: Final = re.compile(
    r"/q(/[A-Za-z0-9]{1,64}){0,2}(\?(declined=(1|unsent)|unsent=1|then=thanks))?|/c(/[A-Za-z0-9]{16,64})?|/t(/[0-9]{8})?"
    r"|/e/[a-z2-7]{52}"
)


async def get_static(request: web.Request) -> web.Response:
    """The style sheet and the scripts, under names that change with their content."""
    return request.app[PAGES].file(request)


async def tidy_link(request: web.Request) -> web.Response:
    """`GET /q/{token}...`: a link copied with what stood after it leads to the link itself."""
    token = token_copied(request.match_info["token"], request.match_info.get("rest", ""))
    return neutral(request) if token is None else see(f"/q/{token}")


async def welcome(request: web.Request) -> web.Response:
    """`GET /q/{token}`: the link, or the way to it where more was copied than the link."""
    token = request.match_info["token"]
    return await (_welcome if bare_token(token) in (token, None) else tidy_link)(request)


@for_linked
async def _welcome(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/{token}`: who asks, why, how long it takes, until when. A preview does no harm."""
    address = f"/q/{request.match_info['token']}"
    action = f"{address}/open"
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
        open=open_values(questionnaire, language),
    )


@for_link_posted
async def open_questionnaire(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`POST /q/{token}/open`: the token moves from the address into a cookie."""
    token = request.match_info["token"]
    if questionnaire.protocol.study.second_factor != "none":
        return await factor.open_link(request, token)
    respondent = respondent_on(request, questionnaire, token)
    response = see(OWN_PAGE if "own" in request.query else way_on(questionnaire, respondent))
    set_cookie(request, response, OPENED_COOKIE, token)
    return response


@for_unfinished
async def go_on(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q`: to the next screen with something open, or to the review, or to the thanks.

    Before a sitting's first screen it leads to the question who answers.
    """
    return see(way_on(questionnaire, respondent_on(request, questionnaire)))


def way_on(questionnaire: Questionnaire, respondent: Respondent | None) -> str:
    """Where an opened questionnaire goes on."""
    if questionnaire.finished:
        return THANKS
    if questionnaire.is_unsent:
        return "/q/review"
    if respondent is None:
        return "/q/who"
    screen = questionnaire.next_unsettled()
    return "/q/review" if screen is None else f"/q/s/{screen.number}"


@for_unfinished
async def show_who(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`GET /q/who`: who gives the answers. Nothing is preselected."""
    return _who_page(request, questionnaire, chosen="", mistaken=False)


@for_posted
async def choose_who(request: web.Request, questionnaire: Questionnaire) -> web.Response:
    """`POST /q/who`: this device remembers who answers until the first answers are saved."""
    form = await read_form(request)
    word = form.get("who", "")
    language = read_language(form)
    if language is not None:
        return _who_page(request, questionnaire, chosen=word, mistaken=False, language=language)
    respondent = read_respondent(word)
    if respondent is None:
        return _who_page(request, questionnaire, chosen="", mistaken=True)
    response = show_or_see(request, questionnaire, respondent, way_on(questionnaire, respondent))
    keep_respondent(request, response, respondent)
    return response


async def choose_language(request: web.Request) -> web.Response:
    """`POST /q/language`: show these pages in another language on this device."""
    return await switch_language(request, LANGUAGE, _way_back)


def _way_back(form: Form) -> str:
    """The address of ours the reader came from; else the questionnaire."""
    back = form.get("back", "")
    return back if _OUR_ADDRESS.fullmatch(back) else "/q"


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
        filled=None if chosen else {},
        mistaken=mistaken,
        chosen=chosen,
        themselves=_THEMSELVES,
        on_behalf=_ON_BEHALF,
    )
    if language is not None:
        keep_language(request, response, LANGUAGE, language)
    return response
