"""`/desk/me`: one's own sessions, password and second factor."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import zone
from pro_service.services.desk.account import own
from pro_service.services.desk.account.passkeys import list_passkeys
from pro_service.services.desk.account.proving import ProofRefusedError
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import SignInThrottledError
from pro_service.services.study import SHORTEST_PASSWORD, WeakPasswordError
from pro_service.store.account.own import OwnSession
from pro_service.store.account.passkeys import PasskeyRow
from pro_service.web.desk.account.devices import device_in_words
from pro_service.web.desk.account.proving import (
    CODE,
    PASSWORD,
    problem_values,
    take_proof,
    whence,
)
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import way_back
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.errors import status_of
from pro_service.web.keys import DOOR, POOLS
from pro_service.web.requests import read_form, see

ME: Final = "/desk/me"
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_MAKING: Final = timedelta(seconds=1)


async def show_me(request: web.Request, session: Session) -> web.Response:
    """`GET /desk/me`."""
    return await _page(request, session)


async def end_sessions(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/me/sessions/end`: one further session, by its mark, or all further ones."""
    mark = (await read_form(request)).get("mark") or None
    await own.end_sessions(request.app[POOLS].desk, session, mark)
    return done(session, ME, "session_ended" if mark else "sessions_ended")


async def change_password(request: web.Request, session: Session) -> web.Response:
    """`POST /desk/me/password`: the old one is asked for; every other session ends."""
    form = await read_form(request)
    new = form.get("new", "")
    if new != form.get("again", ""):
        return await _page(request, session, wrong="differs")
    try:
        await own.change_password(
            request.app[POOLS].desk,
            request.app[DESK].passwords,
            session,
            (form.get("old", ""), new),
            whence(request),
        )
    except WeakPasswordError as error:
        return await _page(request, session, wrong=f"weak_{error.word}")
    except (ProofRefusedError, SignInThrottledError) as error:
        return await _page(request, session, refused=error)
    return done(session, ME, "password_changed")


async def prove(request: web.Request, session: Session) -> web.StreamResponse:
    """`POST /desk/prove`: the password anew, and back to the page that asked for it."""
    form = await read_form(request)
    back = way_back(form)
    if not session.fresh() and (PASSWORD in form or CODE in form):
        asked = await take_proof(request, session, form, "/desk/prove", [("back", back)])
        if asked is not None:
            return asked
    return see(back)


async def _page(
    request: web.Request,
    session: Session,
    *,
    wrong: str | None = None,
    refused: ProServiceError | None = None,
) -> web.Response:
    desk, words = request.app[DESK], request.app[DESK].words(language_of(request, session))
    status = HTTPStatus.OK
    if refused is not None:
        status = status_of(refused)
    elif wrong is not None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    sessions = await own.list_sessions(request.app[POOLS].desk, session)
    keys = await list_passkeys(request.app[POOLS].desk, session)
    values: dict[str, Any] = problem_values(refused)
    return desk.render(
        "me.html",
        request,
        session,
        status=status,
        sessions=[_row(words, one) for one in sessions],
        has_factor=session.row.has_factor,
        passkeys=[_key(words, one) for one in keys],
        needs_factor=bool(session.row.held_roles & request.app[DOOR].factor_roles),
        password_problem=wrong or values["problem"],
        minutes=values["minutes"],
        shortest=SHORTEST_PASSWORD,
        here=ME,
    )


def _key(words: Words, one: PasskeyRow) -> dict[str, Any]:
    utc = zone("UTC")
    used = None
    # The challenge it was made with counts as a use.
    if one.used_at is not None and one.used_at - one.recorded_at > _MAKING:
        used = words.text("passkey.used", at=words.instant(one.used_at, utc))
    return {
        "id": one.id,
        "name": one.name,
        "made": words.text("passkey.made", at=words.instant(one.recorded_at, utc)),
        "used": used,
    }


def _row(words: Words, one: OwnSession) -> dict[str, Any]:
    return {
        "mark": one.mark,
        "here": one.here,
        "device": device_in_words(one.device) or words.text("me.unknown_device"),
        "address": one.address,
        "study": one.study,
        "began": ago(words, one.began_ago),
        "seen": ago(words, one.seen_ago),
    }


def ago(words: Words, passed: timedelta) -> str:
    """How long ago, in hours and minutes."""
    hours, rest = divmod(passed, _HOUR)
    minutes = rest // _MINUTE
    key = "me.ago_hours" if hours else "me.ago_minutes" if minutes else "me.ago_now"
    return words.text(key, hours=hours, minutes=minutes)
