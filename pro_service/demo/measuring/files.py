"""Tables a data manager has of the simulated participants: clinic measures, exams, reads.

Pure: everything is drawn from the cast's seed, each value by a generator of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from pro_service.demo.measuring.exams import Exam, Examinee, clinic_days
from pro_service.demo.measuring.truth import (
    LAYER,
    LEAST_MS,
    MS_A_POINT,
    READER_SPREAD,
    REGION,
    pain_on,
)
from pro_service.domain.measures.model import Measure

THICKNESS: Final = "cartilage_thickness"
CLINIC_HEADS: Final = ("participant", "measure", "knee", "value", "missing", "exam_on", "visit")
EXAM_HEADS: Final = ("participant", "visit", "knee", "exam_on", "scanner", "field_strength")
READ_HEADS: Final = ("pseudonym", "sequence", "region", "layer", "value", "gap")
FOLLOWS: Final[Mapping[str, float]] = {REGION: 1.0, "cMTP": 0.7, "cLFC": 0.3, "cLTP": 0.3}
"""How far UTE T2* of a region follows the pain; of others not at all."""
DEPTHS: Final[Mapping[str, float]] = {"superficial": 3.0, LAYER: 0.0, "deep": -2.5}
"""By how many ms a layer differs from the whole."""
SLIP_MS: Final = 3.0
"""What one reader sees too much at one place, so that there is something to settle."""
GRADED_AT: Final = frozenset({"screening", "month_12"})
"""Visits with a radiograph."""
UNREADABLE: Final = 0.02
"""The share of examinations whose thickness nobody can read."""
NOT_DONE: Final = 0.04

Row = tuple[object, ...]


class Seen(NamedTuple):
    """What a reader looks at: an examination under a pseudonym, for the nth time."""

    pseudonym: str
    sequence: int
    exam: Exam
    look: int


def clinic_table(examinees: Iterable[Examinee], until: date) -> Iterator[Row]:
    """What was measured at the clinic before a day, with its heads."""
    yield CLINIC_HEADS
    for examinee in examinees:
        for visit, day in clinic_days(examinee, until):
            yield from _of_person(examinee, visit, day)
            yield from _of_knees(examinee, visit, day)


def _of_person(examinee: Examinee, visit: str, day: date) -> Iterator[Row]:
    persona, pain = examinee.persona, pain_on(examinee, day)
    chance = persona.draw("clinic", visit)
    weight = persona.draw("weight").uniform(54, 92) + chance.gauss(0, 0.8)
    values = {
        "weight": f"{weight:.1f}",
        "timed_up_and_go": f"{max(7 + 0.09 * pain + chance.gauss(0, 1.0), 4):.1f}",
        "chair_stand_30": f"{max(round(16 - 0.1 * pain + chance.gauss(0, 1.2)), 0)}",
    }
    for measure, value in values.items():
        refused = measure == "chair_stand_30" and chance.random() < NOT_DONE
        told = ("", "refused") if refused else (value, "")
        yield persona.code, measure, "", *told, day, visit


def _of_knees(examinee: Examinee, visit: str, day: date) -> Iterator[Row]:
    persona, pain = examinee.persona, pain_on(examinee, day)
    for knee in examinee.knees:
        chance = persona.draw("clinic", visit, knee)
        values = {
            "range_of_motion": min(round(140 - 0.35 * pain + chance.gauss(0, 4)), 155),
            "effusion": int(chance.random() < pain / 100),
        }
        if visit in GRADED_AT:
            values["kellgren_lawrence"] = persona.draw("grade", knee).choice((2, 2, 3))
        for measure, value in values.items():
            side = knee.removesuffix("_knee")
            yield persona.code, measure, side, value, "", day, visit


def exam_table(exams: Iterable[Exam]) -> Iterator[Row]:
    """What was taken of whom on which day, with its heads."""
    yield EXAM_HEADS
    for one in exams:
        side = one.knee.removesuffix("_knee")
        yield one.examinee.persona.code, one.visit, side, one.day, "Scanner A", "3"


def read_table(
    measure: Measure, reader: str, seen: Sequence[Seen], scans: Mapping[Exam, float]
) -> Iterator[Row]:
    """What a reader hands in of a list, with its heads; `scans` is what each scan adds."""
    yield READ_HEADS
    layers = [one.code for one in measure.layers] or [""]
    for one in seen:
        for region in (place.code for place in measure.regions):
            for layer in layers:
                place = (measure.id, region, layer)
                value = _read(place, reader, one, scans)
                told = ("", "unreadable") if value is None else (f"{value:.2f}", "")
                yield one.pseudonym, one.sequence, region, layer, *told


def _read(
    place: tuple[str, str, str], reader: str, seen: Seen, scans: Mapping[Exam, float]
) -> float | None:
    """What a reader finds at one place of one examination; None: it cannot be told."""
    measure, region, layer = place
    exam, persona = seen.exam, seen.exam.examinee.persona
    again = persona.draw("read", *exam.name[1:], *place, reader, seen.look)
    if measure == THICKNESS:
        if persona.draw("readable", *exam.name[1:]).random() < UNREADABLE:
            return None
        return persona.draw("cartilage", exam.knee, region).uniform(1.6, 2.6) + again.gauss(0, 0.05)
    return _ute(region, layer, exam, scans[exam]) + again.gauss(0, READER_SPREAD)


def _ute(region: str, layer: str, exam: Exam, scan: float) -> float:
    """UTE T2* as an examination shows it; where it follows the pain wholly, as `truth` says."""
    persona, pain = exam.examinee.persona, pain_on(exam.examinee, exam.day)
    if (region, layer) == (REGION, LAYER):
        return LEAST_MS + MS_A_POINT * pain + scan
    chance = persona.draw("scan", *exam.name[1:], region, layer)
    own = persona.draw("cartilage", exam.knee, region).gauss(0, 0.6)
    follows = MS_A_POINT * FOLLOWS.get(region, 0.0) * pain
    return LEAST_MS + own + follows + DEPTHS[layer] + chance.gauss(0, 1.2)


def with_slip(rows: Iterable[Row], pseudonym: str) -> Iterator[Row]:
    """The same reads, but for one too high at the last region of one examination."""
    for row in rows:
        if row[0] == pseudonym and row[2] == "patella" and row[3] == LAYER:
            yield *row[:4], f"{float(str(row[4])) + SLIP_MS:.2f}", *row[5:]
        else:
            yield row
