"""Blank forms to print: of one participant, or of everybody who comes to the clinic on a day.

A page or more of A4 for each questionnaire, with code and visit, word for word as it is entered.
GET changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.domain.study.times import typed_day, zone
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import BlankForm, BlankForms
from pro_service.services.desk.seat import NotHereError, Seat
from pro_service.web.desk.entering.shown import Questions, said_in, sections_of
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.site import HTML_LANGUAGES


async def show_of_one(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/blank`: the forms of what can be answered; `visit` picks."""
    hands, code = hands_of(request, seat), request.match_info["code"]
    found = await service.blank_forms(hands, code, _visits(request.query.getall("visit", [])))
    back = f"/desk/participants/{quote(code, safe='')}"
    return _page(request, seat, found, back=back, of=code)


async def show_of_day(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/blank?day=...`: the forms of who comes to the clinic on a day of this week."""
    try:
        day = typed_day(request.query.get("day", ""))
    except ValueError:
        raise NotHereError from None
    found = await service.blank_forms_of_day(hands_of(request, seat), day)
    words = request.app[DESK].words(language_of(request, seat))
    return _page(request, seat, found, back="/desk/week", of=words.day(day))


def _visits(named: Iterable[str]) -> set[UUID]:
    found = set()
    for one in named:
        with suppress(ValueError):
            found.add(UUID(one))
    return found


def _page(
    request: web.Request, seat: Seat, found: BlankForms, *, back: str, of: str
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    named = request.query.get("language")
    language = next((one for one in LANGUAGES if one == named), None)
    return desk.render(
        "blank.html",
        request,
        seat,
        frame=found.frame,
        back=back,
        of=of,
        left_out=found.left_out,
        others=[
            (
                f"/desk/participants/{quote(of, safe='')}/blank?visit={one.visit.id}",
                words.visit(one.protocol, one.visit.definition, one.visit.occurrence),
            )
            for one in found.others
        ],
        forms=[
            _form(desk.words(language or one.facts.language), one, language or one.facts.language)
            for one in found.forms
        ],
    )


def _form(words: Words, form: BlankForm, language: Language) -> dict[str, Any]:
    """One form, all of it in the language it is filled in."""
    facts, instrument = form.facts, form.instrument
    asked = Questions(instrument, language, "paper")
    return {
        "say": words.text,
        "spoken": HTML_LANGUAGES[language],
        "code": facts.code,
        "sender": form.protocol.study.sender.get(language, ""),
        "visit": words.visit(form.protocol, form.visit.definition, form.visit.occurrence),
        "until": words.until(form.visit.closes_at, zone(facts.zone)),
        "asked": words.asked(instrument.id, form.assessment.target),
        "recall": said_in(instrument.recall, language),
        "neutral": words.shows_neutral(instrument.id, language),
        "sections": list(sections_of(words, asked)),
        "telephone": facts.site.telephone,
        "emergency": facts.site.emergency_number,
    }
