"""The safety follow-up at the desk: an investigator ends it, with a reason."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from pro_service.domain.study.facts import INJECTIONS
from pro_service.domain.study.follow_up.safety_floor import GOES_ON
from pro_service.domain.study.times import zone
from pro_service.services.desk.person import safety as service
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.timeline import Timeline
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form


async def end(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/safety/end`: end it, and back to the participant's page."""
    form, code = await read_form(request), request.match_info["code"]
    await service.end_safety(hands_of(request, seat), code, str(form.get("reason", "")))
    return done(seat, f"/desk/participants/{quote(code, safe='')}", "safety_ended", code=code)


def safety_values(words: Words, timeline: Timeline) -> dict[str, Any]:
    """When it was ended, if it was; and whether a safety check is about, so that one may be."""
    document = timeline.document
    ended_at = document.safety_ended_at
    # A later injection begins a follow-up of its own.
    begun = ended_at is None or any(
        event.kind in INJECTIONS and event.occurred_at is not None and event.occurred_at > ended_at
        for event in document.events
    )
    about = begun and any(
        definition is not None
        and definition.nudges == "safety"
        and not visit.provisional
        and visit.superseded_at is None
        and (visit.closes_at is None or document.now < visit.closes_at + GOES_ON)
        for visit in document.visits
        for definition in (timeline.protocol.find(visit.definition),)
    )
    ended = None if ended_at is None else words.instant(ended_at, zone(timeline.site.zone))
    return {"ended": ended, "about": about}
