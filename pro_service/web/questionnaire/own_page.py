"""A participant's own page, and the pages on which one thing is chosen. GET changes nothing."""

from __future__ import annotations

from datetime import time
from http import HTTPStatus
from typing import Any

from aiohttp import web

from pro_service.domain.study.pausing import may_pause, resumes_at
from pro_service.domain.study.times import local_day, zone
from pro_service.services.pages import preferences as service
from pro_service.services.pages.own_page import OwnPage
from pro_service.services.pages.preferences import ChoiceRefusedError, Setting
from pro_service.services.pages.trend import may_see_trend
from pro_service.services.texting.opt_outs import NoLineError
from pro_service.texts.catalogue import format_day, format_time
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.forms import read_key
from pro_service.web.questionnaire.prelude import OWN_PAGE, cookie_of, for_own_page, neutral
from pro_service.web.questionnaire.views import (
    LANGUAGE,
    in_words,
    language_of,
    open_values,
)
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import keep_language, read_form, see
from pro_service.web.site import known_language


@for_own_page
async def show_own_page(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me`."""
    saved = "saved" in request.query
    trend = await may_see_trend(request.app[POOLS].participant, page)
    values = page_values(request, page)
    return render(request, page, "me.html", saved=saved, trend=trend, **values)


@for_own_page
async def show_setting(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me/{setting}`: one thing to choose, with what holds now."""
    setting = _setting(request)
    if setting is None or len(service.options(page, setting)) < 2:
        return see(OWN_PAGE)
    return _setting_page(request, page, setting)


@for_own_page
async def save_setting(request: web.Request, page: OwnPage) -> web.Response:
    """`POST /q/me/{setting}`: keep the choice; on to the page, or back if nothing was chosen."""
    setting, form = _setting(request), await read_form(request)
    if setting is None:
        raise UnreadableFormError
    value = form.get("choice", "")
    try:
        kept = await service.choose(
            request.app[POOLS].participant,
            request.app[CONTEXT],
            cookie_of(request),
            key=read_key(form),
            setting=setting,
            value=value,
        )
    except ChoiceRefusedError as error:
        return _setting_page(request, page, setting, status=status_of(error))
    if not kept:
        return neutral(request)
    response = see(f"{OWN_PAGE}?saved=1")
    language = known_language(value) if setting == "language" else None
    if language is not None:
        # What was chosen on this device before must not hide what was chosen now.
        keep_language(request, response, LANGUAGE, language)
    return response


@for_own_page
async def show_stop(request: web.Request, page: OwnPage) -> web.Response:
    """`GET /q/me/stop`: asks once more, and says how to come back."""
    if page.facts.contact is None or page.facts.opted_out_at is not None:
        return see(OWN_PAGE)
    values: dict[str, Any] = {
        "telephone": page.facts.site.telephone,
        "two_way": "text" in page.ways,
    }
    return render(request, page, "stop.html", back="/q/me/stop", **values)


@for_own_page
async def stop_texts(request: web.Request, page: OwnPage) -> web.Response:
    """`POST /q/me/stop`: no more texts."""
    form = await read_form(request)
    try:
        kept = await service.stop_texts(
            request.app[POOLS].participant,
            request.app[CONTEXT],
            cookie_of(request),
            key=read_key(form),
        )
    except NoLineError:
        return see(OWN_PAGE)  # There is nothing texts could go to.
    return see(f"{OWN_PAGE}?saved=1") if kept else neutral(request)


def page_values(request: web.Request, page: OwnPage) -> dict[str, Any]:
    """What the page's template needs, in words."""
    language = language_of(request, page.protocol, page.facts)
    local = zone(page.facts.zone)
    asked = page.questionnaire
    coming, nudge_at, until = page.next_day, page.next_nudge_at, page.paused_until
    return {
        "sender": page.protocol.study.sender[language],
        "open": None if asked is None or asked.finished else open_values(asked, language),
        "next_day": None if coming is None else format_day(coming, language),
        "next_nudge": None
        if nudge_at is None
        else (
            format_day(local_day(nudge_at, local), language),
            format_time(nudge_at.astimezone(local).time(), language),
        ),
        "done": [
            (
                "" if one.definition is None else in_words(language, one.definition.label),
                format_day(local_day(one.submitted_at, local), language),
            )
            for one in page.done
        ],
        "telephone": page.facts.site.telephone,
        "hour": format_time(page.hour, language),
        "way": page.way,
        "can_choose_way": len(page.ways) > 1,
        "speaks": page.facts.language,
        "can_choose_language": len(page.protocol.study.languages) > 1,
        "paused_until": None if until is None else format_day(until, language),
        "may_pause": may_pause(page.status),
        "two_way": "text" in page.ways,
        "stopped": page.facts.opted_out_at is not None,
        "agreed": page.has_agreed,
        "has_number": page.facts.contact is not None,
    }


def _setting(request: web.Request) -> Setting | None:
    named = request.match_info["setting"]
    return next((one for one in service.SETTINGS if one == named), None)


def _setting_page(
    request: web.Request, page: OwnPage, setting: Setting, *, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    present = service.chosen(page, setting)
    return render(
        request,
        page,
        "setting.html",
        status=status,
        back=f"/q/me/{setting}",
        setting=setting,
        mistaken=status is not HTTPStatus.OK,
        present=present,
        options=[
            (one, _option_in_words(request, page, setting, one))
            for one in service.options(page, setting)
        ],
    )


def _option_in_words(request: web.Request, page: OwnPage, setting: Setting, value: str) -> str:
    language = language_of(request, page.protocol, page.facts)
    if setting == "time":
        return format_time(time.fromisoformat(value), language)
    if setting == "pause" and value != service.END_PAUSE:
        local = zone(page.facts.zone)
        day = local_day(resumes_at(page.facts, int(value)), local)
        words = {"days": value, "day": format_day(day, language)}
        return request.app[PAGES].text(language, "set.pause.days", **words)
    keys = {"language": f"language.name_{value}", "pause": "set.pause.end"}
    return request.app[PAGES].text(language, keys.get(setting, f"{setting}.{value}"))


def render(
    request: web.Request,
    page: OwnPage,
    template: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    back: str = OWN_PAGE,
    **values: Any,
) -> web.Response:
    """A page of this participant, in the reader's language."""
    return request.app[PAGES].render(
        template,
        language_of(request, page.protocol, page.facts),
        status=status,
        languages=page.protocol.study.languages,
        back=back,
        larger=page.facts.larger_text,
        **values,
    )
