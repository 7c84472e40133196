"""A participant asks that an answer they sent be corrected; nothing that was sent is shown.

GET changes nothing. Works without scripts.
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pro_service.domain.study.times import local_day, zone
from pro_service.services.pages import correcting as service
from pro_service.services.pages.correcting import CorrectionAsked, WishRefusedError
from pro_service.services.pages.own_page import OwnPage
from pro_service.texts.catalogue import format_day
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.questionnaire.forms import read_key
from pro_service.web.questionnaire.own_page import render
from pro_service.web.questionnaire.prelude import OWN_PAGE, cookie_of, for_own_page, neutral
from pro_service.web.questionnaire.views import in_words, language_of
from pro_service.web.requests import read_form, see

CORRECT_PAGE = "/q/me/correct"


@for_own_page
async def show_correct(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me/correct`: which answers, and what was meant; or that it was kept."""
    if "asked" in request.query:
        return render(request, page, "correct_asked.html", telephone=page.facts.site.telephone)
    if not service.correctable(page):
        return see(OWN_PAGE)
    return _form(request, page, CorrectionAsked("", ""), HTTPStatus.OK)


@for_own_page
async def ask_correct(request: web.Request, page: OwnPage) -> web.Response:
    """`POST /q/me/correct`: keep the request; back with what was typed if something is missing."""
    form = await read_form(request)
    asked = CorrectionAsked(str(form.get("visit", "")), str(form.get("words", "")))
    try:
        kept = await service.ask_correction(
            request.app[POOLS].participant,
            request.app[CONTEXT],
            cookie_of(request),
            key=read_key(form),
            asked=asked,
        )
    except WishRefusedError:
        return _form(request, page, asked, HTTPStatus.UNPROCESSABLE_ENTITY)
    return see(f"{CORRECT_PAGE}?asked=1") if kept else neutral(request)


def _form(
    request: web.Request, page: OwnPage, asked: CorrectionAsked, status: HTTPStatus
) -> web.Response:
    language = language_of(request, page.protocol, page.facts)
    local = zone(page.facts.zone)
    options = []
    for visit in service.correctable(page):
        found = page.protocol.find(visit.definition)
        sent = max(one.submitted_at for one in visit.assessments if one.submitted_at is not None)
        label = "" if found is None else in_words(language, found.label)
        day = format_day(local_day(sent, local), language)
        options.append((str(visit.id), label, day))
    known = {value for value, _, _ in options}
    return render(
        request,
        page,
        "correct.html",
        status=status,
        back=CORRECT_PAGE,
        options=options,
        chosen=asked.visit,
        typed=asked.words[: service.LONGEST_WORDS],
        longest=service.LONGEST_WORDS,
        mistaken=status is not HTTPStatus.OK,
        unchosen=status is not HTTPStatus.OK and asked.visit not in known,
        unsaid=status is not HTTPStatus.OK and not asked.words.strip(),
    )
