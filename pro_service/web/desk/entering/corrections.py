"""Answers that were sent, corrected: asked for, and decided by another. Works without scripts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from pro_service.domain.study.entering import CorrectionKind, CorrectionRefusedError
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import CorrectionLine, CorrectionRoom, CorrectionWish
from pro_service.services.desk.seat import ReasonMissingError, Seat
from pro_service.web.desk.entering.forms import HeadProblemError, local_instant_of, read_id
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.requests import Form, read_form

_FIELDS: Final = ("answer", "kind", "value", "said_on", "said_time", "source", "reason")


async def show_corrections(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/corrections`: what may be asked for, and what was."""
    room = await service.look_at_corrections(hands_of(request, seat), request.match_info["code"])
    return _page(request, seat, room, dict.fromkeys(_FIELDS, ""))


async def ask(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/corrections`: ask for one; another person decides."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    room = await service.look_at_corrections(hands, code)
    fields = {name: str(form.get(name, ""))[:2000] for name in _FIELDS}
    try:
        await service.ask_correction(hands, code, _wish(room, fields))
    except HeadProblemError as error:
        return _page(request, seat, room, fields, problem=f"field_{error.field}")
    except CorrectionRefusedError as error:
        return _page(request, seat, room, fields, problem=f"refused_{error.why}")
    except ReasonMissingError:
        return _page(request, seat, room, fields, problem="field_reason")
    return done(seat, _page_of(code), "correction_asked", code=code)


async def decide(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/corrections/{id}/decide`: approve or refuse a request."""
    form: Form = await read_form(request)
    code = request.match_info["code"]
    approved = form.get("decision") == "approve"
    if not approved and form.get("decision") != "refuse":
        raise ReasonMissingError
    await service.decide_correction(
        hands_of(request, seat),
        code,
        read_id(request.match_info["id"]),
        approved=approved,
        reason=str(form.get("reason", "")),
    )
    said = "correction_approved" if approved else "correction_refused"
    return done(seat, _page_of(code), said, code=code)


def _wish(room: CorrectionRoom, fields: dict[str, str]) -> CorrectionWish:
    """What a form asks for. Raises HeadProblemError."""
    place, _, item = fields["answer"].partition(":")
    if not item:
        raise HeadProblemError("answer")
    if fields["kind"] not in CorrectionKind.__members__:
        raise HeadProblemError("kind")
    kind, text = CorrectionKind(fields["kind"]), fields["value"].strip()
    said_at = None
    if kind is CorrectionKind.meant:
        site = zone(room.facts.site.zone)
        said_at = local_instant_of(fields["said_on"], fields["said_time"], site, "said")
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
    return CorrectionWish(
        read_id(place), item, kind, value, said_at, fields["source"], fields["reason"]
    )


def _page(
    request: web.Request,
    seat: Seat,
    room: CorrectionRoom,
    fields: dict[str, str],
    *,
    problem: str | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    facts = room.facts
    site = zone(facts.site.zone)
    lines = [_line(words, room, seat, one) for one in room.lines]
    return desk.render(
        "corrections.html",
        request,
        seat,
        status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        frame=room.frame,
        problem=problem,
        fields=fields,
        code=facts.code,
        address=_page_of(facts.code),
        zone=facts.site.zone,
        now=words.instant(facts.now, site),
        today=facts.now.astimezone(site).date().isoformat(),
        sent=_sent(words, room),
        kinds=[
            (one.value, words.text(f"correction.kind_{one}"))
            for one in CorrectionKind
            if room.may_read or one is not CorrectionKind.misread
        ],
        waiting=[one for one in lines if one["decided"] is None],
        decided=[one for one in lines if one["decided"] is not None],
    )


def _sent(words: Words, room: CorrectionRoom) -> list[dict[str, Any]]:
    """What was sent, the latest first, question by question."""
    found = []
    for visit in reversed(room.facts.visits):
        for one in visit.assessments:
            if one.submitted_at is None:
                continue
            label = words.visit(room.protocol, visit.definition, visit.occurrence)
            name = words.text(
                "entry.of", asked=words.asked(one.instrument, one.target), visit=label
            )
            items = words.items(one.instrument)
            answers = [(f"{one.id}:{code}", label) for code, label in items]
            found.append({"name": name, "answers": answers})
    return found


def _line(words: Words, room: CorrectionRoom, seat: Seat, one: CorrectionLine) -> dict[str, Any]:
    seen, site = one.seen, zone(room.facts.site.zone)
    visit, asked = next(
        (visit, each)
        for visit in room.facts.visits
        for each in visit.assessments
        if each.id == seen.assessment_id
    )
    mine = seen.actor == seat.actor
    return {
        "id": seen.id,
        "item": words.item(asked.instrument, seen.item),
        "of": words.text(
            "entry.of",
            asked=words.asked(asked.instrument, asked.target),
            visit=words.visit(room.protocol, visit.definition, visit.occurrence),
        ),
        "kind": words.text(f"correction.kind_{seen.kind}"),
        "asked": words.text(
            "correction.asked", who=words.who(seen.actor), at=words.instant(seen.recorded_at, site)
        ),
        "said": None
        if seen.said_at is None
        else words.text("correction.said", at=words.instant(seen.said_at, site)),
        "change": words.text("correction.change", before=seen.before, wished=seen.wished)
        if seen.readable
        else None,
        "raw": one.raw,
        "source": one.source,
        "reason": words.noted(one.reason),
        "mine": mine,
        "may_decide": not mine and seat.may(Action.decide_correction, room.site_id),
        "decided": None
        if seen.approved is None or seen.decided_at is None
        else words.text(
            "correction.approved" if seen.approved else "correction.refused",
            who=words.who(seen.decided_by),
            at=words.instant(seen.decided_at, site),
        ),
        "decided_reason": None if seen.approved is None else words.noted(one.decided_reason),
    }


def _page_of(code: str) -> str:
    return f"/desk/participants/{quote(code, safe='')}/corrections"
