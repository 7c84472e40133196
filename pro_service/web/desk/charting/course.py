"""One participant's scores over time, as charts, sentences and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import chain
from typing import Any, Final

from pro_service.domain.instruments.model import Direction
from pro_service.domain.instruments.scoring import as_text
from pro_service.domain.study.facts import EventKind, Target
from pro_service.domain.study.times import local_day, zone
from pro_service.services.desk.charting.course import Course, Courses, Entry, latest_events
from pro_service.services.desk.charting.measured import MeasureCourse
from pro_service.services.desk.timeline import Timeline
from pro_service.web.charts import legend
from pro_service.web.charts.axis import ticks_over
from pro_service.web.charts.marks import style_of
from pro_service.web.charts.svg import Told
from pro_service.web.charts.trajectory import Chart, Level, Point, Series, draw
from pro_service.web.desk.charting.days import KNEES_FIRST, Happened, days_of
from pro_service.web.desk.charting.measured import MeasuresShown
from pro_service.web.desk.person.own_words import own_event_in_words
from pro_service.web.desk.words import Words

_UNMARKED: Final = frozenset({EventKind.consent, EventKind.screening})
"""Events that are at the desk of every participant and say nothing about a course."""
_NOTHING: Final = "–"
_IN_SHORT: Final = 2


class CourseShown:
    """Everything a participant's charts show, in one language."""

    def __init__(
        self,
        words: Words,
        timeline: Timeline,
        found: Courses,
        measures: Sequence[MeasureCourse] = (),
    ) -> None:
        """Keep what is shown, and lay the time axis all charts share."""
        self.words, self.timeline, self.found = words, timeline, found
        self.measures = measures
        self.zone = zone(timeline.document.zone)
        self.happened = happened_in_words(words, timeline)
        today = local_day(timeline.document.now, self.zone)
        measured = [each.measured_on for one in measures for each in chain(*one.values.values())]
        self.days = days_of(words, found, self.happened, [today, *measured])
        self.time = self.days.time(self.happened)

    def values(self, *, small: bool = False) -> dict[str, Any]:
        """What `_course.html` shows; `small` where it stands among other things."""
        words = self.words
        courses = [
            self.figure(one, f"c{number}", small=small)
            for number, one in enumerate(self.found.courses, 1)
            if any(one.entries.values())
        ]
        reference = self.found.reference
        return {
            "withdrew": self.found.withdrew,
            "figures": courses,
            "measures": [*self.measured()],
            "keys": self.keys(),
            "axis": words.text("course.no_injection")
            if reference is None
            else words.text("course.axis", day=words.day(reference)),
            "events": [
                {"words": one.words, "day": words.day(one.day), "said": self.days.said(one.day)}
                for one in self.happened
            ],
        }

    def measured(self) -> Iterator[dict[str, Any]]:
        """The charts of measures, on the same time axis; of each measure the first part of the knee
        is open, and the others are folded below it."""
        shown = MeasuresShown(self.words, self.timeline.protocol, self.days, self.time)
        figures: dict[str, list[dict[str, Any]]] = {}
        for number, one in enumerate(sorted(self.measures, key=_part), 1):
            figures.setdefault(one.measure.id, []).append(shown.figure(one, f"m{number}"))
        for first, *others in figures.values():
            more = self.words.text("measured.more", what=first["name"], count=len(others))
            yield {"first": first, "others": others, "more": more}

    def keys(self) -> list[tuple[Any, str]]:
        """What marks and lines mean: of what is drawn, each once."""
        words = self.words
        drawn = {one for course in self.found.courses for one in course.entries}
        drawn |= {target for one in self.measures for target in one.values}
        targets = [one for one in KNEES_FIRST if one in drawn]
        entries = [one for course in self.found.courses for one in _every(course)]
        shown = [(legend.series_key(style_of(one)), words.word("target", one)) for one in targets]
        gaps = [each.gap for one in self.measures for each in chain(*one.values.values())]
        if any(one.missing for one in entries) or any(gaps):
            shown.append((legend.missing_key(), words.text("course.key_missing")))
        if any(one.value is not None and not one.counts for one in entries):
            shown.append((legend.apart_key(), words.text("course.key_apart")))
        based = [course.baseline(one) for course in self.found.courses for one in course.entries]
        if any(based) or any(one.baselines for one in self.measures):
            shown.append((legend.level_key("baseline"), words.text("course.key_baseline")))
        if any(course.levels(one) for course in self.found.courses for one in course.entries):
            shown.append((legend.level_key("threshold"), words.text("course.key_threshold")))
        if any(one.band(target) for one in self.measures for target in one.baselines):
            shown.append((legend.area_key("band"), words.text("measured.key_band")))
        if entries:
            shown.append((legend.area_key("window"), words.text("course.key_window")))
        if self.happened:
            shown.append((legend.level_key("event"), words.text("course.key_event")))
        return shown

    def figure(self, course: Course, key: str, *, small: bool) -> dict[str, Any]:
        """One scale: its chart, what it comes to, and the table behind it."""
        words = self.words
        name = scale_in_words(words, course.instrument, course.scale)
        of = of_range(words, course.lowest, course.highest, course.direction)
        told = Told(f"{name}, {of}", self.described(course))
        return {
            "name": name,
            "range": of,
            "picture": draw(self.chart(course, told, small=small), self.time, key, words.tick),
            "latest": [*self.latest(course)],
            "rows": [self.row(course, one) for one in _every(course)],
        }

    def chart(self, course: Course, told: Told, *, small: bool) -> Chart:
        """The chart of one scale."""
        series = []
        for target in KNEES_FIRST:
            entries = course.entries.get(target, ())
            if not entries:
                continue
            base = course.baseline(target)
            levels: list[Level] = []
            if base is not None and base.value is not None:
                since = self.days.at(base.day)
                levels.append(Level(float(base.value), since, "baseline"))
                levels += [
                    Level(float(level), since, "threshold") for _, level in course.levels(target)
                ]
            points = tuple(self.point(one) for one in entries)
            series.append(Series(style_of(target), points, tuple(levels)))
        return Chart(
            told,
            ticks_over(float(course.lowest), float(course.highest)),
            tuple(series),
            tuple(self.windows(course)),
            small=small,
        )

    def windows(self, course: Course) -> Iterator[tuple[float, float]]:
        """From when to when visits ask for it; one that never closes is not shaded."""
        for visit in course.windows:
            if visit.closes_at is not None:
                last = local_day(visit.closes_at - timedelta(microseconds=1), self.zone)
                first = local_day(visit.opens_at, self.zone)
                yield self.days.at(first), self.days.at(last) + 1.0

    def point(self, one: Entry) -> Point:
        """One value, or that there is none."""
        value = None if one.value is None else float(one.value)
        return Point(self.days.at(one.day), value, self.said(one), one.counts)

    def said(self, one: Entry) -> str:
        """One value in words, with its knee, visit and day."""
        return self.words.text(
            "course.point",
            target=self.words.word("target", one.target),
            visit=self.visit(one),
            day=self.words.day(one.day),
            value=self.value(one),
        )

    def described(self, course: Course) -> str:
        """All values in a sentence for each knee, for whoever does not see the chart."""
        parts = []
        for target in KNEES_FIRST:
            entries = course.entries.get(target, ())
            if entries:
                told = [
                    self.words.text("course.told", visit=self.visit(one), value=self.value(one))
                    for one in entries
                ]
                listed = self.words.text("course.semicolon").join(told)
                name = self.words.word("target", target)
                parts.append(self.words.text("course.described", target=name, values=listed))
        return " ".join(parts)

    def latest(self, course: Course) -> Iterator[str]:
        """What each knee's last value that counts comes to, beside its baseline."""
        for target in KNEES_FIRST:
            entries = [
                one
                for one in course.entries.get(target, ())
                if one.counts and one.row is not None and _change(course, one) is not None
            ]
            if entries:
                one = entries[-1]
                said = [
                    self.words.text(
                        "course.latest",
                        target=self.words.word("target", target),
                        visit=self.visit(one),
                        value=self.value(one),
                        change=self.change(course, one),
                    ),
                    *self.judged(one),
                ]
                yield self.words.text("course.semicolon").join(said)

    def judged(self, one: Entry) -> Iterator[str]:
        """What the plan makes of a value: improvement, thresholds, responder."""
        words, row = self.words, one.row
        if row is not None and row.percent_improvement is not None:
            key = "course.worsened" if row.percent_improvement < 0 else "course.improved"
            yield words.text(key, percent=words.score(as_text(abs(row.percent_improvement))))
        for name, met in ({} if row is None else row.thresholds).items():
            answer = "unknown" if met is None else "met" if met else "not_met"
            yield words.text(f"course.threshold_{answer}", name=words.word("threshold", name))
        if one.responder is not None:
            path = one.responder.path
            outcome = one.responder.outcome if path is None else f"responder_{path.lower()}"
            yield words.word("responder", outcome)

    def row(self, course: Course, one: Entry) -> dict[str, Any]:
        """One line of the table behind the chart."""
        return {
            "target": self.words.word("target", one.target),
            "visit": self.visit(one),
            "day": self.words.day(one.day),
            "study_day": None if one.row is None else one.row.study_day,
            "value": self.value(one),
            "change": self.change(course, one),
            "judged": self.words.text("course.semicolon").join(self.judged(one)),
            "baseline": one.row is not None and one.row.is_baseline,
        }

    def visit(self, one: Entry) -> str:
        """The name of the visit that asked."""
        return self.words.visit(self.timeline.protocol, one.visit.definition, one.visit.occurrence)

    def value(self, one: Entry) -> str:
        """A value, or why there is none; one that does not count says so."""
        words = self.words
        if one.value is None:
            why = one.missing or ""
            kind = "absent" if words.has(f"absent.{why}") else "state"
            return words.text("course.missing", why=words.word(kind, why))
        written = words.score(as_text(one.value))
        if one.counts:
            return written
        why = one.basis if one.basis != "complete" else "not_counted"
        return words.text(f"course.apart_{why}", value=written)

    def change(self, course: Course, one: Entry) -> str:
        """The change from baseline, with its sign; a dash where there is none."""
        changed = _change(course, one)
        if changed is None:
            return _NOTHING
        return self.words.signed(float(changed))


def scale_in_words(words: Words, instrument: str, scale: str) -> str:
    """An instrument and one of its scales; that alone where both are called the same."""
    title, name = words.asked(instrument, "person"), words.word("scale", scale)
    if title.casefold() == name.casefold():
        return title
    return words.text("course.of", title=title, scale=name)


def of_range(words: Words, lowest: int, highest: int, direction: Direction) -> str:
    """The range of a scale and what a high value means."""
    said = words.word("direction", direction.replace(" ", "_"))
    return words.text("course.range", lowest=lowest, highest=highest, direction=said)


def course_in_short(words: Words, timeline: Timeline, found: Courses) -> dict[str, Any] | None:
    """A few scales for a participant's page, those the plan judges before others; None: none yet.

    Every other stands on the page of its own.
    """
    scored = [one for one in found.courses if any(one.entries.values())]
    chosen = sorted(scored, key=lambda one: not one.thresholds)[:_IN_SHORT]
    if not chosen:
        return None
    few = found._replace(courses=tuple(chosen))
    return CourseShown(words, timeline, few).values(small=True)


def happened_in_words(words: Words, timeline: Timeline) -> tuple[Happened, ...]:
    """Injections and everything else that happened, in the order of their days."""
    local = zone(timeline.document.zone)
    found = [
        Happened(
            local_day(one.occurred_at, local),
            _event(words, one.kind, one.target, one.ordinal),
            one.kind in (EventKind.injection, EventKind.rescue_injection),
        )
        for one in latest_events(timeline)
        if one.occurred_at is not None and one.kind not in _UNMARKED
    ]
    found += [
        Happened(one.began_on, own_event_in_words(words, timeline.protocol, one), False)
        for one in timeline.document.own_events
        if one.stands and not one.struck
    ]
    return tuple(sorted(found, key=lambda one: one.day))


def _event(words: Words, kind: EventKind, target: Target | None, ordinal: int) -> str:
    name = words.word("event", kind)
    if ordinal > 1:
        name = words.text("event.numbered", event=name, number=ordinal)
    if target is None or target == "person":
        return name
    return words.text("own.comma").join((name, words.word("target", target)))


def _part(course: MeasureCourse) -> tuple[int, int]:
    """Where a part of the knee stands in the order of the measure's own definition."""
    measure = course.measure
    regions, layers = [one.code for one in measure.regions], [one.code for one in measure.layers]
    return (
        0 if course.region is None else regions.index(course.region.code),
        0 if course.layer is None else layers.index(course.layer.code),
    )


def _every(course: Course) -> Iterator[Entry]:
    for target in KNEES_FIRST:
        yield from course.entries.get(target, ())


def _change(course: Course, one: Entry) -> Fraction | None:
    if one.row is None:
        return None
    return one.row.change if course.normalised else one.row.change_raw
