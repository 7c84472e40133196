"""Who sees measures, and who sees them beside scores (R6, R19): decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection

from pro_service.domain.study.protocol import Protocol


def may_see_measures(protocol: Protocol, roles: Collection[str]) -> bool:
    """Whether a seat with these roles, at the participant's site, sees values of measures."""
    measuring = protocol.coming.measures
    return measuring is not None and not set(measuring.visible_to).isdisjoint(roles)


def may_see_together(protocol: Protocol, roles: Collection[str], reads_locked: bool) -> bool:
    """Whether a seat with these roles may see measures and scores beside each other.

    One of its roles must see each of them, and one be named for both together; if the protocol says
    so, not before the reads are locked.
    """
    measuring = protocol.coming.measures
    if measuring is None or not may_see_measures(protocol, roles):
        return False
    if set(protocol.study.scores_visible_to).isdisjoint(roles):
        return False
    if set(measuring.beside_scores).isdisjoint(roles):
        return False
    return reads_locked or measuring.beside_scores_after == ""
