"""Rows of one participant, by table: put together from what was read, touching no database."""

from __future__ import annotations

from pro_service.services.exports.rows.adpro import measure_records, score_records
from pro_service.services.exports.rows.answers import answer_rows
from pro_service.services.exports.rows.books import codebook_rows, instrument_rows
from pro_service.services.exports.rows.data_queries import data_query_rows
from pro_service.services.exports.rows.history import history_rows
from pro_service.services.exports.rows.measures import measure_rows
from pro_service.services.exports.rows.own_events import own_event_rows
from pro_service.services.exports.rows.people import (
    consent_rows,
    event_rows,
    participant_row,
    status_rows,
    visit_rows,
)
from pro_service.services.exports.rows.reading import ParticipantData, Person, Reading, Snapshot
from pro_service.services.exports.rows.signatures import signature_rows
from pro_service.services.exports.rows.sittings import adherence_rows, sitting_rows
from pro_service.services.exports.rows.words import word_rows
from pro_service.services.exports.rows.work import (
    alert_rows,
    call_rows,
    correction_rows,
    message_rows,
)

__all__ = [
    "ParticipantData",
    "Person",
    "Reading",
    "Snapshot",
    "adherence_rows",
    "alert_rows",
    "answer_rows",
    "call_rows",
    "codebook_rows",
    "consent_rows",
    "correction_rows",
    "data_query_rows",
    "event_rows",
    "history_rows",
    "instrument_rows",
    "measure_records",
    "measure_rows",
    "message_rows",
    "own_event_rows",
    "participant_row",
    "score_records",
    "signature_rows",
    "sitting_rows",
    "status_rows",
    "visit_rows",
    "word_rows",
]
