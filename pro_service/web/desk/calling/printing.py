"""The list of calls on paper: codes, what is due and until when; numbers only where asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk.call_page import CallList, read_call_list
from pro_service.services.desk.numbers import show_numbers_of_list
from pro_service.services.desk.seat import Seat
from pro_service.store.desk.calls import CallToPrint
from pro_service.store.desk.desk import DeskSite
from pro_service.web.desk.frame.deaths import death_words
from pro_service.web.desk.guard import for_record_staff, hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words


@for_record_staff
async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/calls/print`: the list, without any number."""
    return _render(request, seat, await read_call_list(hands_of(request, seat)), None)


async def show_with_numbers(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/calls/print`: the list with numbers; of each participant it is recorded first."""
    hands = hands_of(request, seat)
    listed = await read_call_list(hands)
    shown = await show_numbers_of_list(hands, [one.code for one in listed.calls])
    return _render(request, seat, listed, shown)


def _render(
    request: web.Request,
    seat: Seat,
    listed: CallList,
    shown: Mapping[str, Sequence[str]] | None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    sites = {one.id: one for one in listed.sites}
    return desk.render(
        "calls_print.html",
        request,
        seat,
        frame=listed.frame,
        shown=shown is not None,
        may_numbers=seat.may_anywhere(Action.see_number),
        printed=_printed(words, listed),
        calls=[_row(words, listed, sites[one.site_id], one, shown or {}) for one in listed.calls],
    )


def _printed(words: Words, listed: CallList) -> str | None:
    """When the list stood so, on the clock of the first site."""
    if not listed.sites:
        return None
    return words.instant(listed.frame.now, zone(listed.sites[0].zone))


def _row(
    words: Words,
    listed: CallList,
    site: DeskSite,
    call: CallToPrint,
    shown: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    local, protocol = zone(site.zone), listed.protocols[call.protocol_version_id]
    return {
        "code": call.code,
        "site": site,
        "language": words.word("language", call.language),
        "best": None if call.nudge_at is None else f"{call.nudge_at:%H:%M}",
        "their_zone": call.zone if call.zone != site.zone else None,
        "reason": words.word("call", call.reason),
        "visit": ""
        if call.definition is None
        else words.visit(protocol, call.definition, call.occurrence),
        "owed": [words.asked(one["instrument"], one["target"]) for one in call.owed],
        "closes": words.until(call.closes_at, local),
        "wanted": None if call.wanted_from is None else words.instant(call.wanted_from, local),
        "tried": call.tried,
        "death": death_words(words, call.death_reported_at, local),
        "numbers": shown.get(call.code, ()),
    }
