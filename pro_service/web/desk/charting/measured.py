"""One participant's measures over time, as charts and tables on the time axis of the scores."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pro_service.domain.endpoints.change import study_day
from pro_service.domain.measures.values import Measured
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk.charting.measured import MeasureCourse
from pro_service.web.charts.axis import ticks_over
from pro_service.web.charts.marks import style_of
from pro_service.web.charts.svg import Told
from pro_service.web.charts.trajectory import Chart, Level, Point, Series, Time, draw
from pro_service.web.desk.charting.days import KNEES_FIRST, Days
from pro_service.web.desk.words import Words


class MeasuresShown:
    """The charts of measures, in one language."""

    def __init__(self, words: Words, protocol: Protocol, days: Days, time: Time) -> None:
        """Keep the words, and the time axis that is shared with the scores."""
        self.words, self.protocol, self.days, self.time = words, protocol, days, time

    def figure(self, course: MeasureCourse, key: str) -> dict[str, Any]:
        """One measure of one region and layer: its chart, and the table behind it."""
        name, of = self.name(course), self.range(course)
        chart = Chart(
            Told(f"{name}, {of}", " ".join(self.described(course))),
            self.ticks(course),
            tuple(self.series(course)),
        )
        return {
            "name": name,
            "range": of,
            "picture": draw(chart, self.time, key, self.words.tick),
            "latest": [],
            "rows": [*self.rows(course)],
        }

    def name(self, course: MeasureCourse) -> str:
        """The measure with its region and layer."""
        parts = [self.words.chosen(course.measure.label)]
        parts += [self.words.chosen(one.label) for one in (course.region, course.layer) if one]
        return self.words.text("own.comma").join(parts)

    def range(self, course: MeasureCourse) -> str:
        """Its unit, the values it may have, and how precise one measurement is."""
        words, measure = self.words, course.measure
        said = words.text(
            "measured.range",
            lowest=words.tick(float(measure.lowest)),
            highest=words.tick(float(measure.highest)),
            unit=measure.unit,
            direction=words.word("direction", measure.direction.replace(" ", "_")),
        )
        region = None if course.region is None else course.region.code
        layer = None if course.layer is None else course.layer.code
        precision = measure.precision_at(region, layer)
        if precision is None:
            return said
        figure = (
            f"{precision.percent:f} %"
            if precision.absolute is None
            else f"{precision.absolute:f} {measure.unit}".rstrip()
        )
        what = words.chosen(precision.what)
        told = words.text(
            "measured.precision", figure=figure, what=what, citation=precision.citation
        )
        return words.text("course.semicolon").join((said, told))

    def ticks(self, course: MeasureCourse) -> tuple[float, ...]:
        """Round values over what was measured and the bands; of grades over all there are."""
        measure = course.measure
        if measure.kind != "continuous":
            return ticks_over(float(measure.lowest), float(measure.highest))
        found = [
            one.value
            for values in course.values.values()
            for one in values
            if one.value is not None
        ]
        for target, base in course.baselines.items():
            half = course.band(target) or Decimal(0)
            found += [] if base.value is None else [base.value - half, base.value + half]
        if not found:
            return ticks_over(float(measure.lowest), float(measure.highest))
        return ticks_over(float(min(found)), float(max(found)), 5)

    def series(self, course: MeasureCourse) -> Iterator[Series]:
        """Each knee's values, with its baseline and the band about it."""
        for target in KNEES_FIRST:
            values = course.values.get(target, ())
            if not values:
                continue
            base, levels = course.baselines.get(target), ()
            if base is not None and base.value is not None:
                half = course.band(target)
                since = self.days.at(base.measured_on)
                levels = (
                    Level(
                        float(base.value), since, "baseline", None if half is None else float(half)
                    ),
                )
            points = tuple(
                Point(
                    self.days.at(one.measured_on),
                    None if one.value is None else float(one.value),
                    self.said(one),
                )
                for one in values
            )
            yield Series(style_of(target), points, levels)

    def rows(self, course: MeasureCourse) -> Iterator[dict[str, Any]]:
        """The table behind a chart."""
        for target in KNEES_FIRST:
            base = course.baselines.get(target)
            for one in course.values.get(target, ()):
                yield {
                    "target": self.words.word("target", target),
                    "visit": self.visit(one),
                    "day": self.words.day(one.measured_on),
                    "study_day": None
                    if self.days.reference is None
                    else study_day(one.measured_on, self.days.reference),
                    "value": self.value(one),
                    "change": self.change(one, base),
                    "judged": "",
                    "baseline": one is base,
                }

    def described(self, course: MeasureCourse) -> Iterator[str]:
        """All values in a sentence for each knee."""
        for target in KNEES_FIRST:
            told = [
                self.words.text("course.told", visit=self.visit(one), value=self.value(one))
                for one in course.values.get(target, ())
            ]
            if told:
                listed = self.words.text("course.semicolon").join(told)
                name = self.words.word("target", target)
                yield self.words.text("course.described", target=name, values=listed)

    def said(self, one: Measured) -> str:
        """One value in words."""
        return self.words.text(
            "course.point",
            target=self.words.word("target", one.target),
            visit=self.visit(one),
            day=self.words.day(one.measured_on),
            value=self.value(one),
        )

    def visit(self, one: Measured) -> str:
        """The visit it belongs to; of none its day."""
        if one.visit is None:
            return self.words.day(one.measured_on)
        return self.words.visit(self.protocol, *one.visit)

    def value(self, one: Measured) -> str:
        """A value, or why there is none."""
        if one.value is not None:
            return self.words.tick(float(one.value))
        return self.words.text("course.missing", why=self.words.word("gap", one.gap or ""))

    def change(self, one: Measured, base: Measured | None) -> str:
        """The change from the knee's baseline, with its sign; a dash where there is none."""
        if one is base or base is None or base.value is None or one.value is None:
            return "–"
        if one.measured_on < base.measured_on:
            return "–"
        return self.words.signed(float(one.value - base.value))
