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
_COMPLETED = frozenset({AssessmentState.completed})
_ANSWERED = frozenset({AssessmentState.completed, AssessmentState.unsent})


class VisitOutcome(NamedTuple):
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

    @property
    def is_counted(self) -> bool:
        """Whether either figure looks at it: it asks something and is not unscheduled."""
        return bool(self.states) and self.kind != "unscheduled"

    @property
    def is_expected_and_closed(self) -> bool:
        """Whether it was to be answered and no longer can be in time."""
        return self.is_counted and self.closed and not _NOT_EXPECTED.issuperset(self.states)

    @property
    def is_completed_in_window(self) -> bool:
        """Whether, expected and closed, everything was submitted before closing."""
        return self.is_expected_and_closed and _COMPLETED.issuperset(self.states)

    @property
    def is_completed_with_help(self) -> bool:
        """Whether, completed in the window, somebody helped."""
        return self.helped and self.is_completed_in_window

    @property
    def is_answered_unsent(self) -> bool:
        """Whether, expected and closed, everything was answered, and something of it not sent.

        Such a visit is not completed (R2): whether it counts is the analysis plan's.
        """
        return (
            AssessmentState.unsent in self.states
            and _ANSWERED.issuperset(self.states)
            and self.is_expected_and_closed
        )

    @property
    def is_scorable(self) -> bool:
        """Whether it is counted and every score of it exists, late ones included."""
        return self.scorable and self.is_counted


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
    for outcome in outcomes:
        if outcome.is_counted:
            every.setdefault((outcome.definition, outcome.site), []).append(outcome)
    rows: list[Adherence] = []
    for definition in definitions:
        for site, count in enrolled.items():
            here = every.get((definition, site), [])
            rows.append(
                Adherence(
                    definition=definition,
                    site=site,
                    completed_in_window=sum(one.is_completed_in_window for one in here),
                    helped=sum(one.is_completed_with_help for one in here),
                    expected_and_closed=sum(one.is_expected_and_closed for one in here),
                    unsent=sum(one.is_answered_unsent for one in here),
                    scorable=sum(one.is_scorable for one in here),
                    enrolled=count,
                )
            )
    return tuple(rows)
