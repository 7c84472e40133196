"""Data queries: a question about a datum, answered, and closed by who may; opened again if need be.

E6(R3) 3.16.1(i): what looks wrong is asked about and never mended in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pro_service.domain.errors import ProServiceError


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
