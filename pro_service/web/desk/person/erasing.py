"""The room of one participant's erasure: what goes and stays, who asked, the form, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from pro_service.domain.erasing import ErasureRefusedError, Ground, erases_now, ground_named
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import zone
from pro_service.services.desk.person import erasing as service
from pro_service.services.desk.person.erasing import ErasureRoom
from pro_service.services.desk.seat import ReasonMissingError, Seat
from pro_service.services.desk.sign_in import SignInThrottledError
from pro_service.services.visits import ErasureWish
from pro_service.services.visits.certificate import GOES, STAYS, counted
from pro_service.services.visits.erasing import asked_of
from pro_service.web.desk.account.proving import whence
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import page_of
from pro_service.web.desk.signing.page import PROOF_REFUSED, proof_in, proof_problem
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form, try_again_after

_FIELDS: Final = ("ground", "reason", "name")


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/erasure`: what goes, what stays, and how far it has come."""
    room = await service.look(hands_of(request, seat), request.match_info["code"])
    return _page(request, seat, room, {})


async def sign(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/erasure`: ask for it, or do what another asked for."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    typed = {name: str(form.get(name, "")).strip()[:2000] for name in _FIELDS}
    passwords = request.app[DESK].passwords
    try:
        wish = ErasureWish(ground_named(typed["ground"]), typed["name"], typed["reason"])
        erased = await service.sign(hands, passwords, code, wish, proof_in(form), whence(request))
    except (ErasureRefusedError, ReasonMissingError, *PROOF_REFUSED) as error:
        response = _page(request, seat, await service.look(hands, code), typed, error)
        if isinstance(error, SignInThrottledError):
            return try_again_after(response, error.again)
        return response
    return done(seat, f"{page_of(code)}/erasure", "erased" if erased else "erase_asked", code=code)


async def get_certificate(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/erasure/certificate`: it, word for word as it was kept."""
    code = request.match_info["code"]
    text = await service.find_certificate(hands_of(request, seat), code)
    name = f"erasure-{quote(code, safe='')}.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)


def _page(
    request: web.Request,
    seat: Seat,
    room: ErasureRoom,
    typed: Mapping[str, str],
    error: ProServiceError | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    look = room.look
    until = look.protocol.study.retain_until
    return desk.render(
        "erasure.html",
        request,
        seat,
        status=HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=room.frame,
        code=room.place.code,
        page=page_of(room.place.code),
        problem=None if error is None else _problem(words, error),
        hindered=None if look.problem is None else _problem(words, look.problem),
        typed=dict.fromkeys(_FIELDS, "") | dict(typed),
        grounds=[(one.value, words.word("erasure.ground", one.value)) for one in Ground],
        goes=_counted(words, "goes", GOES, look.seen.counts),
        stays=_counted(words, "stays", STAYS, look.seen.counts),
        until=words.text("erasure.cert_until", day=words.day(until))
        if until
        else words.text("erasure.cert_no_day"),
        backups=[
            words.text(
                "erasure.cert_backup" if one.kept_until else "erasure.cert_backup_open",
                file=one.file_name,
                at=words.instant(one.made_at, zone("UTC")),
                day="" if one.kept_until is None else words.day(one.kept_until),
            )
            for one in look.backups
        ],
        asks_code=seat.row.has_factor,
        **_steps(words, seat, room),
    )


def _counted(words: Words, key: str, kinds: tuple[str, ...], counts: Any) -> list[str]:
    return [words.text(f"erasure.{key}_{one}", **counted(one, counts)) for one in kinds]


def _steps(words: Words, seat: Seat, room: ErasureRoom) -> dict[str, Any]:
    """Who asked and who erased, and what the form of who looks does."""
    seen, here = room.look.seen, zone(room.look.facts.zone)
    asked = asked_of(seen)
    waits = does = False
    if asked is not None and seen.erased_at is None:
        try:
            does = erases_now(asked, asked.ground, seat.actor, seen.now)
            waits = does
        except ErasureRefusedError:
            waits = True
    return {
        "asked": None
        if not waits or seen.asked_at is None
        else words.text(
            "erasure.asked_by",
            at=words.instant(seen.asked_at, here),
            who=words.who(seen.asked_by),
            name=seen.asked_name or "",
            ground=words.word("erasure.ground", seen.asked_ground or ""),
        ),
        "asked_reason": words.noted(room.asked_reason),
        "does": does,
        "mine": waits and not does,
        "alone": room.others == 0,
        "erased": None
        if seen.erased_at is None
        else words.text(
            "erasure.erased_by",
            at=words.instant(seen.erased_at, here),
            who=words.who(seen.erased_by),
            name=seen.erased_name or "",
        ),
        "sha256": seen.certificate_sha256,
        "certificate": seen.certificate,
        "kept": [
            {
                "words": words.noted(one.words),
                "said": words.text(
                    f"erasure.kept_{one.row.source}",
                    at="" if one.row.at is None else words.instant(one.row.at, here),
                    who=words.who(one.row.actor) if one.row.actor else "",
                ),
            }
            for one in room.kept
        ],
    }


def _problem(words: Words, error: ProServiceError) -> str:
    """What is wrong, in the reader's language."""
    if isinstance(error, PROOF_REFUSED):
        return words.text(proof_problem(error))
    if isinstance(error, ReasonMissingError):
        return words.text("lock.problem_reason")
    return words.text(f"erasure.problem_{error.word}")
