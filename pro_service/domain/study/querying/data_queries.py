"""Data queries: a question about a datum, answered, and closed by who may; opened again if need be.

E6(R3) 3.16.1(i): what looks wrong is asked about and never mended in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.coming import DataQueries
from pro_service.domain.study.respondents import Mode


class QueryState(StrEnum):
    """Where a data query stands: the last of its steps says it."""

    open = "open"
    """Nobody has answered since it was raised, or opened again."""
    answered = "answered"
    closed = "closed"


class QueryStep(StrEnum):
    """What may be done to one."""

    answered = "answered"
    closed = "closed"
    reopened = "reopened"


ANSWERED_FAST: Final = "answered_fast"
"""The rule a sitting meets that was sent in sooner than reading takes."""


class QueryStepError(ProServiceError):
    """As the query stands, this cannot be done to it; `word` says how it stands."""


_AFTER: Final[Mapping[QueryStep, frozenset[QueryState]]] = {
    # What was answered may be added to until somebody closes it.
    QueryStep.answered: frozenset({QueryState.open, QueryState.answered}),
    QueryStep.closed: frozenset({QueryState.open, QueryState.answered}),
    QueryStep.reopened: frozenset({QueryState.answered, QueryState.closed}),
}


def may_follow(state: QueryState, step: QueryStep) -> bool:
    """Whether a step can be taken from a state."""
    return state in _AFTER[step]


def check_step(state: QueryState, step: QueryStep) -> None:
    """Raises QueryStepError for a step that cannot follow."""
    if not may_follow(state, step):
        raise QueryStepError(word=state)


def is_answered_fast(
    rules: DataQueries | None, mode: Mode, *, questions: int, took: timedelta | None
) -> bool:
    """Whether a sitting was sent in too soon after its first answer was kept to have been read.

    `took` is study time; None: all came at once, which tells nothing of how long it took. One
    question may well be answered at a glance, and what staff type was read out before.
    """
    if (
        rules is None
        or rules.under_seconds is None
        or took is None
        or mode != "web"
        or questions < 2
    ):
        return False
    return took < timedelta(seconds=rules.under_seconds)
