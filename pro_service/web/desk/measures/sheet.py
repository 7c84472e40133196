"""`/desk/participants/{code}/measures`: clinic measures by visit, shown and typed in.

One form a visit, with a line for each measure and knee. What is left empty changes nothing. What
stands is corrected by typing another value, with a reason; a value out of range is confirmed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from aiohttp import web

from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.taking import Refused, Said, VisitSpan
from pro_service.domain.measures.values import GAPS, THE_READ
from pro_service.domain.study.facts import Target
from pro_service.domain.study.times import DayRangeError, local_day, typed_day, zone
from pro_service.domain.tables.characters import same_hyphens, visible
from pro_service.services.desk import measuring as service
from pro_service.services.desk.measuring import MeasureSheet
from pro_service.services.desk.seat import NotHereError, Seat
from pro_service.services.measuring import NothingTypedError, TypedValue, ValuesTypedError
from pro_service.store.measuring.measurements import Measurement
from pro_service.web.desk.frame.done import done
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.measures.said import refusal_in_words, value_in_words
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import form_key
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT
from pro_service.web.requests import Form, read_form

STRUCK: Final = "struck"
_KEY_BYTES: Final = 12


class _Line(NamedTuple):
    """One measure of one knee, or of the person, at the visit that is shown."""

    field: str
    measure: Measure
    target: Target
    stands: Measurement | None


async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/participants/{code}/measures`: what stands, and the form of one visit."""
    sheet = await service.look_at_sheet(hands_of(request, seat), request.match_info["code"])
    visit = _chosen(sheet, request.query.get("visit", ""))
    return _page(request, seat, sheet, visit, {})


async def keep(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/measures`: keep what was typed of one visit."""
    code, form = request.match_info["code"], await read_form(request)
    hands = hands_of(request, seat)
    sheet = await service.look_at_sheet(hands, code)
    visit = _chosen(sheet, form.get("visit", ""))
    if visit is None:
        raise NotHereError
    lines = _lines(request, sheet, visit)
    try:
        values = _typed(form, visit, lines)
        await service.keep_values(
            hands, code, values, why=form.get("reason", ""), key=form_key(form)
        )
    except ValuesTypedError as error:
        return _page(request, seat, sheet, visit, form, error.problems)
    except NothingTypedError:
        return _page(request, seat, sheet, visit, form, {"": Refused("nothing_typed", "value")})
    return done(seat, f"{_address(code)}?visit={_name(visit)}", "measures_kept", code=code)


def _address(code: str) -> str:
    return f"/desk/participants/{quote(code, safe='')}/measures"


def _name(visit: VisitSpan) -> str:
    return f"{visit.visit[0]}:{visit.visit[1]}"


def _chosen(sheet: MeasureSheet, name: str) -> VisitSpan | None:
    """The visit an address names; the last that has begun where it names none.

    Raises NotHereError for another.
    """
    if not name:
        return sheet.visits[-1] if sheet.visits else None
    found = next((one for one in sheet.visits if _name(one) == name), None)
    if found is None:
        raise NotHereError
    return found


def _lines(request: web.Request, sheet: MeasureSheet, visit: VisitSpan) -> list[_Line]:
    """What the clinic measures at a visit: imaging comes by files and readers."""
    measures = request.app[CONTEXT].catalogue.measures
    measuring = sheet.protocol.coming.measures
    names = () if measuring is None else measuring.taken_at(visit.visit[0])
    found = []
    for measure in (measures[name] for name in names if name in measures):
        if measure.modality != "clinic" or measure.regions or measure.layers:
            continue
        for target in measure.targets:
            if target == "person" or target in sheet.facts.treated_knees:
                stands = _stands(sheet, measure.id, target, visit)
                found.append(_Line(f"{measure.id}.{target}", measure, target, stands))
    return found


def _stands(
    sheet: MeasureSheet, measure: str, target: Target, visit: VisitSpan
) -> Measurement | None:
    for one in sheet.standing:
        value = one.measured
        if (value.measure, value.target, value.visit) == (measure, target, visit.visit) and (
            value.reader,
            value.read_number,
        ) == (None, THE_READ):
            return one
    return None


def _typed(form: Form, visit: VisitSpan, lines: Sequence[_Line]) -> list[TypedValue]:
    """What was typed into the lines that are not empty. Raises ValuesTypedError."""
    filled = [
        one
        for one in lines
        if form.get(f"{one.field}.value", "").strip() or form.get(f"{one.field}.missing", "")
    ]
    problems: dict[str, Refused] = {}
    try:
        day: date | None = typed_day(form.get("on", "").strip())
    except (DayRangeError, ValueError):
        day = None
        problems["on"] = Refused("cell_day", "exam_on")
    values = []
    for line in filled:
        found = _value(form, line, visit, day or visit.first)
        if isinstance(found, Refused):
            problems[line.field] = found
        else:
            values.append(found)
    if problems:
        raise ValuesTypedError(problems)
    return values


def _value(form: Form, line: _Line, visit: VisitSpan, day: date) -> TypedValue | Refused:
    text = same_hyphens(visible(form.get(f"{line.field}.value", "")))
    missing = form.get(f"{line.field}.missing", "")
    seen = form.get(f"{line.field}.seen", "0")
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return Refused("cell_number", "value")
    known = missing in ("", STRUCK, *GAPS) and seen.isascii() and seen.isdigit()
    # 1E999 is a number to programs; a person who types it meant none.
    odd = value is not None and (not value.is_finite() or "e" in text.casefold() or len(text) > 20)
    if not known or odd:
        return Refused("cell_number", "value")
    said = Said(
        measure=line.measure.id,
        target=line.target,
        region=None,
        layer=None,
        visit=visit.visit,
        measured_on=day,
        value=value,
        gap=missing if missing in GAPS else None,
        confirmed=bool(form.get(f"{line.field}.sure")),
    )
    return TypedValue(line.field, said, seen=int(seen[:9]), strikes=missing == STRUCK)


def _page(
    request: web.Request,
    seat: Seat,
    sheet: MeasureSheet,
    visit: VisitSpan | None,
    typed: Mapping[str, str],
    problems: Mapping[str, Refused] | None = None,
) -> web.Response:
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    wrong = problems or {}
    lines = [] if visit is None else _lines(request, sheet, visit)
    local = zone(sheet.facts.zone)
    shown = [_shown(words, sheet, one, typed, wrong.get(one.field)) for one in lines]
    general = [one for field, one in wrong.items() if field in ("", "on")]
    return desk.render(
        "measures.html",
        request,
        seat,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        frame=sheet.frame,
        code=sheet.facts.code,
        address=_address(sheet.facts.code),
        key=typed.get("key") or secrets.token_hex(_KEY_BYTES),
        visits=[_visit_link(words, sheet, one, visit) for one in reversed(sheet.visits)],
        visit=None if visit is None else _visit_values(words, sheet, visit),
        may_enter=sheet.may_enter and visit is not None and not visit.locked,
        hidden=not sheet.sees,
        lines=shown,
        problems=[refusal_in_words(words, one) for one in general],
        has_wrong=bool(wrong),
        on=typed.get("on") or _day_of(lines, local_day(sheet.facts.now, local)),
        reason=typed.get("reason", ""),
        gaps=[(one, words.word("measures.gap", one)) for one in GAPS],
        zone=sheet.facts.zone,
    )


def _day_of(lines: Sequence[_Line], today: date) -> str:
    """The day that stands already, so that one more value of it is typed without a date."""
    days = {one.stands.measured.measured_on for one in lines if one.stands is not None}
    return max(days, default=today).isoformat()


def _visit_values(words: Words, sheet: MeasureSheet, visit: VisitSpan) -> dict[str, Any]:
    return {
        "name": _name(visit),
        "label": words.visit(sheet.protocol, *visit.visit),
        "first": visit.first.isoformat(),
        "last": visit.last.isoformat(),
        "days": words.text(
            "measures.days", first=words.day(visit.first), last=words.day(visit.last)
        ),
        "locked": visit.locked,
    }


def _visit_link(
    words: Words, sheet: MeasureSheet, visit: VisitSpan, chosen: VisitSpan | None
) -> dict[str, Any]:
    label = words.visit(sheet.protocol, *visit.visit)
    return {"name": _name(visit), "label": label, "current": visit == chosen}


def _shown(
    words: Words, sheet: MeasureSheet, line: _Line, typed: Mapping[str, str], wrong: Refused | None
) -> dict[str, Any]:
    measure, stands = line.measure, line.stands
    options = [(f"{one.value:f}", words.chosen(one.label)) for one in measure.grades]
    if measure.kind == "yes_no":
        options = [("1", words.text("measures.yes")), ("0", words.text("measures.no"))]
    name = words.chosen(measure.label)
    return {
        "field": line.field,
        "name": name,
        "knee": None if line.target == "person" else words.word("target", line.target),
        "unit": measure.unit,
        "range": words.text(
            "measures.range", lowest=f"{measure.lowest:f}", highest=f"{measure.highest:f}"
        ),
        "options": options,
        "stands": None if stands is None else _stands_words(words, sheet, measure, stands),
        "seen": 0 if stands is None else stands.revision,
        "value": typed.get(f"{line.field}.value", ""),
        "missing": typed.get(f"{line.field}.missing", ""),
        "sure": bool(typed.get(f"{line.field}.sure")),
        "asks_sure": (wrong is not None and wrong.word == "value_out_of_range")
        or bool(typed.get(f"{line.field}.sure")),
        "wrong": None if wrong is None else refusal_in_words(words, wrong),
    }


def _stands_words(
    words: Words, sheet: MeasureSheet, measure: Measure, stands: Measurement
) -> dict[str, str]:
    value = stands.measured
    said = value_in_words(words, measure, value.value, value.gap)
    return {
        "value": said if sheet.sees else words.text("measures.hidden"),
        "who": words.text(
            "measures.entered", day=words.day(value.measured_on), who=words.who(stands.actor)
        ),
    }
