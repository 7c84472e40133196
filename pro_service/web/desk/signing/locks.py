"""Locks: those there are, a form to set one with a look at it first, and their lifting, signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.locks import TWO_PERSONS, LockRefusedError
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk import signing as service
from pro_service.services.desk.seat import NotHereError, ReasonMissingError, Seat
from pro_service.services.desk.signing import LiftWish, LockRoom
from pro_service.services.record import LockWish, visit_named
from pro_service.store.record.locks import Arrived, LockRow
from pro_service.web.desk.account.proving import whence
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of, id_in
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.signing.page import PROOF_REFUSED, proof_in, proof_problem
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form

_PAGE: Final = "/desk/locks"
_FIELDS: Final = ("scope", "site", "participant", "visit", "occurrence", "reason")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "visit": ("participant", "visit"),
    "participant": ("participant",),
    "site": ("site",),
    "study": (),
}
"""What each scope is named by."""


class ScopeUnnamedError(ProServiceError):
    """What is to be locked is not named."""

    def __init__(self) -> None:
        """Say so by one word."""
        super().__init__(word="unnamed")


_REFUSED: Final = (LockRefusedError, ReasonMissingError, NotHereError, ScopeUnnamedError)
"""What is said on the form, with everything that was typed."""


async def show_locks(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/locks`: the locks seen from here, and the form to set one."""
    room = await service.list_locks(hands_of(request, seat))
    typed = {name: request.query.get(name, "")[:80] for name in _FIELDS}
    return _page(request, seat, room, typed)


async def preview(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/locks/preview`: what a lock would hold, and what has not closed."""
    typed = await _typed(request)
    hands = hands_of(request, seat)
    try:
        look = await service.preview_lock(hands, _wish(typed))
    except _REFUSED as error:
        return _page(request, seat, await service.list_locks(hands), typed, error)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    found = look.found
    visit = _visit(words, look.definitions, *look.wish.visit) if look.wish.visit else None
    return desk.render(
        "lock_look.html",
        request,
        seat,
        frame=look.frame,
        typed=typed,
        place=_place(words, typed["scope"], typed["site"], typed["participant"], visit),
        visits=found.visits,
        people=len(found.participants),
        open_count=found.open,
        open=[
            {"code": one.code, "visit": _visit(words, look.definitions, *one[1:])}
            for one in found.first_open
        ],
        two=typed["scope"] in TWO_PERSONS,
    )


async def lock(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/locks`: lock what was looked at."""
    typed = await _typed(request)
    hands = hands_of(request, seat)
    try:
        await service.lock(hands, _wish(typed))
    except _REFUSED as error:
        return _page(request, seat, await service.list_locks(hands), typed, error)
    return done(seat, _PAGE, "locked")


async def lift(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/locks/{id}/lift`: sign that a lock is lifted, or asked to be."""
    form = await read_form(request)
    hands = hands_of(request, seat)
    name, reason = str(form.get("name", "")), str(form.get("reason", ""))
    wish = LiftWish(id_in(request), name, reason, proof_in(form))
    passwords = request.app[DESK].passwords
    try:
        lifted = await service.lift(hands, passwords, wish, whence(request))
    except (LockRefusedError, ReasonMissingError, *PROOF_REFUSED) as error:
        typed = {"lift": str(wish.lock_id), "name": name[:120], "lift_reason": reason[:2000]}
        return _page(request, seat, await service.list_locks(hands), typed, error)
    return done(seat, _PAGE, "lifted" if lifted else "lift_asked")


async def _typed(request: web.Request) -> dict[str, str]:
    form = await read_form(request)
    return {name: str(form.get(name, "")).strip()[:2000] for name in _FIELDS}


def _wish(typed: Mapping[str, str]) -> LockWish:
    """What the form names of its scope. Raises ScopeUnnamedError, LockRefusedError."""
    scope, reason = typed["scope"], typed["reason"]
    if scope not in _NEEDS or not all(typed[one] for one in _NEEDS[scope]):
        raise ScopeUnnamedError
    if scope == "study":
        return LockWish(reason=reason)
    if scope == "site":
        return LockWish(site=typed["site"], reason=reason)
    visit = None
    if scope == "visit":
        number = typed["occurrence"]
        visit = visit_named(f"{typed['visit']}:{number}" if number else typed["visit"])
    return LockWish(participant=typed["participant"], visit=visit, reason=reason)


def _page(
    request: web.Request,
    seat: Seat,
    room: LockRoom,
    typed: Mapping[str, str],
    error: ProServiceError | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    lines = [_line(words, seat, room, one) for one in room.locks]
    lifting = "lift" in typed
    said = None if error is None else _problem(words, error)
    return desk.render(
        "locks.html",
        request,
        seat,
        status=HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=room.frame,
        asks_code=seat.row.has_factor,
        typed=dict.fromkeys((*_FIELDS, "lift", "name", "lift_reason"), "") | dict(typed),
        problem=None if lifting else said,
        lift_problem=said if lifting else None,
        scopes=[(one, words.word("lock.scope", one)) for one in _NEEDS],
        sites=[one.code for one in room.sites if seat.may(Action.lock_data, one.id)],
        visits=[(one, words.chosen(label)) for one, label in room.definitions.items()],
        held=[one for one in lines if one["lifted"] is None],
        lifted=[one for one in lines if one["lifted"] is not None],
        arrived=[_arrived(words, room, one) for one in room.arrived],
        arrived_more=max(0, room.arrived[0].total - len(room.arrived)) if room.arrived else 0,
    )


def _problem(words: Words, error: ProServiceError) -> str:
    """What is wrong, in the reader's language."""
    if isinstance(error, PROOF_REFUSED):
        return words.text(proof_problem(error))
    if isinstance(error, ReasonMissingError):
        return words.text("lock.problem_reason")
    return words.text(f"lock.problem_{error.word or 'unknown'}")


def _line(words: Words, seat: Seat, room: LockRoom, one: LockRow) -> dict[str, Any]:
    """A lock: of what, since when and why, and how far its lifting has come."""
    zones = {site.id: zone(site.zone) for site in room.sites}
    here = zones.get(one.site_id) if one.site_id is not None else None
    at = here or next(iter(zones.values()), zone("UTC"))
    visit = None
    if one.definition is not None:
        visit = _visit(words, room.definitions, one.definition, one.occurrence)
    return {
        "id": str(one.id),
        "place": _place(words, one.scope, one.site, one.participant, visit),
        "participant": one.participant,
        "visit": visit,
        "visits": one.visits,
        "since": _signed(words, "lock.set_by", at, one.recorded_at, one.actor),
        "reason": words.noted(service.said_of(room, one.reason)),
        "asked": None
        if one.asked_at is None
        else _signed(words, "lock.asked_by", at, one.asked_at, one.asked_by, one.asked_name),
        "asked_reason": words.noted(service.said_of(room, one.asked_reason)),
        "lifted": None
        if one.lifted_at is None
        else _signed(words, "lock.lifted_by", at, one.lifted_at, one.lifted_by, one.lifted_name),
        "lifted_reason": words.noted(service.said_of(room, one.lifted_reason)),
        "two": one.scope in TWO_PERSONS,
        "mine": one.asked_by == seat.actor,
        "alone": one.id in room.alone,
        "may_lift": seat.may_anywhere(Action.unlock_data),
    }


def _arrived(words: Words, room: LockRoom, one: Arrived) -> dict[str, str]:
    """What came for a locked visit: how much, and when the last of it."""
    at = zone(room.sites[0].zone) if room.sites else zone("UTC")
    visit = _visit(words, room.definitions, one.definition, one.occurrence)
    last = words.instant(one.last_at, at)
    said = words.text("lock.came", answers=one.answers, sittings=one.sittings, at=last)
    return {"code": one.code, "visit": visit, "said": said}


def _signed(
    words: Words, key: str, at: ZoneInfo, when: datetime, actor: str | None, name: str | None = None
) -> str:
    # Of a participant's visit it may be the clock of another site.
    shown = f"{words.instant(when, at)} ({at.key})"
    return words.text(key, at=shown, who=words.who(actor), name=name or "")


def _place(
    words: Words, scope: str, site: str | None, participant: str | None, visit: str | None
) -> str:
    return words.text(
        f"lock.of_{scope}", site=site or "", participant=participant or "", visit=visit or ""
    )


def _visit(
    words: Words,
    definitions: Mapping[str, Mapping[Language, str]],
    definition: str,
    occurrence: int | None,
) -> str:
    """A visit by its label; by the protocol's own name where it asks nothing."""
    label = words.chosen(definitions[definition]) if definition in definitions else definition
    return words.again(label, occurrence)
