"""Sittings of an earlier study as an export reads them, at one instant (study time)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.study.facts import Target
from pro_service.domain.study.respondents import RespondentKind
from pro_service.store.exports.export import Whose
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("exports/history")


class ExportedPast(NamedTuple):
    """A sitting of an earlier study, with its scores and where it came from."""

    participant_id: UUID
    id: UUID
    revision: int
    number: int
    instrument: str
    instrument_version: str
    instrument_sha256: str
    target: Target
    answered_on: date
    respondent: RespondentKind
    respondent_relation: str | None
    answers: dict[str, Any]
    """Values by item, as JSON keeps them."""
    file_sha256: str
    source_row: int
    recorded_at: datetime
    actor: str
    scores: list[dict[str, Any]]
    """Documents of scales; figures are texts."""


async def stream_exported_history(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedPast]:
    """The sittings of an earlier study of these participants."""
    return await Stream.open(connection, _SQL["list_exported_history"], ExportedPast, *whose)
