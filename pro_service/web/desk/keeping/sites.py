"""`/desk/sites`: what sites are called, how they and help are reached, and what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from multidict import MultiDict

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk import keeping as service
from pro_service.services.desk.seat import NotHereError, Seat, at_desk
from pro_service.services.desk.today import list_operator_tasks
from pro_service.services.study import SiteWrongError
from pro_service.store.account.keeping import SiteCorrection, SiteWords
from pro_service.store.desk.frame import OperatorTask
from pro_service.store.study.studies import SiteRow
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import for_staff, hands_of
from pro_service.web.desk.keeping.fields import site_error, site_fields
from pro_service.web.desk.keeping.senders import sender_values
from pro_service.web.desk.keeping.staff import render
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.fields import FieldError, Typed
from pro_service.web.desk.words import Words
from pro_service.web.keys import POOLS
from pro_service.web.requests import read_form

SITES: Final = "/desk/sites"


async def _show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/sites`: the administrator's sites, with what each said before."""
    hands = hands_of(request, seat)
    sites = (await service.read_sites(hands, Action.keep_sites)).sites
    before = await service.read_corrections(hands)
    words = request.app[DESK].words(language_of(request, seat))
    rows = [_values(words, one, [b for b in before if b.site_id == one.id]) for one in sites]
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        tasks = await list_operator_tasks(connection, seat.study_id)
    to_mend = [_task(words, one, sites) for one in tasks]
    local = zone(sites[0].zone if sites else "UTC")
    senders = [sender_values(words, one, local) for one in await service.read_senders(hands)]
    return await render(request, seat, "sites.html", sites=rows, senders=senders, to_mend=to_mend)


def _task(words: Words, one: OperatorTask, sites: Sequence[SiteRow]) -> dict[str, str]:
    """What the operator must see to, in words, and the command that shows more of it."""
    at = words.instant(one.since, zone(sites[0].zone)) if sites else ""
    if one.kind == "registration":
        named = {"sender": one.address or "", "text": one.what, "spoken": one.language or ""}
        said = words.text("operator.registration", **named)
        return {"said": said, "since": at, "command": "pro-service sender templates list"}
    counts = {"provider": one.provider, "broken": one.broken, "unknown": one.unknown}
    said = words.text("operator.push", **counts)
    return {"said": said, "since": at, "command": "pro-service pushes list"}


show = for_staff(_show, Action.keep_sites)


async def _show_form(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/sites/{code}`: what it says now, to be corrected."""
    return await _form(request, seat, Typed(MultiDict()))


show_form = for_staff(_show_form, Action.keep_sites)


async def correct(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/sites/{code}`: new texts, pages and cards say it from now on."""
    typed, code = Typed(await read_form(request)), request.match_info["code"]
    try:
        given = SiteWords(
            typed.text("name"), typed.text("telephone"), typed.text("emergency_number")
        )
        reason = typed.text("reason")
        changed = await service.correct(hands_of(request, seat), code, given, reason)
    except FieldError as error:
        return await _form(request, seat, typed, error)
    except SiteWrongError as error:
        return await _form(request, seat, typed, site_error(error))
    return done(seat, SITES, "site_corrected" if changed else "site_same", code=code)


async def _form(
    request: web.Request, seat: Seat, typed: Typed, problem: FieldError | None = None
) -> web.Response:
    code = request.match_info["code"]
    kept = await service.read_sites(hands_of(request, seat), Action.keep_sites)
    site = next((one for one in kept.sites if one.code == code), None)
    if site is None:
        raise NotHereError
    words = request.app[DESK].words(language_of(request, seat))
    now = SiteWords(site.name, site.telephone, site.emergency_number)
    return await render(
        request,
        seat,
        "site_form.html",
        HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        what=site.code,
        lead=words.text("sites.form_lead"),
        more=None,
        fields=typed.shown(site_fields(words, now), problem),
        problem=None if problem is None else words.text(f"problem.field.{problem.word}"),
        address=_path(code),
        here=_path(code),
    )


def _path(code: str) -> str:
    return f"{SITES}/{quote(code, safe='')}"


def _values(words: Words, one: SiteRow, before: list[SiteCorrection]) -> dict[str, Any]:
    return {
        "code": one.code,
        "path": _path(one.code),
        "zone": one.zone,
        "now": SiteWords(one.name, one.telephone, one.emergency_number),
        "before": [
            {
                "words": " · ".join((was.name, was.telephone, was.emergency_number)),
                "until": words.instant(was.recorded_at, zone(one.zone)),
                "who": words.who(was.actor),
                "reason": was.reason,
            }
            for was in before
        ],
    }
