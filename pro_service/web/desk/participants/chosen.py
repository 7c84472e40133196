"""Chosen participants together: looked at, asked now with a result a row, or their cards printed.

Works without scripts: the ticks are a form around the list. "All that the filter shows" is bounded,
and its count said.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import zone
from pro_service.services.base.sources import source_sha256
from pro_service.services.base.turns import BusyError
from pro_service.services.desk.listing import chosen as service
from pro_service.services.desk.listing.chosen import (
    Asked,
    NobodyChosenError,
    TooManyChosenError,
)
from pro_service.services.desk.seat import NotAllowedError, NotHereError, Seat
from pro_service.store.base import operations
from pro_service.store.cards.cards import ShownTo
from pro_service.web.desk.guard import hands_of, way_back
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.participants.asked import PATH, query_of
from pro_service.web.desk.person.sheets import form_key, new_form_key, problem_in_words
from pro_service.web.desk.words import Words
from pro_service.web.keys import PAGES
from pro_service.web.requests import Form, read_form, source_of

ASK: Final = "/desk/chosen/ask"
CARDS: Final = "/desk/chosen/cards"
_LONGEST_CODE: Final = 100


class _Shown(NamedTuple):
    """One row: who, and what comes or came of it."""

    code: str
    what: str
    goes: bool


async def ask(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/chosen/ask`: what asking each comes to; with `step=do` it is done."""
    form, hands = await read_form(request), hands_of(request, seat)
    words = request.app[DESK].words(language_of(request, seat))
    try:
        codes = await _chosen(request, seat, form)
    except (NobodyChosenError, TooManyChosenError) as error:
        return await _page(request, seat, form, problem=problem_in_words(words, error))
    doing = form.get("step") == "do"
    if doing:
        found = await service.ask_chosen(hands, codes, form_key(form))
    else:
        found = await service.look_at_chosen(hands, codes)
    rows = [_row(words, one, done=doing) for one in found]
    return await _page(request, seat, form, rows=rows, done=doing)


async def cards(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/chosen/cards`: their cards as one file to print, a page each."""
    form, hands = await read_form(request), hands_of(request, seat)
    words = request.app[DESK].words(language_of(request, seat))
    try:
        codes = await _chosen(request, seat, form)
    except (NobodyChosenError, TooManyChosenError) as error:
        return await _page(request, seat, form, problem=problem_in_words(words, error))
    to = ShownTo("desk", source_sha256(source_of(request)), seat.actor)
    found = await service.print_chosen(hands, codes, to)
    # What draws is loaded when something is drawn.
    from pro_service.services.cards.pdf import cards_pdf

    return web.Response(
        body=cards_pdf(found, request.app[PAGES].text),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="cards.pdf"'},
    )


async def _chosen(request: web.Request, seat: Seat, form: Form) -> list[str]:
    """Those ticked, or everybody the filter leaves. Raises what `check_chosen` does."""
    if form.get("all"):
        return await service.list_found(hands_of(request, seat), query_of(form))
    return service.check_chosen([one[:_LONGEST_CODE] for one in form.getall("chosen", [])])


def _row(words: Words, one: Asked, *, done: bool) -> _Shown:
    plan, error = one.plan, one.error
    if error is not None:
        return _Shown(one.code, words.text("chosen.not", why=_why(words, error)), goes=False)
    if plan is None:
        return _Shown(one.code, words.text("chosen.already"), goes=True)
    if plan.at_once:
        return _Shown(one.code, words.text("chosen.sent" if done else "chosen.goes"), goes=True)
    at = words.instant(plan.goes_at, zone(one.zone or "UTC"))
    key = "chosen.sent_at" if done else "chosen.goes_at"
    return _Shown(one.code, words.text(key, at=at), goes=True)


def _why(words: Words, error: ProServiceError) -> str:
    """Why nothing is sent, in words; what has none is said plainly."""
    said = problem_in_words(words, error)
    if said is not None:
        return said
    known = {NotHereError: "not_here", NotAllowedError: "not_allowed", BusyError: "busy"}
    return words.text(f"chosen.{known.get(type(error), 'failed')}")


async def _page(
    request: web.Request,
    seat: Seat,
    form: Form,
    *,
    rows: Sequence[_Shown] = (),
    done: bool = False,
    problem: str | None = None,
) -> web.Response:
    going = [one.code for one in rows if one.goes]
    values: dict[str, Any] = {
        "rows": rows,
        "done": done,
        "problem": problem,
        "going": going,
        "staying": len(rows) - len(going),
        "address": ASK,
        "key": new_form_key(),
        "page": _list_of(form),
        "here": PATH,
    }
    return request.app[DESK].render(
        "chosen.html",
        request,
        seat,
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        kind=await operations.get_database_kind(hands_of(request, seat).clerk),
        **values,
    )


def _list_of(form: Form) -> str:
    """The list the choice was made in."""
    back = way_back(form)
    return back if back.startswith(PATH) else PATH
