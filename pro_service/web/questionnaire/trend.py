"""`/q/me/trend`: a participant's own scores over time, where the study shows them (R21)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import KNEES, Target
from pro_service.services.pages.own_page import OwnPage
from pro_service.services.pages.trend import OwnCourse, read_trend
from pro_service.texts.catalogue import format_day
from pro_service.web.charts import legend
from pro_service.web.charts.axis import ticks_over
from pro_service.web.charts.marks import style_of
from pro_service.web.charts.svg import Told
from pro_service.web.charts.trajectory import Chart, Point, Series, Time, draw
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.own_page import render
from pro_service.web.questionnaire.prelude import OWN_PAGE, for_own_page
from pro_service.web.questionnaire.views import in_words, language_of
from pro_service.web.requests import see

TREND: Final = "/q/me/trend"
_TARGETS: Final[tuple[Target, ...]] = (*KNEES, "person")


@for_own_page
async def show_trend(request: web.Request, page: OwnPage) -> web.Response:
    """The page; whoever may not see it is on their own page instead."""
    found = await read_trend(request.app[POOLS].participant, request.app[CONTEXT], page)
    if found is None:
        return see(OWN_PAGE)
    shown = _Shown(request, page)
    return render(
        request,
        page,
        "trend.html",
        back=TREND,
        keys=shown.keys(found),
        figures=[shown.figure(one, f"t{number}") for number, one in enumerate(found, 1)],
    )


class _Shown:
    """What is drawn, in the reader's language."""

    def __init__(self, request: web.Request, page: OwnPage) -> None:
        self.site = request.app[PAGES]
        self.language: Language = language_of(request, page.protocol, page.facts)

    def text(self, key: str, **parameters: object) -> str:
        return self.site.text(self.language, key, **parameters)

    def figure(self, course: OwnCourse, key: str) -> dict[str, Any]:
        """One scale: its picture, and the table behind it."""
        name = self.name(course)
        of = self.text(
            f"trend.range_{course.direction.replace(' ', '_')}",
            lowest=course.lowest,
            highest=course.highest,
        )
        rows = list(self.rows(course))
        told = self.text("trend.sentence_end").join(
            self.text("trend.told", day=row["day"], knee=row["knee"], value=row["value"])
            for row in rows
        )
        chart = Chart(
            Told(f"{name}, {of}", told),
            ticks_over(course.lowest, course.highest, 5),
            tuple(self.series(course)),
        )
        days = [one.day for values in course.values.values() for one in values]
        # Days are told below: on a telephone there is no room for them in letters of this size.
        time = Time(_at(min(days)), _at(max(days)), ())
        picture = draw(chart, time, key, self.number)
        told_days = self.between(days)
        return {"name": name, "range": of, "picture": picture, "days": told_days, "rows": rows}

    def keys(self, found: Sequence[OwnCourse]) -> list[tuple[Any, str]]:
        """How each knee is drawn, where there are two to tell apart."""
        drawn = {target for one in found for target in one.values}
        knees = [one for one in KNEES if one in drawn]
        return [(legend.series_key(style_of(one)), self.text(f"about.{one}")) for one in knees]

    def name(self, course: OwnCourse) -> str:
        """What was asked, and which scale of it where there are several."""
        title = in_words(self.language, course.instrument.title)
        if len(course.instrument.results) < 2:
            return title
        return self.text("trend.of", title=title, scale=self.text(f"trend.scale.{course.scale}"))

    def series(self, course: OwnCourse) -> Iterator[Series]:
        for target in _TARGETS:
            values = course.values.get(target, ())
            if values:
                points = tuple(
                    Point(_at(one.day), float(one.value), self.number(float(one.value)))
                    for one in values
                )
                yield Series(style_of(target), points)

    def rows(self, course: OwnCourse) -> Iterator[dict[str, str]]:
        for target in _TARGETS:
            for one in course.values.get(target, ()):
                yield {
                    "day": format_day(one.day, self.language),
                    "knee": "" if target == "person" else self.text(f"about.{target}"),
                    "value": self.number(float(one.value)),
                }

    def between(self, days: Sequence[date]) -> str:
        """From which day to which: below the picture, in letters that are read."""
        first, last = (format_day(one, self.language) for one in (min(days), max(days)))
        if first == last:
            return first
        return self.text("trend.between", first=first, last=last)

    def number(self, value: float) -> str:
        """A score: one decimal at most."""
        return f"{round(value, 1):g}"


def _at(day: date) -> float:
    return float(day.toordinal())
