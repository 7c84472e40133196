"""Where everything stood before the injection: what safety rules about a change compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from pro_service.domain.endpoints.change import injection_at
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.scoring import score
from pro_service.domain.instruments.values import is_permitted
from pro_service.domain.record import Record
from pro_service.domain.study.facts import KNEES, EventFacts, Target
from pro_service.domain.study.protocol import Safety, SafetyRule
from pro_service.domain.study.safety import Baseline, Place

TARGETS: tuple[Target, ...] = (*KNEES, "person")


class CompleteSitting(Record):
    """One sitting that was submitted, with the answers that stand; gaps are not in it."""

    target: Target
    instrument: str
    visit: str
    """The visit definition that asked."""
    submitted_at: datetime
    answers: dict[str, int]


def compared_instruments(safety: Safety, rules: Iterable[SafetyRule]) -> tuple[str, ...]:
    """Return the instruments whose baseline some of the study's `rules` compare with, each once."""
    found = {
        safety.compared_with(rule, instrument)
        for rule in rules
        if rule.is_about_change
        for instrument in rule.instruments
    }
    return tuple(sorted(found))


def last_injection_at(events: Sequence[EventFacts]) -> datetime | None:
    """Return when the later knee was first injected: nothing after it is a baseline of anything."""
    instants = [injection_at(events, target) for target in TARGETS]
    return max((one for one in instants if one is not None), default=None)


def baselines(
    safety: Safety,
    instruments: Mapping[str, Instrument],
    sittings: Iterable[CompleteSitting],
    events: Sequence[EventFacts],
) -> dict[Target, Baseline]:
    """Return each target's baseline: of every item and scale the last value before its injection.

    A sitting in which a scale could not be scored leaves an earlier score standing, and so with an
    item. Answers this release's instrument would refuse are left out.
    """
    items: dict[Target, dict[Place, int]] = {target: {} for target in TARGETS}
    scores: dict[Target, dict[Place, Fraction]] = {target: {} for target in TARGETS}
    for sitting in sorted(sittings, key=lambda one: one.submitted_at):
        injected_at = injection_at(events, sitting.target)
        instrument = instruments.get(sitting.instrument)
        if instrument is None or injected_at is None or sitting.submitted_at >= injected_at:
            continue
        if safety.baseline_visit not in (None, sitting.visit):
            continue
        answers = {
            item.code: sitting.answers[item.code]
            for item in instrument.items
            if item.code in sitting.answers and is_permitted(item, sitting.answers[item.code])
        }
        items[sitting.target] |= {(instrument.id, code): value for code, value in answers.items()}
        scores[sitting.target] |= {
            (instrument.id, one.scale): one.raw
            for one in score(instrument, answers)
            if one.raw is not None
        }
    return {target: Baseline(items[target], scores[target]) for target in TARGETS}
