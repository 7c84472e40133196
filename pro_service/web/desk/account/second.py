"""The second step of signing in, and setting up what it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.account.codes import SecondStepError
from pro_service.services.desk.account.factor import (
    OfferStaleError,
    give_code,
    offer_secret,
    set_up_factor,
)
from pro_service.services.desk.account.passkeys import (
    ask_for_known,
    give_passkey,
    list_passkeys,
    party_of,
)
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import SignInThrottledError
from pro_service.web.desk.account.me import ME
from pro_service.web.desk.account.proving import problem_values, whence
from pro_service.web.desk.guard import SECOND_STEP, SIGN_IN, Handler, admit, find_half
from pro_service.web.desk.pages import DESK
from pro_service.web.desk.sign_in import keep_session
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.requests import read_form, see, try_again_after

FACTOR = f"{ME}/factor"
HalfHandler = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]


def for_half(handler: HalfHandler) -> Handler:
    """A handler for whoever gave a password here, and not yet the second factor."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        session = await find_half(request)
        if session is None:
            return see(SIGN_IN)
        await admit(request, session)
        return await handler(request, session)

    return guarded


@for_half
async def show_second(request: web.Request, session: Session) -> web.Response:
    """`GET /desk/sign-in/second`: asks for a code; who has no second factor sets one up."""
    if session.row.has_factor:
        return await _code_page(request, session)
    return offer_page(request, session, SECOND_STEP)


@for_half
async def post_second(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/sign-in/second`: the session goes on under a new id, and is open from then on."""
    if not session.row.has_factor:
        return await take_offer(request, session, SECOND_STEP)
    form, app = await read_form(request), request.app
    party = party_of(app[CONTEXT].public_url)
    by_key = (form.get("credential", ""), form.get("challenge", ""))
    try:
        if party is not None and by_key[0]:
            token = await give_passkey(app[POOLS].desk, session, party, by_key, whence(request))
        else:
            token = await give_code(
                *(app[POOLS].desk, app[CONTEXT].keys, session, form.get("code", "")),
                whence(request),
            )
    except (SecondStepError, SignInThrottledError) as error:
        return await _code_page(request, session, error, by_key=bool(by_key[0]))
    response = see("/desk")
    keep_session(request, response, token)
    return response


async def show_offer(request: web.Request, session: Session) -> web.Response:
    """`GET /desk/me/factor`: a secret for the telephone."""
    return offer_page(request, session, FACTOR)


async def post_offer(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/me/factor`: the telephone has the secret, as a code of it shows."""
    return await take_offer(request, session, FACTOR)


def offer_page(
    request: web.Request,
    session: Session,
    address: str,
    error: ProServiceError | None = None,
    secret: str | None = None,
) -> web.Response:
    """The page that shows a secret once more, while no code of it came."""
    problem = None
    if error is not None:
        problem = "stale" if isinstance(error, OfferStaleError) else "wrong_code"
    return request.app[DESK].render(
        "factor_offer.html",
        request,
        session,
        status=HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        address=address,
        offer=offer_secret(session, secret),
        problem=problem,
        here=address,
        **({"login": None} if address == SECOND_STEP else {}),
    )


async def take_offer(request: web.Request, session: Session, address: str) -> web.Response:
    """Keep the secret whose code was sent; the recovery codes, shown this once."""
    form, app = await read_form(request), request.app
    secret = form.get("secret", "")
    try:
        made = await set_up_factor(
            *(app[POOLS].desk, app[CONTEXT].keys, session, (secret, form.get("proof", ""))),
            form.get("code", ""),
            whence(request),
        )
    except OfferStaleError as error:
        return offer_page(request, session, address, error)
    except SecondStepError as error:
        return offer_page(request, session, address, error, secret)
    response = app[DESK].render(
        "factor_codes.html", request, None, codes=made.recovery, renewed=False
    )
    keep_session(request, response, made.token)
    return response


async def _code_page(
    request: web.Request,
    session: Session,
    error: ProServiceError | None = None,
    *,
    by_key: bool = False,
) -> web.Response:
    party = party_of(request.app[CONTEXT].public_url)
    known = await list_passkeys(request.app[POOLS].desk, session)
    response = request.app[DESK].render(
        "second_step.html",
        request,
        session,
        status=HTTPStatus.OK if error is None else status_of(error),
        here=SECOND_STEP,
        login=None,
        whose=session.row.person_login,
        asked=ask_for_known(session, party, known) if party and known else None,
        **problem_values(error, by_key=by_key),
    )
    if party and known:
        response.headers["Content-Security-Policy"] = SCRIPTED_POLICY
    if isinstance(error, SignInThrottledError):
        try_again_after(response, error.again)
    return response
