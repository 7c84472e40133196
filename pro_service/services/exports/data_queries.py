"""Questions about one participant's data, as rows of their own file. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.domain.study.data_queries import QueryState, QueryStep
from pro_service.services.exports.cells import as_instant
from pro_service.services.exports.rows import Row, Snapshot
from pro_service.store.exports.export import ExportedDataQuery, ExportedParticipant


def data_query_rows(
    snapshot: Snapshot, participant: ExportedParticipant, queries: Sequence[ExportedDataQuery]
) -> Iterator[Row]:
    """A row for each that had been raised; the words stay in the record, sealed."""
    for one in queries:
        yield {
            "database": snapshot.database,
            "study": snapshot.study,
            "participant": participant.code,
            "site": participant.site,
            "query": str(one.id),
            "visit": one.definition,
            "occurrence": one.occurrence,
            "instrument": one.instrument,
            "target": one.target,
            "item": one.item,
            "rule": one.rule,
            "state": _state(one.last_step),
            "raised_at": as_instant(one.recorded_at),
            "raised_by": one.actor,
            "answered_at": as_instant(one.answered_at),
            "answered_by": one.answered_by,
            "closed_at": as_instant(one.closed_at),
            "closed_by": one.closed_by,
            "steps": one.steps,
        }


def _state(last_step: str | None) -> QueryState:
    """Where a query stood after its last step."""
    if last_step == QueryStep.answered:
        return QueryState.answered
    return QueryState.closed if last_step == QueryStep.closed else QueryState.open
