"""One participant's rows of items, scores and responders. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from pro_service.domain.endpoints.change import Measurement
from pro_service.domain.endpoints.exact import StoredScore, exactly
from pro_service.domain.endpoints.rules import DOMAINS
from pro_service.domain.endpoints.table import (
    EndpointRow,
    endpoint_rows,
    visit_responses,
)
from pro_service.domain.instruments.model import Instrument, Scale, Total
from pro_service.domain.instruments.scoring import ScaleScore, score_stored
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import Target
from pro_service.services.exports.cells import as_figure, yes_or_no
from pro_service.services.exports.columns import Block, Row
from pro_service.services.exports.rows.reading import WITHDREW, Reading, Sitting
from pro_service.store.exports.export import ExportedScore

_BASES: Final = ("complete", "unsent", "partial")
_NOT_DERIVED: Final[Row] = (None,) * 10


@dataclass(slots=True)
class Placed:
    """A scale of a sitting, with its score if there is one, and what the rules make of it."""

    sitting: Sitting
    instrument: Instrument
    scale: Scale | Total
    stored: ExportedScore | None
    measured: Measurement | None = None
    derived: EndpointRow | None = None


class Answers(NamedTuple):
    """The rows of one participant, and the scores that may be analysed."""

    scores: list[Block]
    items: list[Block]
    endpoints: list[Row]
    measured: list[Placed]


def answer_rows(reading: Reading) -> Answers:
    """Every row of one participant.

    Of somebody who withdrew the use of the data the rows stay, with that as the reason, and
    every answer and score is left out.
    """
    items: list[Block] = []
    placed: list[list[Placed]] = []
    for sitting in reading.standing:
        if sitting.instrument is not None:
            items.append(_items(sitting, sitting.instrument))
            placed.append(list(_placed(sitting, sitting.instrument)))
    measured = [one for here in placed for one in here if one.measured is not None]
    person, rules = reading.person, reading.snapshot.rules
    measurements = [one.measured for one in measured if one.measured is not None]
    place = (reading.protocol, person.events, measurements, person.zone)
    for one, derived in zip(measured, endpoint_rows(rules, *place), strict=True):
        one.derived = derived
    scores = [_scores(here) for here in placed if here]
    return Answers(scores, items, list(_endpoints(reading, measured)), measured)


def _items(sitting: Sitting, instrument: Instrument) -> Block:
    """A row for each item that was asked."""
    asked, withdrew = sitting.asked, sitting.reading.person.withdrew
    state, when, how = sitting.state.value, sitting.when, sitting.how
    head: Row = (*sitting.where, asked.instrument, instrument.version)
    absent = state if asked.attempt_id is None else "not_reached"
    # What all items without an answer end in: most rows of a study are of these.
    unanswered: Row = (state, None, WITHDREW if withdrew else absent, *when, None, None, None)
    if not sitting.given:
        return Block(head, [(item.code,) for item in instrument.items], (*unanswered, *how))
    rows: list[Row] = []
    for item in instrument.items:
        answer = sitting.given.get(item.code)
        if answer is None:
            rows.append((item.code, *unanswered))
        else:
            value, reason = (None, WITHDREW) if withdrew else (answer.value, answer.gap)
            came = (answer.received_at, answer.by_text, answer.corrections)
            rows.append((item.code, state, value, reason, *when, *came))
    return Block(head, rows, how)


def _placed(sitting: Sitting, instrument: Instrument) -> Iterator[Placed]:
    """Each scale that was asked, with its score."""
    exact: dict[str, ScaleScore] = {}
    at = sitting.answered_at
    apart = sitting.reading.person.withdrew or sitting.asked.not_for_analysis is not None
    for scale in instrument.results:
        stored = _stored(sitting, scale.code)
        one = Placed(sitting, instrument, scale, stored)
        if stored is not None and at is not None and not apart:
            if not exact:
                found = score_stored(instrument, sitting.values)
                exact = {each.scale: each for each in found}
            one.measured = _measured(one, exact, stored, at)
        yield one


def _stored(sitting: Sitting, scale: str) -> ExportedScore | None:
    """The sitting's score: of the whole if it was submitted, else of what there is."""
    for basis in _BASES:
        if (stored := sitting.scores.get((basis, scale))) is not None:
            return stored
    return None


def _measured(
    placed: Placed, exact: Mapping[str, ScaleScore], stored: ExportedScore, at: datetime
) -> Measurement:
    one = placed.sitting.asked
    raw, normalised = exactly(
        exact.get(placed.scale.code), StoredScore(stored.raw, stored.normalised)
    )
    return Measurement(
        target=one.target,
        instrument=one.instrument,
        scale=placed.scale.code,
        direction=placed.instrument.direction_of(placed.scale),
        visit=one.definition,
        occurrence=one.occurrence,
        answered_at=at,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        raw=raw,
        normalised=normalised,
        basis=stored.basis,
        mode=one.mode,
        respondent=one.respondent,
    )


def _scores(placed: Sequence[Placed]) -> Block:
    """A row for each scale of one sitting."""
    sitting = placed[0].sitting
    asked = sitting.asked
    dates = (asked.target_on, asked.opens_at, asked.closes_at)
    state, withdrew = sitting.state.value, sitting.reading.person.withdrew
    submitted = sitting.state in (AssessmentState.completed, AssessmentState.late)
    absent = WITHDREW if withdrew else "not_scored" if submitted else state
    # What all scales without a score end in.
    unscored: Row = (absent, *sitting.when, *_NOT_DERIVED, *sitting.how, None, None)
    return Block(
        (*sitting.where, *dates, asked.instrument),
        [
            _unscored(one, state, unscored) if one.stored is None else _score(one, one.stored)
            for one in placed
        ],
        (),
    )


def _unscored(one: Placed, state: str, end: Row) -> Row:
    scale, instrument = one.scale, one.instrument
    bounds = (scale.minimum, scale.maximum, instrument.direction_of(scale))
    return (instrument.version, scale.code, state, None, None, None, *bounds, None, None, *end)


def _score(one: Placed, stored: ExportedScore) -> Row:
    sitting = one.sitting
    raw, normalised, answered, substituted, absent = (
        (None, None, None, None, WITHDREW)
        if sitting.reading.person.withdrew
        else (
            stored.raw,
            stored.normalised,
            stored.answered,
            stored.substituted,
            stored.absent_reason,
        )
    )
    return (
        *(stored.instrument_version, one.scale.code, sitting.state.value, stored.basis),
        *(raw, normalised, stored.lowest, stored.highest, one.instrument.direction_of(one.scale)),
        *(answered, substituted, absent),
        *sitting.when,
        *(_NOT_DERIVED if one.derived is None else _derived(one.derived)),
        *sitting.how,
        *(stored.scoring_version, stored.revision),
    )


def _derived(found: EndpointRow) -> Row:
    reached = (
        f"{name}={'unknown' if met is None else yes_or_no(met)}"
        for name, met in found.thresholds.items()
    )
    return (
        *(found.in_window, found.analysis_visit, found.is_baseline),
        *(as_figure(found.baseline_raw), as_figure(found.change_raw)),
        *(as_figure(found.baseline), as_figure(found.change)),
        *(as_figure(found.percent_improvement), as_figure(found.average), "; ".join(reached)),
    )


def _endpoints(reading: Reading, measured: Sequence[Placed]) -> Iterator[Row]:
    """A row for each knee and visit that says whether it had responded, and by which values."""
    person, rules = reading.person, reading.snapshot.rules
    missed = [] if person.withdrew else reading.places_missed()
    measurements = [one.measured for one in measured if one.measured is not None]
    responses = visit_responses(rules, person.events, measurements, missed)
    if not responses:
        return
    windows = {(one.asked.definition, one.asked.occurrence): one.asked for one in reading.standing}
    here: dict[tuple[str, int], list[Placed]] = {}
    for one in measured:
        here.setdefault((one.sitting.asked.definition, one.sitting.asked.occurrence), []).append(
            one
        )
    for each in responses:
        told, visit = each.responder, (each.visit, each.occurrence)
        window = windows[visit]
        by = _decided_by(reading, here.get(visit, ()), each.target)
        found = None if by is None else by.derived
        day = None if by is None else by.sitting.answered_on
        yield (
            *(*person.cells, each.target, each.visit, each.occurrence),
            *(told.outcome, told.path, told.reason),
            *(day, person.study_day(each.target, day)),
            *(window.target_on, window.opens_at, window.closes_at),
            None if found is None else found.in_window,
            None if found is None else found.analysis_visit,
            None if found is None else found.is_analysis_record,
            *(
                as_figure(figure)
                for domain in DOMAINS
                for figure in (each.pairs[domain].baseline, each.pairs[domain].value)
            ),
        )


def _decided_by(reading: Reading, measured: Sequence[Placed], knee: Target) -> Placed | None:
    """The score of a visit whose day is a response's: of the knee's pain, or what comes first."""
    rule = reading.snapshot.rules.responder
    here = [one for one in measured if one.sitting.asked.target in (knee, "person")]
    for domain in DOMAINS:
        names = () if rule is None else rule.scales.get(domain, ())
        told_by = {(name.instrument, name.scale) for name in names}
        for one in here:
            if (one.instrument.id, one.scale.code) in told_by:
                return one
    return None
