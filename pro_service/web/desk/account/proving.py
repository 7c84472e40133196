"""The page that asks for the password anew, and goes on with what was sent.

A form whose proof is stale comes back as this page with all that was typed in it; sending it again,
with the password, does what was asked for. An address that only shows asks first and then leads on.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

from aiohttp import hdrs, web

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.account.codes import SecondStepError
from pro_service.services.desk.account.passkeys import ask_for_known, list_passkeys, party_of
from pro_service.services.desk.account.proving import (
    KeyAnswer,
    Proof,
    ProofRefusedError,
    prove_again,
)
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import SignInThrottledError, Whence
from pro_service.web.desk.pages import DESK
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.requests import Form, client_address, read_form, source_of, try_again_after

PROVE = "/desk/prove"
PASSWORD, CODE = "proof_password", "proof_code"
CREDENTIAL, CHALLENGE = "proof_credential", "proof_challenge"
_OURS = frozenset({"form", PASSWORD, CODE, CREDENTIAL, CHALLENGE})


def whence(request: web.Request) -> Whence:
    """Where a request came from."""
    device = request.headers.get(hdrs.USER_AGENT)
    return Whence(client_address(request), source_of(request), device)


async def demand_proof(request: web.Request, session: Session) -> web.Response | None:
    """Ask who is in for their password, if it is due and was not sent along right; else None."""
    if session.fresh():
        return None
    if request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
        return await ask(request, session, PROVE, [("back", request.path_qs)])
    form = await read_form(request)
    typed = [(name, value) for name, value in form.items() if name not in _OURS]
    if PASSWORD not in form:
        return await ask(request, session, request.path, typed)
    return await take_proof(request, session, form, request.path, typed)


async def take_proof(
    request: web.Request, session: Session, form: Form, address: str, typed: list[tuple[str, str]]
) -> web.Response | None:
    """Take the proof a form brings; the page again, saying why, where it is refused."""
    try:
        await prove_again(
            request.app[POOLS].desk,
            request.app[DESK].passwords,
            request.app[CONTEXT].keys,
            session,
            Proof(form.get(PASSWORD, ""), form.get(CODE, ""), _key_in(request, form)),
            whence(request),
        )
    except (ProofRefusedError, SecondStepError, SignInThrottledError) as error:
        by_key = bool(form.get(CREDENTIAL))
        return await ask(request, session, address, typed, error, by_key=by_key)
    return None


def _key_in(request: web.Request, form: Form) -> KeyAnswer | None:
    """What a passkey signed, where the form brings that."""
    party = party_of(request.app[CONTEXT].public_url)
    credential = form.get(CREDENTIAL, "")
    if party is None or not credential:
        return None
    return KeyAnswer(party, credential, form.get(CHALLENGE, ""))


async def ask(
    request: web.Request,
    session: Session,
    address: str,
    typed: list[tuple[str, str]],
    error: ProServiceError | None = None,
    *,
    by_key: bool = False,
) -> web.Response:
    """The page that asks; `typed` goes on to `address` with the proof.

    Who has a passkey may use that instead of a code, by the same form.
    """
    party = party_of(request.app[CONTEXT].public_url)
    keys = await list_passkeys(request.app[POOLS].desk, session) if party else []
    response = request.app[DESK].render(
        "prove.html",
        request,
        session,
        status=HTTPStatus.OK if error is None else status_of(error),
        address=address,
        typed=typed,
        asks_code=session.row.has_factor,
        asked=ask_for_known(session, party, keys) if party and keys else None,
        **problem_values(error, by_key=by_key),
    )
    if keys:
        response.headers["Content-Security-Policy"] = SCRIPTED_POLICY
    if isinstance(error, SignInThrottledError):
        try_again_after(response, error.again)
    return response


def problem_values(error: ProServiceError | None, *, by_key: bool = False) -> dict[str, Any]:
    """What a page says of a proof that was refused: the word, and how long to wait."""
    minutes = 0
    if isinstance(error, SignInThrottledError):
        minutes = max(1, ceil(error.again / timedelta(minutes=1)))
        return {"problem": "too_many", "minutes": minutes}
    second = "wrong_passkey" if by_key else "wrong_code"
    word = {ProofRefusedError: "wrong_password", SecondStepError: second}
    return {"problem": None if error is None else word[type(error)], "minutes": minutes}
