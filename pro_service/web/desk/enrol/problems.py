"""What is wrong with rows to enrol, in the reader's language: row, column and the mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pro_service.services.visits.enrolment_cells import RowProblem
from pro_service.web.desk.words import Words


def problems_in_words(words: Words, problems: Sequence[RowProblem]) -> list[dict[str, Any]]:
    """Each problem with its row, its column, and one sentence that says what to do."""
    return [
        {
            "row": one.row,
            "column": one.column,
            "label": words.text(f"enrol.column.{one.column}"),
            "says": _sentence(words, one),
        }
        for one in problems
    ]


def _sentence(words: Words, one: RowProblem) -> str:
    for key in (f"enrol.problem.{one.column}.{one.why}", f"enrol.problem.{one.why}"):
        if words.has(key):
            return words.text(key, other=one.other, example=one.example)
    return words.text("enrol.problem.unreadable")
