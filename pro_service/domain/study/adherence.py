"""The two adherence figures, never mixed: completion and availability of scores.

Completion = completed in the window / expected and closed. Available = scorable / enrolled. The
unit is one participant's visit of one definition; unscheduled visits are in neither figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import AssessmentState, assessment_state, taken_together
from pro_service.domain.study.facts import Status, StatusFacts, Window
from pro_service.domain.study.protocol import VisitKind
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import Standing, standing

_NOT_EXPECTED = frozenset({AssessmentState.not_applicable, AssessmentState.not_yet_due})


class VisitOutcome(Record):
    """How one participant's visit stands: the states of all it asks."""

    site: str
    participant: UUID
    definition: str
    kind: VisitKind
    states: tuple[AssessmentState, ...]
    closed: bool
    """The window has closed, or asking ended inside it."""
    scorable: bool
    """Everything asked has its score, whenever it was answered."""
    helped: bool = False
    """Something of it was answered with somebody's help (`respondents.with_help`)."""

    @property
    def state(self) -> AssessmentState | None:
        """All of them as one word; None where it asks nothing."""
        return taken_together(self.states) if self.states else None


class Adherence(Record):
    """Both figures of one visit definition at one site, with what they are made of."""

    definition: str
    site: str
    completed_in_window: int
    helped: int
    """Of the completed in window: answered with somebody's help."""
    expected_and_closed: int
    unsent: int
    """Of the expected and closed: all is answered, and some of it was not sent. Counted apart."""
    scorable: int
    enrolled: int

    @property
    def completion(self) -> Fraction | None:
        """Completed in the window / expected and closed; None if none was."""
        return _share(self.completed_in_window, self.expected_and_closed)

    @property
    def by_themselves(self) -> int:
        """Of the completed in window: answered by themselves alone."""
        return self.completed_in_window - self.helped

    @property
    def completion_by_themselves(self) -> Fraction | None:
        """Completed in the window without help / expected and closed; None if none was."""
        return _share(self.by_themselves, self.expected_and_closed)

    @property
    def available(self) -> Fraction | None:
        """Scorable / enrolled; None if nobody is enrolled."""
        return _share(self.scorable, self.enrolled)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


class AskedVisit(NamedTuple):
    """One participant's visit with what it asks, as far as the figures look at it."""

    site: str
    participant: UUID
    definition: str
    kind: VisitKind
    window: Window
    asked: tuple[Progress, ...]
    scorable: bool
    """Everything asked has its score."""
    helped: bool = False
    """Something of it was answered with somebody's help."""


def visit_outcome(visit: AskedVisit, standing: Standing, now: datetime) -> VisitOutcome:
    """Return how a visit stands at `now`."""
    window = visit.window
    ended = standing.ended_at is not None and standing.ended_at > window.opens_at
    return VisitOutcome(
        site=visit.site,
        participant=visit.participant,
        definition=visit.definition,
        kind=visit.kind,
        states=tuple(assessment_state(window, one, standing, now) for one in visit.asked),
        closed=ended or (window.closes_at is not None and window.closes_at <= now),
        scorable=visit.scorable and bool(visit.asked),
        helped=visit.helped,
    )


def counted(outcomes: Iterable[VisitOutcome]) -> tuple[VisitOutcome, ...]:
    """The visits either figure looks at: they ask something and are not unscheduled."""
    return tuple(each for each in outcomes if each.states and each.kind != "unscheduled")


def expected_and_closed(outcomes: Iterable[VisitOutcome]) -> tuple[VisitOutcome, ...]:
    """The visits that were to be answered and no longer can be in time."""
    return tuple(
        each
        for each in counted(outcomes)
        if each.closed and any(state not in _NOT_EXPECTED for state in each.states)
    )


def completed_in_window(outcomes: Iterable[VisitOutcome]) -> tuple[VisitOutcome, ...]:
    """Of the expected and closed, those with everything submitted before closing."""
    return tuple(
        each
        for each in expected_and_closed(outcomes)
        if all(state is AssessmentState.completed for state in each.states)
    )


def completed_with_help(outcomes: Iterable[VisitOutcome]) -> tuple[VisitOutcome, ...]:
    """Of those completed in the window, the ones answered with somebody's help."""
    return tuple(each for each in completed_in_window(outcomes) if each.helped)


def answered_unsent(outcomes: Iterable[VisitOutcome]) -> tuple[VisitOutcome, ...]:
    """Of the expected and closed, those with everything answered, and something of it not sent.

    They are not completed (R2): whether they count is the analysis plan's.
    """
    answered = {AssessmentState.completed, AssessmentState.unsent}
    return tuple(
        each
        for each in expected_and_closed(outcomes)
        if AssessmentState.unsent in each.states and answered.issuperset(each.states)
    )


def scorable(outcomes: Iterable[VisitOutcome]) -> tuple[VisitOutcome, ...]:
    """The visits whose every score exists, late ones included."""
    return tuple(each for each in counted(outcomes) if each.scorable)


def is_enrolled(statuses: Sequence[StatusFacts], now: datetime) -> bool:
    """Tell whether a participant counts as enrolled: has a status and did not fail screening."""
    status = standing(statuses, now).status
    return status is not None and status is not Status.screen_failure


def adherence(
    outcomes: Iterable[VisitOutcome], *, definitions: Sequence[str], enrolled: Mapping[str, int]
) -> tuple[Adherence, ...]:
    """Return the figures by definition, then site, both in the order given.

    `enrolled` is how many participants each site has enrolled (see `is_enrolled`).
    """
    every: dict[tuple[str, str], list[VisitOutcome]] = {}
    for outcome in counted(outcomes):
        every.setdefault((outcome.definition, outcome.site), []).append(outcome)
    rows: list[Adherence] = []
    for definition in definitions:
        for site, count in enrolled.items():
            here = every.get((definition, site), [])
            rows.append(
                Adherence(
                    definition=definition,
                    site=site,
                    completed_in_window=len(completed_in_window(here)),
                    helped=len(completed_with_help(here)),
                    expected_and_closed=len(expected_and_closed(here)),
                    unsent=len(answered_unsent(here)),
                    scorable=len(scorable(here)),
                    enrolled=count,
                )
            )
    return tuple(rows)
