"""The steps of an alert at the desk: seen, assessed by an investigator, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.study.follow_up.alert_steps import REFERENCE, SERIOUS, Verdict
from pro_service.domain.study.follow_up.undoing import Undoable
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk import alerts as service
from pro_service.services.desk.alerts import AssessmentSaid
from pro_service.services.desk.seat import Seat
from pro_service.store.desk.conversation import AlertLine
from pro_service.store.desk.desk import OpenAlert
from pro_service.web.desk.frame.done import Undo, done
from pro_service.web.desk.guard import hands_of, id_in, uuid_of, way_back
from pro_service.web.desk.words import Words
from pro_service.web.requests import read_form


class _Stands(NamedTuple):
    """The assessment that stands."""

    id: UUID
    verdict: Verdict
    reference: str | None
    at: datetime
    actor: str


async def see_alert(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/seen`; what somebody else had seen is not this seat's to undo."""
    form = await read_form(request)
    alert_id = id_in(request)
    seen = await service.see_alert(hands_of(request, seat), alert_id)
    code = seen.place.code
    if seen.by != seat.actor:
        return done(seat, way_back(form), "alert_seen_before", code=code, who=seen.by)
    undo = Undo(Undoable.alert_seen, alert_id)
    return done(seat, way_back(form), "alert_seen", code=code, undo=undo)


async def take(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/taken`: nobody else is told for the protocol's minutes."""
    form = await read_form(request)
    place = await service.take_alert(hands_of(request, seat), id_in(request))
    return done(seat, way_back(form), "alert_taken", code=place.code)


async def assess(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/assessed`: what it is, the log's reference, what they were told."""
    form = await read_form(request)
    stands = str(form.get("stands", ""))
    given = AssessmentSaid(
        str(form.get("verdict", "")),
        str(form.get("reference", "")),
        str(form.get("told", "")),
        uuid_of(stands) if stands else None,
    )
    place = await service.assess_alert(hands_of(request, seat), id_in(request), given)
    return done(seat, way_back(form), "alert_assessed", code=place.code)


async def close(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/alerts/{id}/closed`: how it ended, in words."""
    form = await read_form(request)
    place = await service.close_alert(
        hands_of(request, seat), id_in(request), str(form.get("action", ""))
    )
    return done(seat, way_back(form), "alert_closed", code=place.code)


def steps_of_listed(words: Words, alert: OpenAlert, local: ZoneInfo) -> dict[str, Any]:
    """What the list of alerts shows of the steps of one."""
    stands = None
    if alert.stands is not None and alert.verdict is not None and alert.assessed_at is not None:
        verdict, actor = Verdict(alert.verdict), alert.assessed_by or ""
        stands = _Stands(alert.stands, verdict, alert.reference, alert.assessed_at, actor)
    return _steps(words, alert.rule, stands, local)


def may_take(protocol: Protocol, severity: str, *, assessed: bool, has_it: bool) -> bool:
    """Whether an alert that is not closed waits for the reader to say that they take it (R10).

    `has_it`: they have said so, and it holds.
    """
    told = protocol.coming.escalation is not None and severity == "urgent"
    return told and not assessed and not has_it


def held_in_words(
    words: Words, until: datetime | None, who: str | None, local: ZoneInfo
) -> str | None:
    """Who has taken an alert until when; None where nobody has."""
    if until is None:
        return None
    return words.text("alert.held", who=words.who(who), at=words.instant(until, local))


def told_of(words: Words, alert: OpenAlert, local: ZoneInfo) -> str:
    """Who has taken an alert until when; else who was told of it last; else nothing."""
    if alert.stands is not None:
        return ""
    held = held_in_words(words, alert.held_until, alert.held_by, local)
    if held is not None or alert.told is None:
        return held or ""
    at = words.instant(datetime.fromisoformat(alert.told["at"]), local)
    return words.text("alert.was_told", who=alert.told["login"], at=at)


def steps_of_told(words: Words, alert: AlertLine, local: ZoneInfo) -> dict[str, Any]:
    """What a participant's page shows of the steps of one that is not closed."""
    return _steps(words, alert.rule, _last(alert), local)


def raised_in_words(
    words: Words, raised_at: datetime, answered_at: datetime | None, local: ZoneInfo
) -> str:
    """When an alert was raised; one that a correction raised says that it is late (R13)."""
    at = words.instant(raised_at, local)
    if answered_at is None:
        return at
    return words.text("alert.late", at=at, answered=words.instant(answered_at, local))


def _last(alert: AlertLine) -> _Stands | None:
    if not alert.assessments:
        return None
    one = alert.assessments[-1]
    return _Stands(one.id, one.verdict, one.reference, one.assessed_at, one.actor)


def _steps(words: Words, rule: str, stands: _Stands | None, local: ZoneInfo) -> dict[str, Any]:
    lacks = stands is not None and stands.verdict is not Verdict.no_ae and not stands.reference
    return {
        "serious": words.text("alert.serious") if rule in SERIOUS and stands is None else None,
        "assessed": None
        if stands is None
        else words.text(
            "alert.assessed_by",
            verdict=verdict_in_words(words, stands.verdict, stands.reference),
            who=words.who(stands.actor),
            at=words.instant(stands.at, local),
        ),
        "lacks": words.text("alert.lacks_reference") if lacks else None,
        "stands": "" if stands is None else str(stands.id),
        "chosen": None if stands is None else stands.verdict.value,
        "reference": "" if stands is None else stands.reference or "",
        "pattern": REFERENCE,
        "verdicts": [(one.value, words.word("verdict", one)) for one in Verdict],
        "may_close": stands is not None and not lacks,
    }


def verdict_in_words(words: Words, verdict: Verdict, reference: str | None) -> str:
    """An assessment in words, with the reference of the log if it is there."""
    said = words.word("verdict", verdict)
    return said if reference is None else words.text("alert.in_log", verdict=said, of=reference)


def assessments_told(words: Words, alert: AlertLine) -> Sequence[tuple[datetime, str, str, str]]:
    """Each assessment for the story: when, what it says, the note it names, who gave it."""
    return [
        (
            one.assessed_at,
            verdict_in_words(words, one.verdict, one.reference),
            one.told,
            words.who(one.actor),
        )
        for one in alert.assessments
    ]
