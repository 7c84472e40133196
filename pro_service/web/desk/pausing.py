"""A pause at the desk: the form is on the participant's page, what it changes on one of its own.

Works without scripts: form, preview, write, and back to the participant's page with one sentence.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.study.facts import Status, VisitFacts
from pro_service.domain.study.pausing import WaitingNudge, may_pause
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import local_day, zone
from pro_service.services.desk import pausing as service
from pro_service.services.desk.pausing import LONGEST_PAUSE, PausePreview, PauseWish
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.timeline import Timeline
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import Form, read_form

_KEY_BYTES: Final = 12
_LONGEST_KEY: Final = 40


async def preview_pause(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/pause/preview`: what a pause would change."""
    form = await read_form(request)
    return await _preview(request, seat, PauseWish(_day(form), str(form.get("reason", ""))))


async def preview_resumption(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/resume/preview`: what ending the pause would change."""
    form = await read_form(request)
    return await _preview(request, seat, PauseWish(None, str(form.get("reason", ""))))


async def pause(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/pause`: begin the pause that was looked at."""
    form = await read_form(request)
    wish = PauseWish(_day(form), str(form.get("reason", "")))
    return await _change(request, seat, wish, _key(form), ("paused", "paused_held"))


async def resume(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/resume`: end the pause now."""
    form = await read_form(request)
    wish = PauseWish(None, str(form.get("reason", "")))
    return await _change(request, seat, wish, _key(form), ("resumed", "resumed_held"))


def pause_values(words: Words, timeline: Timeline, place: Any, seat: Seat) -> dict[str, Any]:
    """What the participant's page says and offers of a pause."""
    document = timeline.document
    local = zone(document.zone)
    paused = timeline.status is Status.paused
    until = None if timeline.paused_until is None else local_day(timeline.paused_until, local)
    today = local_day(document.now, local)
    return {
        "paused": paused,
        "paused_until": None if until is None else words.day(until),
        "may_pause": may_pause(timeline.status) and seat.may(Action.pause_participant, place),
        "first_day": _days_after(today, 1),
        "last_day": _days_after(today, LONGEST_PAUSE.days),
    }


async def _preview(request: web.Request, seat: Seat, wish: PauseWish) -> web.Response:
    code = request.match_info["code"]
    found = await service.preview_pause(hands_of(request, seat), code, wish)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "pause.html",
        request,
        seat,
        here=_page_of(code),
        key=secrets.token_hex(_KEY_BYTES),
        **_preview_values(words, found),
    )


async def _change(
    request: web.Request, seat: Seat, wish: PauseWish, key: str, said: tuple[str, str]
) -> web.Response:
    code = request.match_info["code"]
    texted = await service.change_pause(hands_of(request, seat), code, wish, key=key)
    # The second where no text goes all the same.
    what = said[0] if texted else said[1]
    return done(seat, _page_of(code), what, code=code, day=wish.until)


def _preview_values(words: Words, found: PausePreview) -> dict[str, Any]:
    facts, wish = found.facts, found.wish
    site = zone(facts.site.zone)
    after = words.word("status", found.plan.statuses[-1].status)
    moved = [one for one in found.plan.nudges if one.new_due_at != one.due_at]
    stay = len(found.plan.nudges) - len(moved)
    return {
        "kind": found.kind,
        "code": facts.code,
        "until": wish.until,
        "until_day": None if wish.until is None else words.day(wish.until),
        "reason": wish.reason,
        "after": after,
        "changes": [_change_of(words, found, one, site) for one in moved],
        "others": words.text("pause.others", count=stay) if moved and stay else None,
        "safety": [_safety(words, found, one, site) for one in found.safety],
        "zone": facts.site.zone,
        "their_zone": facts.zone if facts.zone != facts.site.zone else None,
    }


def _change_of(
    words: Words, found: PausePreview, nudge: WaitingNudge, site: ZoneInfo
) -> dict[str, Any]:
    visit = next(one for one in found.facts.visits if one.id == nudge.visit_id)
    return {
        "visit": words.visit(found.protocol, visit.definition, visit.occurrence),
        "was": words.instant(nudge.due_at, site),
        "becomes": words.text("pause.not_sent")
        if nudge.new_due_at is None
        else words.instant(nudge.new_due_at, site),
    }


def _safety(words: Words, found: PausePreview, visit: VisitFacts, site: ZoneInfo) -> dict[str, Any]:
    return {
        "visit": words.visit(found.protocol, visit.definition, visit.occurrence),
        "opens": words.instant(visit.opens_at, site),
        "closes": words.until(visit.closes_at, site),
    }


def _page_of(code: str) -> str:
    return f"/desk/participants/{quote(code, safe='')}"


def _days_after(today: date, days: int) -> date:
    return date.fromordinal(today.toordinal() + days)


def _day(form: Form) -> date:
    """The day a form names; how far off it may be the service says, once somebody is found.

    Raises PauseDayError for none and for what is no day.
    """
    try:
        return date.fromisoformat(str(form.get("until", "")))
    except ValueError:
        raise service.PauseDayError from None


def _key(form: Form) -> str:
    key = str(form.get("key", ""))
    if not key.isalnum() or len(key) > _LONGEST_KEY:
        raise UnreadableFormError
    return key
