"""Answers that were sent, corrected: asked for, and decided by another. Works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from pro_service.domain.instruments.values import read_number
from pro_service.domain.study.entering import CorrectionKind, CorrectionRefusedError, places_of
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import (
    CorrectionLine,
    CorrectionRoom,
    CorrectionWish,
    MoveWish,
    WishLine,
)
from pro_service.services.desk.seat import ReasonMissingError, Seat
from pro_service.store.desk.corrections import CorrectionSeen
from pro_service.web.desk.entering.forms import HeadProblemError, local_instant_of, read_id
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.signing.shown import locked_in_words
from pro_service.web.desk.words import Words
from pro_service.web.requests import Form, read_form

_OF_ANSWERS: Final = (CorrectionKind.misread, CorrectionKind.meant)
"""Kinds that are about one answer; the third is about where a whole sitting belongs."""
_PLACE_FIELDS: Final = ("sitting", "place", "evidence")
_FIELDS: Final = (
    *_PLACE_FIELDS,
    "answer",
    "kind",
    "value",
    "said_on",
    "said_time",
    "source",
    "reason",
    "wish",
)


async def show_corrections(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/corrections`: what may be asked for, and what was."""
    room = await service.look_at_corrections(hands_of(request, seat), request.match_info["code"])
    fields = dict.fromkeys(_FIELDS, "")
    wish = _wished(room, request.query.get("wish", ""))
    if wish is not None:
        fields |= {"wish": str(wish.seen.id), "kind": CorrectionKind.meant.value}
    return _page(request, seat, room, fields)


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
    return done(seat, page_of(code), "correction_asked", code=code)


async def ask_place(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/corrections/place`: say that answers belong elsewhere."""
    form = await read_form(request)
    hands, code = hands_of(request, seat), request.match_info["code"]
    room = await service.look_at_corrections(hands, code)
    fields = dict.fromkeys(_FIELDS, "") | {
        name: str(form.get(name, ""))[:2000] for name in _PLACE_FIELDS
    }
    try:
        await service.ask_move(hands, code, _move(room, fields))
    except HeadProblemError as error:
        return _page(request, seat, room, fields, problem=f"field_{error.field}")
    except CorrectionRefusedError as error:
        return _page(request, seat, room, fields, problem=f"refused_{error.why}")
    except ReasonMissingError:
        return _page(request, seat, room, fields, problem="field_evidence")
    return done(seat, page_of(code), "correction_asked", code=code)


def _move(room: CorrectionRoom, fields: Mapping[str, str]) -> MoveWish:
    """What the form says of where answers belong. Raises HeadProblemError."""
    return read_move(room, room.facts, fields)


def read_move(
    room: CorrectionRoom, theirs: ParticipantFacts, fields: Mapping[str, str]
) -> MoveWish:
    """What a form says of where answers belong at the participant of `theirs`.

    Raises HeadProblemError.
    """
    sent = {str(one.id): one.id for visit in room.facts.visits for one in visit.assessments}
    if fields["sitting"] not in sent:
        raise HeadProblemError("sitting")
    places = {":".join(map(str, one)): one for one in places_of(theirs)}
    if fields["place"] not in places:
        raise HeadProblemError("place")
    return MoveWish(sent[fields["sitting"]], places[fields["place"]], fields["evidence"])


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
    return done(seat, page_of(code), said, code=code)


def _wish(room: CorrectionRoom, fields: dict[str, str]) -> CorrectionWish:
    """What a form asks for. Raises HeadProblemError."""
    place, _, item = fields["answer"].partition(":")
    if not item:
        raise HeadProblemError("answer")
    if fields["kind"] not in _OF_ANSWERS:
        raise HeadProblemError("kind")
    kind, text = CorrectionKind(fields["kind"]), fields["value"].strip()
    said_at = None
    wish = _wished(room, fields["wish"])
    if kind is CorrectionKind.meant and wish is None:
        site = zone(room.facts.site.zone)
        said_at = local_instant_of(fields["said_on"], fields["said_time"], site, "said")
    return CorrectionWish(
        read_id(place),
        item,
        kind,
        read_number(text),
        said_at,
        fields["source"],
        fields["reason"],
        None if wish is None else wish.seen.id,
    )


def _wished(room: CorrectionRoom, text: str) -> WishLine | None:
    """The participant's own request that a form or an address names."""
    waiting = (one for one in room.wishes if not one.seen.taken)
    return next((one for one in waiting if str(one.seen.id) == text), None)


def _wish_values(words: Words, room: CorrectionRoom, one: WishLine) -> dict[str, Any]:
    """A participant's own request, in words."""
    seen, site = one.seen, zone(room.facts.site.zone)
    return {
        "id": str(seen.id),
        "visit": words.visit(room.protocol, seen.definition, seen.occurrence),
        "at": words.instant(seen.recorded_at, site),
        "words": words.noted(one.words),
        "taken": seen.taken,
    }


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
        locked=locked_in_words(words, room.protocol, room.locked, site),
        problem=problem,
        fields=fields,
        code=facts.code,
        address=page_of(facts.code),
        zone=facts.site.zone,
        now=words.instant(facts.now, site),
        today=facts.now.astimezone(site).date().isoformat(),
        sent=sent_in_words(words, room),
        places=places_in_words(words, room.protocol, facts),
        came=_came(words, room),
        wishes=[_wish_values(words, room, one) for one in room.wishes],
        kinds=[
            (one.value, words.text(f"correction.kind_{one}"))
            for one in _OF_ANSWERS
            if room.may_read or one is not CorrectionKind.misread
        ],
        waiting=[one for one in lines if one["decided"] is None],
        decided=[one for one in lines if one["decided"] is not None],
    )


def sent_in_words(words: Words, room: CorrectionRoom) -> list[dict[str, Any]]:
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
            found.append({"id": str(one.id), "name": name, "answers": answers})
    return found


def places_in_words(
    words: Words, protocol: Protocol, facts: ParticipantFacts
) -> list[tuple[str, str]]:
    """Where answers may belong, the latest visit first."""
    return [
        (":".join(map(str, one)), place_in_words(words, protocol, *one))
        for one in reversed(tuple(places_of(facts)))
    ]


def place_in_words(
    words: Words, protocol: Protocol, definition: str, occurrence: int, target: str
) -> str:
    """A visit and a knee, or the person."""
    visit = words.visit(protocol, definition, occurrence)
    return words.text("correction.place_of", visit=visit, target=words.word("target", target))


def _belongs(words: Words, room: CorrectionRoom, seen: CorrectionSeen) -> str | None:
    """Where it belongs; None for what is about one answer."""
    if seen.to_definition is None or seen.to_occurrence is None or seen.to_target is None:
        return None
    place = place_in_words(
        words, room.protocol, seen.to_definition, seen.to_occurrence, seen.to_target
    )
    theirs = next((one for one in room.between if one.id == seen.id), None)
    if theirs is None:
        return words.text("correction.belongs_to", place=place)
    who = whose_code(words, room, theirs.to_code)
    return words.text("correction.belongs_to_other", place=place, who=who)


def whose_code(words: Words, room: CorrectionRoom, code: str) -> str:
    """Another participant as whoever looks may know them."""
    return code if code in room.known else words.text("correction.somebody")


def _came(words: Words, room: CorrectionRoom) -> list[str]:
    """What was recorded here that had been recorded for another participant."""
    site = zone(room.facts.site.zone)
    return [
        words.text(
            "correction.came",
            place=words.text(
                "entry.of",
                asked=words.asked(one.instrument, one.target),
                visit=words.visit(room.protocol, one.definition, one.occurrence),
            ),
            who=whose_code(words, room, one.from_code),
            by=words.who(one.decided_by),
            at=words.instant(one.decided_at, site),
        )
        for one in room.between
        if one.to_code == room.facts.code and one.approved and one.decided_at is not None
    ]


def _line(words: Words, room: CorrectionRoom, seat: Seat, one: CorrectionLine) -> dict[str, Any]:
    seen, site = one.seen, zone(room.facts.site.zone)
    mine = seen.actor == seat.actor
    return {
        "id": seen.id,
        "item": words.text("correction.whole")
        if seen.item is None
        else words.item(seen.instrument, seen.item),
        "belongs": _belongs(words, room, seen),
        "of": words.text(
            "entry.of",
            asked=words.asked(seen.instrument, seen.target),
            visit=words.visit(room.protocol, seen.definition, seen.occurrence),
        ),
        "kind": words.text(f"correction.kind_{seen.kind}"),
        "asked": words.text(
            "correction.asked", who=words.who(seen.actor), at=words.instant(seen.recorded_at, site)
        ),
        "said": None
        if seen.said_at is None
        else words.text("correction.said", at=words.instant(seen.said_at, site)),
        "change": words.text("correction.change", before=seen.before, wished=seen.wished)
        if seen.readable and seen.item is not None
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


def page_of(code: str) -> str:
    """The address of a participant's corrections."""
    return f"/desk/participants/{quote(code, safe='')}/corrections"
