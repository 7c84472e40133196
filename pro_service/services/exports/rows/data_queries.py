"""Questions about one participant's data, as rows of their own table. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.domain.study.querying.data_queries import QueryState, QueryStep
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import Person
from pro_service.store.exports.export import ExportedDataQuery


def data_query_rows(person: Person, queries: Sequence[ExportedDataQuery]) -> Iterator[Row]:
    """A row for each that had been raised; the words stay in the record, sealed."""
    for one in queries:
        yield (
            *person.cells,
            *(str(one.id), one.definition, one.occurrence, one.instrument, one.target, one.item),
            *(one.rule, str(_state(one.last_step)), one.recorded_at, one.actor),
            *(one.answered_at, one.answered_by, one.closed_at, one.closed_by, one.steps),
        )


def _state(last_step: str | None) -> QueryState:
    """Where a query stood after its last step."""
    if last_step == QueryStep.answered:
        return QueryState.answered
    return QueryState.closed if last_step == QueryStep.closed else QueryState.open
