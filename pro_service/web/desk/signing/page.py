"""What can be signed, shown whole, and signed: name, meaning and password at the foot of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.signatures import content_sha256
from pro_service.domain.study.times import zone
from pro_service.services.base.signing import covered
from pro_service.services.desk import signing as service
from pro_service.services.desk.account.codes import SecondStepError
from pro_service.services.desk.account.proving import Proof, ProofRefusedError
from pro_service.services.desk.entering import count_to_decide
from pro_service.services.desk.seat import NotHereError, Seat, at_desk
from pro_service.services.desk.sign_in import SignInThrottledError
from pro_service.services.desk.signing import SigningRefusedError, SigningRoom, SignWish
from pro_service.web.desk.account.proving import whence
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of, uuid_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.signing.shown import Shown, meaning_in_words
from pro_service.web.keys import POOLS
from pro_service.web.requests import Form, read_form, try_again_after

PROOF_REFUSED: Final = (ProofRefusedError, SecondStepError, SignInThrottledError)
"""Why whoever signs is not taken for who they say they are."""
ALL: Final = "all"
"""In an address, in the place of a visit: every visit that has closed."""


async def show_to_sign(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/signing`: whose visits can be signed, the longest waiting first."""
    found = await service.list_to_sign(hands_of(request, seat))
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    sites = {one.id: one for one in found.sites}
    return desk.render(
        "to_sign.html",
        request,
        seat,
        frame=found.frame,
        visits=_counted(found.visits),
        people=[
            {
                "code": one.code,
                "site": sites[one.site_id].code,
                "visits": one.visits,
                "queries": one.open_queries,
                "since": words.instant(one.since, zone(sites[one.site_id].zone)),
            }
            for one in found.people
        ],
        void=[
            {"code": one.code, "site": sites[one.site_id].code, "count": one.signatures}
            for one in found.void
        ],
        is_cut=len(found.people) == service.MOST_TO_SIGN,
    )


async def show_waiting(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/signing/waiting`: how much waits there, which Today does not wait for.

    Visits of every site are looked at for it, and signatures, which takes longer than the rest.
    Corrections that wait for a decision are told beside them: whoever signs decides about them.
    """
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        waiting = await service.count_to_sign(connection, seat)
        corrections = await count_to_decide(connection, seat)
    return request.app[DESK].render(
        "signing_waiting.html",
        request,
        seat,
        visits=_counted(waiting.visits),
        void=waiting.void,
        corrections=corrections,
    )


def _counted(visits: int) -> str | None:
    """How many visits wait as it is said, "100+" where nobody counted further; None: none."""
    most = service.MOST_COUNTED
    if not visits:
        return None
    return f"{most}+" if visits > most else str(visits)


async def show_room(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/signing`: what can be signed, and the signatures there are."""
    room = await service.look_at_signing(hands_of(request, seat), request.match_info["code"])
    shown = _shown(request, seat, room)
    return request.app[DESK].render(
        "signing.html",
        request,
        seat,
        frame=room.frame,
        code=room.facts.code,
        zone=room.facts.site.zone,
        visits=shown.content(room.content, [one.signature for one in room.verified if one.stands]),
        signatures=[shown.signature(one, may_read=True) for one in room.verified],
    )


async def show_content(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/signing/{id}`: one visit, or all of them, to be signed."""
    room = await service.look_at_signing(hands_of(request, seat), request.match_info["code"])
    return _content(request, seat, room, {})


async def sign(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/signing/{id}`: sign what was shown."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    wish = SignWish(
        _of(request),
        str(form.get("seen", "")),
        str(form.get("meaning", "")),
        str(form.get("name", "")),
        proof_in(form),
    )
    try:
        await service.sign(hands, request.app[DESK].passwords, code, wish, whence(request))
    except (SigningRefusedError, *PROOF_REFUSED) as error:
        room = await service.look_at_signing(hands, code)
        response = _content(request, seat, room, form, error)
        if isinstance(error, SignInThrottledError):
            return try_again_after(response, error.again)
        return response
    return done(seat, f"/desk/participants/{quote(code, safe='')}/signing", "signed", code=code)


def proof_in(form: Form) -> Proof:
    """The proof of who signs that a form brings: the password, and the code of who has a factor."""
    return Proof(str(form.get("password", "")), str(form.get("code", "")))


def proof_problem(error: ProServiceError) -> str:
    """The key of what is wrong with a proof, or with what is signed by it."""
    if isinstance(error, SignInThrottledError):
        return "signing.problem_throttled"
    if isinstance(error, ProofRefusedError):
        return "signing.problem_password"
    if isinstance(error, SecondStepError):
        return "prove.wrong_code"
    return f"signing.problem_{error.word}"


def _content(
    request: web.Request,
    seat: Seat,
    room: SigningRoom,
    typed: Form | dict[str, Any],
    error: ProServiceError | None = None,
) -> web.Response:
    """What is to be signed with its form; what was typed stays, but for the password."""
    visit_id = _of(request)
    content = covered(room.content, visit_id)
    if not content.visits:
        raise NotHereError
    shown = _shown(request, seat, room)
    words = shown.words
    return request.app[DESK].render(
        "signing_content.html",
        request,
        seat,
        status=HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=room.frame,
        code=room.facts.code,
        zone=room.facts.site.zone,
        address=f"/desk/participants/{quote(room.facts.code, safe='')}/signing",
        of=request.match_info["id"],
        visits=shown.content(content),
        one=None if visit_id is None else shown.content(content)[0]["label"],
        sha256=content_sha256(content),
        meanings=[
            (one, meaning_in_words(words, room.protocol, one))
            for one in service.meanings_of(room.protocol)
        ],
        open_queries=room.open_queries,
        typed={name: str(typed.get(name, ""))[:200] for name in ("meaning", "name")},
        problem=None if error is None else words.text(proof_problem(error)),
        asks_code=seat.row.has_factor,
    )


def _of(request: web.Request) -> UUID | None:
    """The visit an address names; None: all of them. Raises NotHereError."""
    of = request.match_info["id"]
    return None if of == ALL else uuid_of(of)


def _shown(request: web.Request, seat: Seat, room: SigningRoom) -> Shown:
    words = request.app[DESK].words(language_of(request, seat))
    return Shown(words, room.protocol, zone(room.facts.site.zone))
