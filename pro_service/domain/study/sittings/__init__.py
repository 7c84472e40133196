"""Sittings at an assessment: which one is the record (R3), and what is open at it."""

from __future__ import annotations

from pro_service.domain.study.sittings.standing import (
    Due,
    SittingFacts,
    SittingTimes,
    StandingReason,
    StandingSitting,
    as_if_answered,
    is_settled,
    sitting_facts,
    standing_sitting,
)

__all__ = [
    "Due",
    "SittingFacts",
    "SittingTimes",
    "StandingReason",
    "StandingSitting",
    "as_if_answered",
    "is_settled",
    "sitting_facts",
    "standing_sitting",
]
