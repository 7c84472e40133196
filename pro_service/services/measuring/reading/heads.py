"""The columns of a file, by name: none that is not known, none twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pro_service.domain.tables.characters import visible
from pro_service.domain.tables.heads import fold_head, head_problems, known_heads
from pro_service.tables import Table, TableFileError


def rows_by_column(
    table: Table, columns: Mapping[str, Sequence[str]], needed: Sequence[str], why: str
) -> list[tuple[int, dict[str, str]]]:
    """Each row that is not empty with its number, cells by column; `why` no others are taken.

    Raises TableFileError, naming every column that is missing, not known or twice there.
    """
    known = known_heads(columns)
    found = [known.get(fold_head(head)) for head in table.heads]
    unknown = [
        visible(head)[:40] or f"without a head (column {place + 1})"
        for place, head in enumerate(table.heads)
        if found[place] is None
    ]
    missing = [name for name in needed if name not in found]
    said = [f"{table.name} lacks the column(s) {', '.join(missing)}."] if missing else []
    said += [f"{table.name} has the column(s) {', '.join(unknown)}: {why}"] if unknown else []
    said += head_problems(table.heads, found)
    if said:
        raise TableFileError(*said, mend=f"Its columns: {', '.join(columns)}.")
    return [
        (
            row.number,
            {name: visible(cell) for name, cell in zip(found, row.cells, strict=True) if name},
        )
        for row in table.rows
        if any(visible(cell) for cell in row.cells)
    ]
