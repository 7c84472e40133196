"""An enrolment file's columns, whatever language and spelling their heads have."""

from __future__ import annotations

from collections.abc import Mapping

from pro_service.domain.tables.characters import visible
from pro_service.domain.tables.heads import (
    ENROLMENT_HEADS,
    fold_head,
    head_problems,
    known_heads,
)
from pro_service.services.visits.enrolment_cells import COLUMNS
from pro_service.tables import Table, TableFileError


def enrolment_rows_of(table: Table) -> list[tuple[int, Mapping[str, str]]]:
    """Each row that is not empty, with its number and its cells by column.

    Raises TableFileError for a column that lacks, stands twice or is not known.
    """
    known = known_heads(ENROLMENT_HEADS)
    columns = [known.get(fold_head(head)) for head in table.heads]
    filled = [any(visible(row.cells[place]) for row in table.rows) for place in range(len(columns))]
    unknown = [
        visible(head)[:40] or f"without a head (column {place + 1})"
        for place, head in enumerate(table.heads)
        if columns[place] is None and (visible(head) or filled[place])
    ]
    missing = [name for name in COLUMNS if name not in columns]
    said = [f"lacks the column(s) {', '.join(missing)}"] if missing else []
    said += [f"has unknown column(s) {', '.join(unknown)}"] if unknown else []
    doubled = head_problems(table.heads, columns)
    if said or doubled:
        heads = [f"{table.name} {' and '.join(said)}; it was read as {table.form}."] if said else []
        raise TableFileError(
            " ".join([*heads, *doubled]), mend=f"Its columns: {', '.join(ENROLMENT_HEADS)}."
        )
    return [
        (
            row.number,
            {name: cell for name, cell in zip(columns, row.cells, strict=True) if name is not None},
        )
        for row in table.rows
        if any(visible(cell) for cell in row.cells)
    ]
