"""Whether a participant sees their own scores over time: what the analysis plan says (R21). Pure.

Off unless the plan says otherwise. "After the last visit" is after the last one the protocol plans
for them has closed, or once nothing may be asked of them any more; so what they see can move no
answer that is still to be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pro_service.domain.endpoints.plan import FROM_THE_START, Shown
from pro_service.domain.study.facts import VisitFacts
from pro_service.domain.study.protocol import Protocol


def sees_trend(
    shown: Shown | None,
    protocol: Protocol,
    visits: Sequence[VisitFacts],
    *,
    now: datetime,
    may_answer: bool,
) -> bool:
    """Whether a participant may see their own trend now; `shown` is the plan's word, None: off."""
    if shown is None:
        return False
    return shown == FROM_THE_START or not may_answer or is_after_last(protocol, visits, now)


def is_after_last(protocol: Protocol, visits: Sequence[VisitFacts], now: datetime) -> bool:
    """Whether every visit that the protocol plans and that asks has been dated and has closed."""
    planned = [one.id for one in protocol.visits if one.kind == "scheduled" and one.asks]
    closed = {
        one.definition
        for one in visits
        if not one.provisional and one.closes_at is not None and one.closes_at <= now
    }
    running = any(one.asks_anything and (one.closes_at is None or one.closes_at > now)
                  for one in visits if one.definition in planned)  # fmt: skip
    return bool(planned) and not running and closed.issuperset(planned)
