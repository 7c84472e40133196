"""Something is wrong: said on the own page with one press, then whom to ring, then the questions.

GET changes nothing. Works without scripts.
"""

from __future__ import annotations

from aiohttp import web

from pro_service.domain.study.follow_up.unwell import open_checklist
from pro_service.services.pages import unwell as service
from pro_service.services.pages.own_page import OwnPage
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.questionnaire.forms import read_key
from pro_service.web.questionnaire.own_page import render
from pro_service.web.questionnaire.prelude import cookie_of, for_own_page, neutral
from pro_service.web.requests import read_form, see

UNWELL_PAGE = "/q/me/unwell"


@for_own_page
async def show_unwell(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me/unwell`: whom to ring, and the way to the questions once it was said."""
    site = page.facts.site
    return render(
        request,
        page,
        "unwell.html",
        back=UNWELL_PAGE,
        said=service.was_said(page),
        asked=open_checklist(page.facts) is not None,
        telephone=site.telephone,
        emergency=site.emergency_number,
    )


@for_own_page
async def say_unwell(request: web.Request, page: OwnPage) -> web.Response:
    """`POST /q/me/unwell`: something is wrong."""
    form = await read_form(request)
    kept = await service.say_unwell(
        request.app[POOLS].participant,
        request.app[CONTEXT],
        cookie_of(request),
        key=read_key(form),
    )
    return see(UNWELL_PAGE) if kept else neutral(request)
