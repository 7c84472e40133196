"""`GET /desk/groups`: mean and spread by visit, once groups may be looked at (R20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from pro_service.domain.endpoints.groups import FEWEST, Summary
from pro_service.domain.endpoints.looking import Opening
from pro_service.domain.study.times import zone
from pro_service.services.desk.charting.correlating import may_correlate
from pro_service.services.desk.charting.groups import (
    SPLITS,
    GroupKey,
    Groups,
    GroupsAsked,
    ScaleChoice,
    opening_key,
    read_by_arm,
    read_groups,
)
from pro_service.services.desk.seat import Seat
from pro_service.web.charts import legend
from pro_service.web.charts.axis import ticks_over
from pro_service.web.charts.groups import Bar, GroupChart, GroupSeries, draw
from pro_service.web.charts.marks import LEFT, PERSON, RIGHT, STYLES, Style
from pro_service.web.charts.svg import Told
from pro_service.web.desk.charting.course import of_range, scale_in_words
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.requests import read_form

_LOOKS: Final[Mapping[str, Style]] = {
    "treated": RIGHT,
    "other": LEFT,
    "right_knee": RIGHT,
    "left_knee": LEFT,
    "person": PERSON,
}
"""How each series looks, in the order in which they are drawn."""
_UTC: Final = zone("UTC")


async def show_groups(request: web.Request, seat: Seat) -> web.Response:
    """The page; while groups may not be looked at, what they wait for."""
    query = request.query
    split = next((one for one in SPLITS if one == query.get("split")), SPLITS[0])
    asked = GroupsAsked(query.get("scale", ""), split, query.get("look", ""))
    found = await read_groups(request.app[POOLS].desk, request.app[CONTEXT], seat, asked)
    return _page(request, seat, found)


async def show_by_arm(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/groups/arms`: the same by allocation; that it was opened is recorded first."""
    form = await read_form(request)
    asked = GroupsAsked(scale=str(form.get("scale", "")), opening=str(form.get("look", "")))
    return _page(request, seat, await read_by_arm(hands_of(request, seat), asked))


def _page(request: web.Request, seat: Seat, found: Groups) -> web.Response:
    desk = request.app[DESK]
    shown = GroupsShown(desk.words(language_of(request, seat)), found)
    return desk.render(
        "groups.html",
        request,
        seat,
        frame=found.frame,
        groups=shown.values(),
        correlates=found.protocol is not None and may_correlate(seat, found.protocol),
    )


class GroupsShown:
    """What the room shows, in one language."""

    def __init__(self, words: Words, found: Groups) -> None:
        """Keep what is shown."""
        self.words, self.found = words, found
        self.labels = [words.visit(found.protocol, one.id, None) for one in found.visits]
        self.looks: Mapping[str, Style] = _LOOKS
        if found.arms:
            self.looks = {one: STYLES[n % len(STYLES)] for n, one in enumerate(found.arms)}

    def values(self) -> dict[str, Any]:
        """Everything `groups.html` shows."""
        words, found = self.words, self.found
        return {
            "open": found.opening is not None,
            "foreseen": [] if found.protocol is None else self._foreseen(),
            "ground": None if found.opening is None else self.ground(found.opening),
            "openings": [
                {"key": opening_key(one), "words": self.ground(one), "on": one == found.opening}
                for one in found.openings
            ],
            "scales": [
                {
                    "key": one.key,
                    "words": scale_in_words(words, one.instrument.id, one.scored.code),
                    "on": one == found.scale,
                }
                for one in found.scales
            ],
            "splits": [
                {"key": one, "words": words.text(f"groups.by_{one}"), "on": one == found.split}
                for one in SPLITS
            ],
            "participants": found.participants,
            "undecided": found.undecided,
            "fewest": FEWEST,
            "figures": [] if found.scale is None else [*self.figures(found.scale)],
            "keys": [*self.keys()],
            "arms": list(found.arms),
            "chosen": None
            if found.scale is None or found.opening is None
            else {"scale": found.scale.key, "look": opening_key(found.opening)},
        }

    def _foreseen(self) -> list[str]:
        protocol = self.found.protocol
        return [] if protocol is None else [one.id for one in protocol.coming.data_cut]

    def ground(self, opening: Opening) -> str:
        """On what ground groups are looked at, and as of when."""
        at = self.words.instant(opening.as_of, _UTC)
        return self.words.text(f"groups.ground_{opening.ground}", name=opening.name, at=at)

    def keys(self) -> Iterator[tuple[Markup, str]]:
        """What marks mean, of the series there are."""
        there = {one.series for one in self.found.summaries}
        for name, style in self.looks.items():
            if name in there:
                yield legend.series_key(style), self.series_word(name)
        if any(one.mean is None for one in self.found.summaries.values()):
            yield legend.missing_key(), self.words.text("groups.key_few", fewest=FEWEST)

    def series_word(self, name: str) -> str:
        """What a series is called."""
        if name in self.found.arms:
            return name
        if name in ("treated", "other"):
            return self.words.text(f"groups.{name}")
        return self.words.word("target", name)

    def figures(self, scale: ScaleChoice) -> Iterator[dict[str, Any]]:
        """One panel for all, or one for each site: small multiples on one and the same range."""
        panels = sorted({one.panel or "" for one in self.found.summaries})
        for number, panel in enumerate(panels, 1):
            of_panel = {
                key: one for key, one in self.found.summaries.items() if (key.panel or "") == panel
            }
            yield self.figure(scale, panel, of_panel, f"g{number}")

    def figure(
        self, scale: ScaleChoice, panel: str, found: Mapping[GroupKey, Summary], key: str
    ) -> dict[str, Any]:
        """One panel: its chart, and the table behind it."""
        name = scale_in_words(self.words, scale.instrument.id, scale.scored.code)
        if panel:
            name = self.words.text("groups.at_site", name=name, site=panel)
        normalised = scale.scored.normalisation == "0-100"
        lowest = 0 if normalised else scale.scored.minimum
        highest = 100 if normalised else scale.scored.maximum
        direction = scale.instrument.direction_of(scale.scored)
        of = of_range(self.words, lowest, highest, direction)
        series = tuple(
            GroupSeries(style, self.series_word(one), tuple(self.bars(one, found)))
            for one, style in self.looks.items()
            if any(key.series == one for key in found)
        )
        described = " ".join(bar.said for one in series for bar in one.bars)
        chart = GroupChart(
            Told(f"{name}, {of}", described),
            ticks_over(float(lowest), float(highest)),
            tuple(self.labels),
            series,
        )
        return {
            "name": name,
            "range": of,
            "picture": draw(chart, key, self.words.tick),
            "rows": [*self.rows(found)],
        }

    def bars(self, series: str, found: Mapping[GroupKey, Summary]) -> Iterator[Bar]:
        """One series over the visits that have any value of it."""
        for place, visit in enumerate(self.found.visits):
            for key, one in found.items():
                if (key.series, key.definition) == (series, visit.id):
                    said = self.words.text(
                        "groups.said",
                        series=self.series_word(series),
                        visit=self.labels[place],
                        mean=self.figure_of(one.mean),
                        spread=self.figure_of(one.deviation),
                        count=one.size,
                    )
                    yield Bar(place, one.size, one.mean, one.deviation, said)

    def rows(self, found: Mapping[GroupKey, Summary]) -> Iterator[dict[str, Any]]:
        """The table behind a panel, visit by visit."""
        for place, visit in enumerate(self.found.visits):
            for series in self.looks:
                for key, one in found.items():
                    if (key.series, key.definition) == (series, visit.id):
                        yield {
                            "visit": self.labels[place],
                            "series": self.series_word(series),
                            "count": one.size,
                            "mean": self.figure_of(one.mean),
                            "spread": self.figure_of(one.deviation),
                        }

    def figure_of(self, value: float | None) -> str:
        """A figure with at most two places; a dash where there are too few values for one."""
        return self.words.score(None if value is None else f"{value:.6f}")
