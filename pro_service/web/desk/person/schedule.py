"""The visits of one participant, as their page shows them: what is open and next, then the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pro_service.store.desk.timeline import VisitLine


def schedule_values(
    visits: Sequence[VisitLine], now: datetime, shown: Callable[[VisitLine], dict[str, Any]]
) -> dict[str, Any]:
    """Present visits in the order in which they open, told apart by where `now` is.

    Whole: those whose window is open, and the next to open. A line each: those that closed, the
    latest first, and what comes after the next. What is provisional opens on no date that is known.
    """
    closed = [one for one in visits if one.closes_at is not None and one.closes_at <= now]
    rest = [one for one in visits if one not in closed]
    coming = [one for one in rest if one.provisional or one.opens_at > now]
    following = next((one for one in coming if one.assessments), None)
    return {
        "any": bool(visits),
        "open": [shown(one) for one in rest if one not in coming],
        "next": None if following is None else shown(following),
        "past": [shown(one) for one in reversed(closed)],
        "later": [shown(one) for one in coming if one is not following],
    }


def each_visit(schedule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every visit of the schedule as it is shown, wherever it stands."""
    following = schedule["next"]
    yield from schedule["open"]
    yield from () if following is None else (following,)
    yield from (*schedule["past"], *schedule["later"])
