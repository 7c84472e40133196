"""Rows of one participant, by table: put together from what was read, touching no database."""

from __future__ import annotations

from pro_service.services.exports.rows.answers import answer_rows
from pro_service.services.exports.rows.books import codebook_rows, instrument_rows
from pro_service.services.exports.rows.data_queries import data_query_rows
from pro_service.services.exports.rows.own_events import own_event_rows
from pro_service.services.exports.rows.reading import ParticipantData, Person, Reading, Snapshot
from pro_service.services.exports.rows.signatures import signature_rows

__all__ = [
    "ParticipantData",
    "Person",
    "Reading",
    "Snapshot",
    "answer_rows",
    "codebook_rows",
    "data_query_rows",
    "instrument_rows",
    "own_event_rows",
    "signature_rows",
]
