"""Whether a value that is typed or comes by a file can be taken, and what it is beside those there.

A value is of the participant's treated knee, of a region and layer the measure has, within its
range unless somebody says why not, and of a visit at which the protocol takes the measure: the one
named, or the one in whose clinic window the day of the examination lies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple
from uuid import UUID

from pro_service.domain.measures.checking import decimals_of
from pro_service.domain.measures.model import Measure, Place
from pro_service.domain.measures.values import THE_READ
from pro_service.domain.study.facts import Target

Fate = Literal["new", "same", "changed"]
Column = Literal[
    "participant", "measure", "knee", "region", "layer", "value", "missing", "exam_on", "visit",
    "reader", "read_number", "scanner", "field_strength", "study_uid", "reason",
]  # fmt: skip


class Refused(NamedTuple):
    """Why a value is not taken: a word for it, the column it is about, and what is to be told."""

    word: str
    column: Column
    told: Mapping[str, str] = MappingProxyType({})


class Said(NamedTuple):
    """A value as somebody gives it, or why there is none."""

    measure: str
    target: Target | None
    region: str | None
    layer: str | None
    visit: tuple[str, int] | None
    """None: the one in whose window the day lies."""
    measured_on: date
    value: Decimal | None
    gap: str | None
    """One of `GAPS`."""
    confirmed: bool = False
    """Somebody said why it may lie out of range."""
    reader: str | None = None
    read_number: int = THE_READ
    scanner: str | None = None
    field_strength: Decimal | None = None
    study_uid: str | None = None


class VisitSpan(NamedTuple):
    """A visit of a participant as far as measures are concerned; days in the participant's zone."""

    visit_id: UUID
    visit: tuple[str, int]
    first: date
    last: date
    """The days on which an examination is this visit's."""
    takes: frozenset[str]
    locked: bool


class Situation(NamedTuple):
    """What of a participant decides about their values."""

    treated_knees: Sequence[Target]
    today: date
    takes: frozenset[str]
    """The measures their protocol takes at some visit."""
    visits: Sequence[VisitSpan]


class Placed(NamedTuple):
    """A value that can be taken: of which measure, at which visit."""

    measure: Measure
    visit: VisitSpan


def place_value(
    said: Said, measures: Mapping[str, Measure], situation: Situation
) -> Placed | Refused:
    """Where a value belongs, or the first thing that is wrong with it."""
    measure = measures.get(said.measure)
    if measure is None:
        return Refused("measure_unknown", "measure")
    if said.measure not in situation.takes:
        return Refused("measure_not_planned", "measure")
    wrong = (
        _wrong_knee(said, measure, situation)
        or _wrong_part("region", said.region, measure.regions)
        or _wrong_part("layer", said.layer, measure.layers)
        or wrong_value(said, measure)
    )
    return wrong or _visit_of(said, measure, situation)


def wrong_value(said: Said, measure: Measure) -> Refused | None:
    """What is wrong with the value itself."""
    value = said.value
    if value is None:
        return None if said.gap is not None else Refused("value_missing", "value")
    if said.gap is not None:
        return Refused("value_and_missing", "missing")
    if measure.kind != "continuous":
        scale = [one.value for one in measure.grades] or [Decimal(0), Decimal(1)]
        if value not in scale:
            known = ", ".join(f"{one:f}" for one in scale)
            return Refused("value_not_of_scale", "value", {"known": known})
        return None
    if decimals_of(value) > measure.decimals:
        return Refused("value_decimals", "value", {"most": str(measure.decimals)})
    if not measure.lowest <= value <= measure.highest and not said.confirmed:
        told = {"lowest": f"{measure.lowest:f}", "highest": f"{measure.highest:f}"}
        return Refused("value_out_of_range", "value", {**told, "unit": measure.unit})
    return None


def _wrong_knee(said: Said, measure: Measure, situation: Situation) -> Refused | None:
    if measure.per == "person":
        return None if said.target in (None, "person") else Refused("knee_of_person", "knee")
    if said.target in (None, "person"):
        return Refused("knee_missing", "knee")
    return None if said.target in situation.treated_knees else Refused("knee_untreated", "knee")


def _wrong_part(
    part: Literal["region", "layer"], code: str | None, places: Sequence[Place]
) -> Refused | None:
    known = {"known": ", ".join(one.code for one in places)}
    if not places:
        return None if code is None else Refused(f"{part}_none", part)
    if code is None:
        return Refused(f"{part}_missing", part, known)
    if all(one.code != code for one in places):
        return Refused(f"{part}_unknown", part, known)
    return None


def _visit_of(said: Said, measure: Measure, situation: Situation) -> Placed | Refused:
    if said.measured_on > situation.today:
        return Refused("exam_future", "exam_on")
    taking = [one for one in situation.visits if measure.id in one.takes]
    if said.visit is None:
        found = [one for one in taking if one.first <= said.measured_on <= one.last]
        if not found:
            return Refused("exam_of_no_visit", "exam_on")
        visit = min(found, key=lambda one: abs((said.measured_on - one.first).days))
    else:
        named = next((one for one in situation.visits if one.visit == said.visit), None)
        if named is None:
            return Refused("visit_unknown", "visit")
        if named not in taking:
            return Refused("measure_not_then", "visit")
        visit = named
    if not visit.first <= said.measured_on <= visit.last:
        days = {"first": visit.first.isoformat(), "last": visit.last.isoformat()}
        return Refused("exam_outside_window", "exam_on", days)
    return Refused("visit_locked", "visit") if visit.locked else Placed(measure, visit)


class Standing(NamedTuple):
    """A value that stands: which revision of which it is, and what it says."""

    thing_id: UUID
    revision: int
    measured_on: date
    value: Decimal | None
    gap: str | None
    scanner: str | None
    field_strength: Decimal | None
    study_uid: str | None


def fate_of(said: Said, standing: Standing | None) -> Fate:
    """What a value is beside the one of the same place that stands; what it does not say stays."""
    if standing is None:
        return "new"
    given = (
        (said.scanner, standing.scanner),
        (said.field_strength, standing.field_strength),
        (said.study_uid, standing.study_uid),
    )
    as_before = (said.measured_on, said.value, said.gap) == (
        standing.measured_on, standing.value, standing.gap,
    ) and all(new is None or new == old for new, old in given)  # fmt: skip
    return "same" if as_before else "changed"
