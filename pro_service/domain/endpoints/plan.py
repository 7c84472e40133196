"""The analysis plan: one file for a whole study, confirmed by somebody, at a stage (rule R4).

It holds what exports compute by (`rules`) and what later analyses are held to: pairing with
measures, correlations that were planned, open-label looks before the data cut (R20), and from when
participants see their own trend (R21). Field names are the document's keys.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, NamedTuple

from pydantic import Field

from pro_service.domain.differences import differences
from pro_service.domain.endpoints.rules import (
    Authority,
    EndpointRules,
    RecordRule,
    ResponderRule,
    ScaleName,
    Threshold,
    WindowRule,
)
from pro_service.domain.record import Record

Stage = Literal["before_lock", "after_lock", "after_unblinding"]
"""When a version of a plan was confirmed: a rule chosen after unblinding is another thing."""

CorrelationKind = Literal["within knees over time", "change from baseline", "at a visit"]
"""The three ways of asking whether a score and a measure move together."""
Shown = Literal["after the last visit", "from the start"]
"""From when participants see their own scores over time (R21)."""
FROM_THE_START: Final[Shown] = "from the start"


class PlanHead(Record):
    """Which study the plan is for, which version it is, who confirmed it, when, at what stage."""

    study: str = Field(min_length=1)
    """Code of the study."""
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
    purpose: Literal["trial", "example"] = "trial"
    """An example's rules may still be to be confirmed; a production database takes none."""
    confirmed_by: str = Field(min_length=1)
    confirmed_on: date | None = None
    """The day it was confirmed; None only while it is to be confirmed."""
    stage: Stage


class BaselineRule(Authority):
    """What a change is measured from."""

    choice: Literal["last scorable before injection"]
    """The last sitting that counts and has a score, before the knee's own injection."""


class PairingRule(Authority):
    """Which clinic or imaging value stands beside a score."""

    within_days: int = Field(ge=0, le=366)
    """The farthest that measure and score may lie apart; the gap is kept beside the pair."""
    choice: Literal["nearest, then earlier"] = "nearest, then earlier"


class Correlation(Authority):
    """One correlation that was planned before anybody looked (R20)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    score: ScaleName
    measure: str = Field(min_length=1)
    """Id of the measure set beside the score."""
    region: str | None = None
    layer: str | None = None
    """Of which part of the knee; for measures that are taken of parts."""
    kind: CorrelationKind
    visit: str | None = None
    """The analysis visit, for a change and for one visit; none for what goes over time."""


class Look(Authority):
    """A look at the groups before the data cut that the plan allows, and by whom (R20)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    what: str = Field(min_length=1)
    by: tuple[str, ...] = Field(min_length=1)


class TrendRule(Authority):
    """From when participants may see their own trend (R21)."""

    shown: Shown
    """From the start is for all participants alike, and marks every value as `informed`."""


class OwnEventRule(Authority):
    """Which of the protocol's own kinds of events are flagged in exports (R24)."""

    flagged: tuple[str, ...] = Field(min_length=1)
    """Ids of the kinds. The flag is all: what is to be done about it the analysis says."""


class Rule(NamedTuple):
    """One rule of a plan: its place in the document, and on what it rests."""

    place: str
    rule: Authority


class AnalysisPlan(Record):
    """One version of a study's analysis plan, checked."""

    plan: PlanHead
    records: RecordRule
    windows: WindowRule
    baseline: BaselineRule
    thresholds: tuple[Threshold, ...] = ()
    responder: ResponderRule | None = None
    pairing: PairingRule | None = None
    correlations: tuple[Correlation, ...] = ()
    looks: tuple[Look, ...] = ()
    trend: TrendRule | None = None
    own_events: OwnEventRule | None = None

    @property
    def flagged_events(self) -> frozenset[str]:
        """The kinds of events of the protocol's own that exports flag."""
        return frozenset() if self.own_events is None else frozenset(self.own_events.flagged)

    @property
    def informs(self) -> bool:
        """Whether participants see their own scores from the start, and so all values are told."""
        return self.trend is not None and self.trend.shown == FROM_THE_START

    @property
    def rules(self) -> EndpointRules:
        """What endpoints are computed by."""
        return EndpointRules(
            thresholds=self.thresholds,
            responder=self.responder,
            records=self.records,
            windows=self.windows,
        )

    def every_rule(self) -> tuple[Rule, ...]:
        """Every rule with its place, in the document's order."""
        single = (
            ("records", self.records),
            ("windows", self.windows),
            ("baseline", self.baseline),
            ("responder", self.responder),
            ("pairing", self.pairing),
            ("trend", self.trend),
            ("own_events", self.own_events),
        )
        several = (
            ("thresholds", self.thresholds),
            ("correlations", self.correlations),
            ("looks", self.looks),
        )
        return (
            *(Rule(place, rule) for place, rule in single if rule is not None),
            *(
                Rule(f"{place}[{index}]", rule)
                for place, rules in several
                for index, rule in enumerate(rules)
            ),
        )

    def unconfirmed(self) -> tuple[str, ...]:
        """The places of the rules that are to be confirmed."""
        return tuple(each.place for each in self.every_rule() if each.rule.is_unconfirmed)

    def changed_since(self, earlier: AnalysisPlan) -> tuple[str, ...]:
        """What differs from an earlier version, by the document's sections and rule ids."""
        found: list[str] = []
        before, after = earlier.model_dump(mode="json"), self.model_dump(mode="json")
        for name in type(self).model_fields:
            found += differences(name, before[name], after[name])
        return tuple(found)
