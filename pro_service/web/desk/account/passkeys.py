"""One's own passkeys: made, ended; and new recovery codes alone."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pro_service.services.desk.account.codes import SecondStepError
from pro_service.services.desk.account.factor import renew_recovery
from pro_service.services.desk.account.passkeys import (
    PasskeyRefusedError,
    ask_for_new,
    end_passkey,
    keep_passkey,
    list_passkeys,
    party_of,
)
from pro_service.services.desk.seat import NotHereError, Session
from pro_service.web.desk.account.me import ME
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import uuid_of
from pro_service.web.desk.pages import DESK
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.requests import read_form, see

PASSKEYS = f"{ME}/passkeys"
RECOVERY = f"{ME}/recovery"


async def show_new(request: web.Request, session: Session) -> web.Response:
    """`GET /desk/me/passkeys`: the device is asked to make a key; who has no codes sets them up."""
    return await _page(request, session)


async def post_new(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/me/passkeys`: keep the key that the device made."""
    form, app = await read_form(request), request.app
    party = party_of(app[CONTEXT].public_url)
    if party is None:
        return see(PASSKEYS)
    answer = (form.get("credential", ""), form.get("challenge", ""))
    name = form.get("name", "")
    try:
        await keep_passkey(app[POOLS].desk, session, party, answer, name)
    except PasskeyRefusedError:
        return await _page(request, session, problem=True, name=name)
    return done(session, ME, "passkey_made")


async def post_end(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/me/passkeys/end`: one of one's keys opens nothing any more."""
    passkey = uuid_of((await read_form(request)).get("passkey", ""))
    if not await end_passkey(request.app[POOLS].desk, session, passkey):
        raise NotHereError
    return done(session, ME, "passkey_ended")


async def post_recovery(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/me/recovery`: new recovery codes, shown this once; the telephone's stay."""
    app = request.app
    try:
        codes = await renew_recovery(app[POOLS].desk, app[CONTEXT].keys, session)
    except SecondStepError:
        raise NotHereError from None
    return app[DESK].render("factor_codes.html", request, session, codes=codes, renewed=True)


async def _page(
    request: web.Request, session: Session, *, problem: bool = False, name: str = ""
) -> web.Response:
    if not session.row.has_factor:
        return see(f"{ME}/factor")
    app = request.app
    party = party_of(app[CONTEXT].public_url)
    known = await list_passkeys(app[POOLS].desk, session)
    response = app[DESK].render(
        "passkey_new.html",
        request,
        session,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        asked=None if party is None else ask_for_new(session, party, known),
        problem=problem,
        name=name[:60],
        here=PASSKEYS,
    )
    response.headers["Content-Security-Policy"] = SCRIPTED_POLICY
    return response
