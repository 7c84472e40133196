"""What the audit tells of, in people's terms: kinds of rows by what they are about, and the columns
of each that say something to a reader.

A column that is not named here is not shown: ids, hashes and bookkeeping say nothing to anybody.
Whether a value may be seen is not decided here: what must not be seen does not come from the
database (`pro.audit_shown`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_STANDING: Final = ("status", "effective_at", "reason")
THINGS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "participants": {
        "participants": ("code", "language", "channel", "nudge_at", "treated_knees", "zone"),
        "participant_identifiers": ("kind",),
        "participant_sites": ("site_id", "valid_from", "valid_to"),
        "participant_protocols": ("reason",),
        "preferences": ("language", "channel", "nudge_at", "larger_text", "reason"),
        "identities": ("kind",),
    },
    "consents": {
        "consents": ("version", "signed_on", "messages", "cross_border", "caregiver", "reason"),
    },
    "contacts": {
        "contact_points": (
            *("kind", "whose", "ordinal", "valid_from", "valid_to", "verified_at", "verified_by"),
            *("may_be_texted", "may_be_told", "agreed_on", "wrong_at", "bad_at", "reason"),
        ),
        "opt_outs": ("started_at", "reason", "ended_at", "ended_by", "end_reason"),
    },
    "statuses": {
        "statuses": _STANDING,
        "safety_ends": ("ended_at", "reason"),
    },
    "events": {
        "events": ("kind", "ordinal", "target", "planned_on", "occurred_at", "reason"),
        "own_events": (
            *("kind", "target", "began_on", "ended_on", "dose", "dose_unit", "struck"),
            "revision",
        ),
    },
    "visits": {
        "visits": (
            *("definition", "occurrence", "opens_at", "target_on", "closes_at", "provisional"),
            *("attended_on", "superseded_at", "superseded_reason"),
        ),
        "visit_moves": ("moved_from", "reason"),
        "invitations": ("expires_at", "ended_at", "end_reason"),
    },
    "answers": {
        "assessments": ("instrument", "target", "submitted_at", "declined_at"),
        "attempts": (
            *("ordinal", "mode", "respondent", "respondent_relation", "language", "started_at"),
            *("submitted_at", "interviewer"),
        ),
        "responses": ("item", "value", "gap", "answered_at", "received_at", "entered_by"),
        "scores": ("scale", "basis", "raw", "normalised", "absent_reason", "revision"),
        "standing_sittings": ("reason",),
        "second_entries": (),
        "second_answers": ("item", "value", "gap"),
        "entry_settlements": ("value", "gap", "reason"),
    },
    "corrections": {
        "corrections": ("kind", "item", "value", "said_at", "source", "reason"),
        "correction_decisions": ("approved", "reason"),
        "correction_wishes": ("said",),
    },
    "queries": {
        "data_queries": ("rule", "item", "said"),
        "data_query_steps": ("step", "said"),
        "source_marks": (),
    },
    "measures": {
        "measure_imports": (),
        "measurements": (),
        "read_exams": (),
        "read_lists": (),
        "read_items": (),
        "reads": (),
        "read_findings": (),
        "read_locks": (),
        "correlation_runs": (),
    },
    "locks": {"signatures": (), "locks": (), "locked_visits": (), "lock_lifts": ()},
    "allocation": {
        "allocations": ("held_by", "reason"),
        "unblindings": ("reason",),
        "allocation_showings": ("row_count",),
    },
    "texts": {
        "reminders": ("ordinal", "due_at", "ended_at", "end_reason"),
        "messages": (
            *("template", "language", "state", "state_reason", "accepted_at", "dealt_at"),
            *("dealt_by", "dealt_note"),
        ),
        "inbounds": ("disposition", "command", "urgent", "received_at", "read_at", "read_by"),
        "text_settlements": ("kind", "reason", "settled_at"),
        "delivery_receipts": ("provider", "provider_status", "error_code"),
        "lines": ("focused_at",),
    },
    "alerts": {
        "alerts": (
            *("rule", "severity", "raised_at", "happened_on", "seen_at", "seen_by", "acted_at"),
            *("acted_by", "action"),
        ),
        "alert_assessments": ("verdict", "reference", "told", "assessed_at"),
        "alert_takes": ("taken_at", "held_until"),
        "notices": ("step", "made_at"),
        "notice_steps": ("state",),
    },
    "calls": {
        "call_tasks": ("reason", "wanted_from", "closes_at", "closed_at", "closed_by", "outcome"),
    },
    "notes": {"notes": (), "remarks": ("said",), "undone": ("kind", "undone_at")},
    "shown": {
        "cards": ("reason",),
        "card_showings": ("way",),
        "number_showings": (),
        "data_out": ("what", "narrowed_by", "row_count"),
    },
    "people": {
        "staff": ("login", "language", "valid_from", "valid_to"),
        "staff_assignments": ("role", "site_id", "valid_from", "valid_to"),
        "staff_duties": ("duty", "held", "reason"),
        "staff_addresses": ("kind",),
        "rota_entries": ("kind", "begins", "ends", "first_on", "last_on"),
        "rota_ends": (),
        "digests": ("day",),
    },
    "study": {
        "studies": ("code", "name", "sender"),
        "protocol_versions": ("label",),
        "site_protocols": ("effective_from", "reason"),
        "analysis_plans": ("label", "reason"),
        "plans_in_force": ("reason",),
        "sites": ("code", "name", "zone", "country", "telephone", "emergency_number"),
        "senders": ("channel", "provider", "address"),
    },
}
"""By group, in the order a reader chooses from; in each the kinds (tables) and their columns."""

OFTEN: Final = frozenset(
    {
        *("assessments", "attempts", "delivery_receipts", "inbounds", "invitations", "lines"),
        *("messages", "reminders", "responses", "scores", "standing_sittings", "visits"),
    }
)
"""Kinds written with every text and answer: the index of seldom ones leaves them out."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    kind: columns for kinds in THINGS.values() for kind, columns in kinds.items()
}
"""The columns that are shown, by kind."""
