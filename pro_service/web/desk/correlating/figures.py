"""What one run found: each way of asking with its picture, its figures and the table behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pro_service.domain.endpoints.plan import CorrelationKind
from pro_service.domain.measures.analyses import Analysis, Figure
from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.pairing import Of
from pro_service.domain.statistics.correlation import Point
from pro_service.domain.study.protocol import Protocol
from pro_service.services.measuring.correlating import Found
from pro_service.web.charts import legend
from pro_service.web.charts.correlations import scatter_of
from pro_service.web.charts.marks import style_of
from pro_service.web.charts.scatter import draw
from pro_service.web.charts.svg import Told
from pro_service.web.desk.charting.course import scale_in_words
from pro_service.web.desk.words import Words

KINDS: Final[Mapping[CorrelationKind, str]] = {
    "within knees over time": "over_time",
    "change from baseline": "change",
    "at a visit": "at_visit",
}
"""The end of each kind's key in the catalogue."""
NONE: Final = "–"


def measure_in_words(
    words: Words, measure: Measure | None, name: str, part: tuple[str | None, str | None]
) -> str:
    """A measure, its region and its layer, as the catalogue calls them."""
    if measure is None:
        return " ".join(one for one in (name, *part) if one)
    places = (measure.region(part[0]), measure.layer(part[1]))
    said = [words.chosen(measure.label)]
    said += [words.chosen(one.label) for one in places if one is not None]
    return words.text("corr.comma").join(said)


class FoundShown:
    """What one run found, in one language."""

    def __init__(
        self, words: Words, found: Found, protocol: Protocol, measures: Mapping[str, Measure]
    ) -> None:
        """Keep what is shown."""
        self.words, self.found, self.protocol = words, found, protocol
        question = found.terms.question
        self.score = scale_in_words(words, question.instrument, question.scale)
        self.measure = measure_in_words(
            words,
            measures.get(question.measure),
            question.measure,
            (question.region, question.layer),
        )

    def alone(self) -> Iterator[str]:
        """What found no pair, and why."""
        text, beside = self.words.text, self.found.beside
        pairing = beside.pairing
        for key, counted in (
            ("corr.scores_alone", pairing.scores_alone),
            ("corr.values_alone", pairing.values_alone),
        ):
            said = [text(f"corr.alone_{why}", count=n) for why, n in sorted(counted.items())]
            if said:
                yield text(key, why=text("corr.comma").join(said))
        if pairing.missing:
            yield text("corr.missing", count=sum(pairing.missing.values()))
        if beside.not_counted:
            yield text("corr.not_counted", count=beside.not_counted)
        if beside.undecided:
            yield text("corr.undecided", count=beside.undecided)

    def analyses(self) -> Iterator[dict[str, Any]]:
        """Every way of asking, the planned ones first."""
        for number, one in enumerate(self.found.analyses, 1):
            name = self.name_of(one)
            axes = self.words.text("corr.axes", score=self.score, measure=self.across(one))
            figures = [self.figure(each) for each in one.figures]
            told = Told(f"{name}: {axes}", " ".join(each["said"] for each in figures))
            chart = scatter_of(one, told, self.said)
            knees = {each.unit.target for each in one.points if isinstance(each.unit, Of)}
            yield {
                "name": name,
                "planned": one.planned,
                "axes": axes,
                "keys": [
                    (legend.series_key(style_of(knee)), self.words.word("target", knee))
                    for knee in sorted(knees, reverse=True)
                ],
                "picture": draw(chart, f"corr{number}", self.words.tick) if one.points else None,
                "figures": figures,
                "rows": [self.row(each) for each in one.points],
            }

    def name_of(self, one: Analysis) -> str:
        """What was asked."""
        visit = "" if one.visit is None else self.words.visit(self.protocol, one.visit, None)
        return self.words.text(f"corr.kind_{KINDS[one.kind]}", visit=visit)

    def across(self, one: Analysis) -> str:
        """What stands on the level axis, with its unit."""
        unit = self.found.terms.measure.unit
        return f"{self.measure} ({unit})" if unit else self.measure

    def figure(self, one: Figure) -> dict[str, Any]:
        """A row of the table of figures."""
        estimate, drawn = one.estimate, one.interval
        method = self.words.text(f"corr.method_{one.method}")
        why = None
        if estimate.why is not None:
            why = self.words.text(f"corr.why_{estimate.why}")
        elif drawn.why is not None:
            why = self.words.text(f"corr.why_{drawn.why}")
        r = self.decimals(estimate.r)
        return {
            "method": method,
            "persons": estimate.persons,
            "knees": estimate.units,
            "pairs": estimate.pairs,
            "df": NONE if estimate.r is None else estimate.df,
            "r": r,
            "interval": NONE if estimate.r is None else self.between(drawn.low, drawn.high),
            "z": self.between(*(one.z_interval or (None, None))),
            "p": self.p(one.p),
            "slope": self.decimals(estimate.slope),
            "why": why,
            "said": self.words.text(
                "corr.said", method=method, r=r if why is None else f"{r} ({why})"
            ),
        }

    def between(self, low: float | None, high: float | None) -> str:
        """An interval."""
        if low is None or high is None:
            return NONE
        return self.words.text("corr.between", low=self.decimals(low), high=self.decimals(high))

    def decimals(self, value: float | None) -> str:
        """Three places, which is as many as anybody reads."""
        return NONE if value is None else self.words.tick(round(value, 3))

    def p(self, value: float | None) -> str:
        """A probability; very small ones as less than the smallest that is shown."""
        if value is not None and value < 0.001:
            return f"< {self.words.tick(0.001)}"
        return self.decimals(value)

    def row(self, one: Point) -> dict[str, str]:
        """One pair of the table behind the picture."""
        knee = one.unit.target if isinstance(one.unit, Of) else ""
        visit = NONE if one.time is None else self.words.visit(self.protocol, str(one.time), None)
        return {
            "participant": one.person,
            "knee": self.words.word("target", knee),
            "visit": visit,
            "x": self.words.tick(float(one.x)),
            "y": self.words.tick(float(one.y)),
        }

    def said(self, one: Point) -> str:
        """What a mark says."""
        row = self.row(one)
        return self.words.text("corr.pair_said", **row)
