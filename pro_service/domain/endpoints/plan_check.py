"""Turns an analysis plan's document into an `AnalysisPlan`, or says all that is wrong at once.

As with a protocol: shape is checked section by section, then the rules look at what has its shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from pro_service.domain.endpoints.plan import (
    AnalysisPlan,
    BaselineRule,
    Correlation,
    Look,
    OwnEventRule,
    PairingRule,
    PlanHead,
    Rule,
    TrendRule,
)
from pro_service.domain.endpoints.rules import (
    RECORD_CHOICE,
    TO_BE_CONFIRMED,
    AnalysisWindow,
    RecordRule,
    ResponderRule,
    Threshold,
    WindowRule,
)
from pro_service.domain.endpoints.visits import BASELINE
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.checking.problems import Problem, suggestion
from pro_service.domain.study.checking.sections import section, sections, unknown_key

__all__ = ["Known", "check_plan"]

_REQUIRED: Final[Mapping[str, type[BaseModel]]] = {
    "plan": PlanHead,
    "records": RecordRule,
    "windows": WindowRule,
    "baseline": BaselineRule,
}
_OPTIONAL: Final[Mapping[str, type[BaseModel]]] = {
    "responder": ResponderRule,
    "pairing": PairingRule,
    "trend": TrendRule,
    "own_events": OwnEventRule,
}
_SEVERAL: Final[Mapping[str, type[BaseModel]]] = {
    "thresholds": Threshold,
    "correlations": Correlation,
    "looks": Look,
}
SECTIONS: Final = (*_REQUIRED, *_OPTIONAL, *_SEVERAL)
_ASKED: Final = {
    "records.unsent": (
        "Say whether answers count that were given and never sent:"
        ' unsent = "exclude" or unsent = "include".'
    ),
    "records.modes": 'Name the ways of answering that count, for example modes = ["web", "text"].',
    "records.respondents": 'Name whose answers count, for example respondents = ["self"].',
}


class Known(NamedTuple):
    """What a plan's names are compared with."""

    instruments: Mapping[str, Instrument]
    visits: Collection[str] | None = None
    """Ids of the visits of the study's protocol versions; None: not known, so not compared."""
    own_events: Collection[str] | None = None
    """The protocol's own kinds of events; None: not known, so not compared."""


def check_plan(
    document: Mapping[str, Any], known: Known
) -> tuple[AnalysisPlan | None, tuple[Problem, ...]]:
    """Return the plan and no problems, or None and every problem found.

    `document` is the parsed TOML; problem keys are paths into it, lists counted from 0.
    """
    problems = [unknown_key(key, key, SECTIONS) for key in document if key not in SECTIONS]
    read: dict[str, Any] = {}
    for name, model in _REQUIRED.items():
        read[name] = section(model, document.get(name), name, problems)
    for name, model in _OPTIONAL.items():
        if name in document:
            read[name] = section(model, document[name], name, problems)
    for name, model in _SEVERAL.items():
        read[name] = sections(model, document.get(name, []), name, problems)
    problems = [
        each._replace(mend=_ASKED.get(each.key, each.mend))
        if each.message == "is missing"
        else each
        for each in problems
    ]
    draft = _Draft(read, known)
    problems += _rule_problems(draft)
    return (None, tuple(problems)) if problems else (AnalysisPlan(**read), ())


class _Draft:
    """What of a plan has its shape; sections that have not are None."""

    def __init__(self, read: Mapping[str, Any], known: Known) -> None:
        self.known = known
        self.head: PlanHead | None = read["plan"]
        self.records: RecordRule | None = read["records"]
        self.windows: WindowRule | None = read["windows"]
        self.responder: ResponderRule | None = read.get("responder")
        self.own_events: OwnEventRule | None = read.get("own_events")
        self.thresholds: Sequence[Threshold] = read["thresholds"]
        self.correlations: Sequence[Correlation] = read["correlations"]
        self.looks: Sequence[Look] = read["looks"]
        self.ruled = [
            Rule(name, read[name])
            for name in ("records", "windows", "baseline", *_OPTIONAL)
            if read.get(name) is not None
        ] + [
            Rule(f"{name}[{index}]", one)
            for name in _SEVERAL
            for index, one in enumerate(read[name])
        ]


def _rule_problems(draft: _Draft) -> Iterator[Problem]:
    yield from _head_problems(draft)
    for place, rule in draft.ruled:
        yield from _authority_problems(draft, Rule(place, rule))
    if draft.records is not None and draft.records.choice != RECORD_CHOICE:
        yield Problem(
            "records.choice",
            "is not the order this release chooses the record by",
            f"Write {list(RECORD_CHOICE)}, or leave the key out.",
        )
    yield from _window_problems(draft)
    yield from _scale_problems(draft)
    for name, ids in (
        ("thresholds", [one.id for one in draft.thresholds]),
        ("correlations", [one.id for one in draft.correlations]),
        ("looks", [one.id for one in draft.looks]),
    ):
        for one, count in Counter(ids).items():
            if count > 1:
                yield Problem(name, f"{one} is the id of {count} rules", "Give each its own.")
    yield from _own_event_problems(draft)
    for index, planned in enumerate(draft.correlations):
        yield from _correlation_problems(draft, planned, f"correlations[{index}]")


def _head_problems(draft: _Draft) -> Iterator[Problem]:
    head = draft.head
    if head is None:
        return
    if head.confirmed_by != TO_BE_CONFIRMED:
        if head.confirmed_on is None:
            yield Problem(
                "plan.confirmed_on", "is missing", "Say on which day the plan was confirmed."
            )
    elif head.purpose == "trial":
        yield Problem(
            "plan.confirmed_by",
            "names nobody, and only an example may be to be confirmed",
            "Name who confirmed this version, and the day in confirmed_on.",
        )


def _authority_problems(draft: _Draft, ruled: Rule) -> Iterator[Problem]:
    place, rule = ruled
    if rule.citation is None and rule.confirmed_by is None:
        yield Problem(
            place,
            "has neither a citation nor anybody who confirmed it",
            "Add citation, or confirmed_by with confirmed_on.",
        )
    if rule.is_unconfirmed:
        if draft.head is not None and draft.head.purpose == "trial":
            yield Problem(
                f"{place}.confirmed_by",
                "names nobody, and only an example may be to be confirmed",
                "Name who confirmed the rule; a citation alone does where there is one.",
            )
    elif rule.confirmed_by is not None and rule.confirmed_on is None:
        yield Problem(f"{place}.confirmed_on", "is missing", "Say on which day it was confirmed.")
    if rule.confirmed_on is not None and (rule.confirmed_by is None or rule.is_unconfirmed):
        yield Problem(
            f"{place}.confirmed_by", "is missing beside the day", "Name who confirmed the rule."
        )


def _window_problems(draft: _Draft) -> Iterator[Problem]:
    windows = draft.windows
    if windows is None:
        return
    bounded = windows.choice == "bounded"
    if bounded and not windows.visits:
        yield Problem(
            "windows.visits",
            "is missing, though the windows are bounded",
            "Give each analysis visit its target_day, from_day and to_day.",
        )
    for index, one in enumerate(windows.visits):
        path = f"windows.visits[{index}]"
        yield from _visit_problems(draft, one.visit, f"{path}.visit")
        for instrument in one.instruments:
            if instrument not in draft.known.instruments:
                yield _no_instrument(draft, instrument, f"{path}.instruments")
        if not bounded:
            if one.from_day is not None or one.to_day is not None:
                yield Problem(
                    path, "has bounds, though the nearest target decides", "Remove the bounds."
                )
        elif one.from_day is None or one.to_day is None:
            yield Problem(path, "has no bounds", "Give it from_day and to_day.")
        elif not one.from_day <= one.target_day <= one.to_day:
            yield Problem(
                path, "does not hold its own target day", "Put target_day within the bounds."
            )
        for other in windows.visits[:index]:
            if _overlap(one, other):
                yield Problem(
                    path, f"shares days with that of {other.visit}", "A day is of one visit."
                )


def _overlap(one: AnalysisWindow, other: AnalysisWindow) -> bool:
    days = (one.from_day, one.to_day, other.from_day, other.to_day)
    shared = not one.instruments or any(other.is_for(name) for name in one.instruments)
    if not shared or any(day is None for day in days):
        return False
    return (one.from_day or 0) <= (other.to_day or 0) and (other.from_day or 0) <= (one.to_day or 0)


def _scale_problems(draft: _Draft) -> Iterator[Problem]:
    named = [
        (f"thresholds[{index}]", instrument, threshold.scale)
        for index, threshold in enumerate(draft.thresholds)
        for instrument in threshold.instruments
    ]
    on_0_100 = {
        f"thresholds[{index}]"
        for index, threshold in enumerate(draft.thresholds)
        if threshold.on == "0-100"
    }
    if draft.responder is not None:
        on_0_100 |= {f"responder.scales.{domain}" for domain in draft.responder.scales}
        named += [
            (f"responder.scales.{domain}", name.instrument, name.scale)
            for domain, names in draft.responder.scales.items()
            for name in names
        ]
    named += [
        (f"correlations[{index}].score", planned.score.instrument, planned.score.scale)
        for index, planned in enumerate(draft.correlations)
    ]
    for place, name, scale in named:
        instrument = draft.known.instruments.get(name)
        if instrument is None:
            yield _no_instrument(draft, name, place)
            continue
        scales = {scored.code: scored for scored in instrument.results}
        if scale not in scales:
            yield Problem(place, f"{name} has no scale {scale}", suggestion(scale, scales))
            continue
        scored = scales[scale]
        if instrument.direction_of(scored) == "none" and not place.startswith("correlations"):
            yield Problem(
                place, f"{name} does not say whether more of {scale} is better", "Take another."
            )
        if scored.normalisation == "none" and place in on_0_100:
            yield Problem(
                place, f"{scale} of {name} has no place on 0-100", "Take a scale that has one."
            )


def _correlation_problems(draft: _Draft, planned: Correlation, path: str) -> Iterator[Problem]:
    over_time = planned.kind == "within knees over time"
    if over_time and planned.visit is not None:
        yield Problem(f"{path}.visit", "goes with no correlation over time", "Remove it.")
    elif not over_time and planned.visit is None:
        yield Problem(f"{path}.visit", "is missing", "Name the analysis visit.")
    elif planned.visit is not None:
        yield from _visit_problems(draft, planned.visit, f"{path}.visit")


def _visit_problems(draft: _Draft, visit: str, path: str) -> Iterator[Problem]:
    visits = draft.known.visits
    if visits is not None and visit not in visits and visit != BASELINE:
        yield Problem(path, f"{visit} is no visit of the protocol", suggestion(visit, visits))


def _own_event_problems(draft: _Draft) -> Iterator[Problem]:
    known, rule = draft.known.own_events, draft.own_events
    for index, kind in enumerate(() if rule is None else rule.flagged):
        if known is not None and kind not in known:
            yield Problem(
                f"own_events.flagged[{index}]",
                f"{kind} is no kind of event of the protocol's own",
                suggestion(kind, known),
            )


def _no_instrument(draft: _Draft, name: str, path: str) -> Problem:
    return Problem(
        path, f"{name} is no known instrument", suggestion(name, draft.known.instruments)
    )
