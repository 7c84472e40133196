"""What a key may be used for: scopes, each of which lets through some of what a role may do.

A scope gives nothing. What a program may do is what its roles may at a site (`MAY`), less every
action that none of its key's scopes names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from pro_service.domain.study.permissions import Action


class Scope(StrEnum):
    """One thing a key may be used for."""

    read_participants = "participants:read"
    """Who takes part by code, and where each stands."""
    enrol = "participants:write"
    """Enrol participants."""
    read_schedule = "schedule:read"
    """Visits with their windows, and the state of what each asks."""
    read_events = "events:read"
    """Consent, injections, an early end, a death; statuses."""
    record_events = "events:write"
    """Record an event."""
    read_sittings = "sittings:read"
    """How, when and by whom it was answered; never what."""
    read_scores = "scores:read"
    """Scores, where the protocol lets the role see them."""
    read_measures = "measures:read"
    """What clinic and imaging measured, where the protocol lets the role see it."""
    read_alerts = "alerts:read"
    """Alerts, and how far each has come."""
    read_calls = "calls:read"
    """Who is to be called, and why."""
    read_messages = "messages:read"
    """Texts by kind and state; never their words."""
    close_calls = "calls:write"
    """Close a call with what came of it."""
    export = "exports"
    """Have tables made as files; allowed by an administrator when the key is made."""


NARROWED: Final[Mapping[Scope, frozenset[Action]]] = {
    Scope.read_participants: frozenset({Action.see_participants}),
    Scope.enrol: frozenset({Action.see_participants, Action.enrol}),
    Scope.read_schedule: frozenset({Action.see_participants}),
    Scope.read_events: frozenset({Action.see_participants}),
    Scope.record_events: frozenset({Action.see_participants, Action.record_event}),
    Scope.read_sittings: frozenset({Action.see_participants}),
    Scope.read_scores: frozenset({Action.see_participants}),
    Scope.read_measures: frozenset({Action.see_participants, Action.see_measures}),
    Scope.read_alerts: frozenset({Action.see_participants}),
    Scope.read_calls: frozenset({Action.see_participants}),
    Scope.read_messages: frozenset({Action.see_participants}),
    Scope.close_calls: frozenset({Action.see_participants, Action.close_call}),
    Scope.export: frozenset({Action.see_participants, Action.export_data}),
}
"""The actions of the roles that a scope lets through."""


def allowed_by(scopes: Iterable[Scope]) -> frozenset[Action]:
    """All that a key of these scopes lets through."""
    return frozenset[Action]().union(*(NARROWED[one] for one in scopes))
