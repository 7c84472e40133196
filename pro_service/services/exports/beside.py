"""Measures beside answers in one export: of a trial, once its reads of images are locked (R19)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.columns import FREE_TEXT
from pro_service.store.connection import Connection
from pro_service.store.desk.people import list_protocol_versions
from pro_service.store.measuring.locked import are_reads_locked

MEASURED: Final = frozenset({"measures"})
ANSWERED: Final = frozenset({"items", "scores", "endpoints", "corrections"})
"""Tables with what participants answered; `adpro` stacks what else is in the export."""


class ReadsOpenError(ProServiceError):
    """Measures would stand beside answers while images are still being read."""


async def demand_apart(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    tables: Collection[str],
    at: datetime,
) -> None:
    """Refuse an export of a trial that sets both beside each other too early, or words that may.

    The newest version of the protocol decides; `at` is the export's instant. Raises ReadsOpenError.
    """
    apart = MEASURED.isdisjoint(tables) or ANSWERED.isdisjoint(tables)
    if apart and FREE_TEXT not in tables:
        return
    versions = await list_protocol_versions(connection, study_id)
    if not versions:
        return
    protocol = await context.reader.protocol(connection, study_id, versions[0])
    measuring = protocol.coming.measures
    if measuring is None or measuring.beside_scores_after != "reads_locked":
        return
    if not await are_reads_locked(connection, study_id, at):
        raise ReadsOpenError(
            "Measures would stand beside answers, and the reads of images are not locked.",
            mend="Name --tables without measures, or without "
            f"{', '.join(sorted(ANSWERED))}, and no free text, which may tell of both; or lock the "
            "reads (`pro-service reads lock`).",
        )
