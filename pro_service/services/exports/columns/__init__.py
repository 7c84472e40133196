"""The one registry of exported tables and their columns: code book and formats are made of it.

A table stands here once, with what each format has to say of a column: its name, a short one of
at most 8 letters, a label of at most 40, type, unit, meaning, values, source. Rows are tuples of
typed cells in the order of the columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pro_service.services.exports.columns.analysis import ADPRO, MEASURES
from pro_service.services.exports.columns.answers import (
    ADHERENCE,
    ENDPOINTS,
    ITEMS,
    SCORES,
    SITTINGS,
)
from pro_service.services.exports.columns.books import CODEBOOK, INSTRUMENTS
from pro_service.services.exports.columns.happened import DATA_QUERIES, OWN_EVENTS, SIGNATURES
from pro_service.services.exports.columns.model import Block, Cell, Column, Row, Table
from pro_service.services.exports.columns.people import (
    CONSENTS,
    EVENTS,
    PARTICIPANTS,
    STATUSES,
    VISITS,
)
from pro_service.services.exports.columns.words import WORDS
from pro_service.services.exports.columns.work import ALERTS, CALLS, CORRECTIONS, MESSAGES

__all__ = ["EVERY_TABLE", "FREE_TEXT", "TABLES", "Block", "Cell", "Column", "Row", "Table"]

TABLES: Final[Mapping[str, Table]] = {
    one.name: one
    for one in (
        PARTICIPANTS,
        STATUSES,
        CONSENTS,
        EVENTS,
        OWN_EVENTS,
        VISITS,
        SITTINGS,
        ITEMS,
        SCORES,
        ENDPOINTS,
        MEASURES,
        ADPRO,
        ADHERENCE,
        ALERTS,
        CALLS,
        MESSAGES,
        DATA_QUERIES,
        CORRECTIONS,
        SIGNATURES,
        INSTRUMENTS,
        CODEBOOK,
    )
}
"""What an export has unless it is told otherwise."""
FREE_TEXT: Final = WORDS.name
"""The table that is in none that does not ask for it."""
EVERY_TABLE: Final[Mapping[str, Table]] = {**TABLES, FREE_TEXT: WORDS}
