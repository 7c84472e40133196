"""The grid and the figures as their template needs them; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from pro_service.domain.study.assessments import AssessmentState
from pro_service.services.desk.grid import Cell, Grid, GridQuery
from pro_service.web.desk.states import legend, state_values
from pro_service.web.desk.words import Words

PATH: Final = "/desk/participants"


def grid_values(words: Words, grid: Grid, query: GridQuery) -> dict[str, Any]:
    """Rows, pages and figures of `participants.html`."""
    present = {each for row in grid.rows for each in row.cells}
    shown = {
        definition: words.chosen(label)
        for definition, label in grid.definitions.items()
        if definition in present and query.visit in (None, definition)
    }
    return {
        "legend": legend(words),
        "states": list(AssessmentState),
        "definitions": shown,
        "all_definitions": {one: words.chosen(label) for one, label in grid.definitions.items()},
        "rows": [
            {
                "code": row.code,
                "site": row.site,
                "status": words.text("status.none")
                if row.status is None
                else words.word("status", row.status),
                "cells": [_cells(words, row.cells.get(one, ())) for one in shown],
            }
            for row in grid.rows
        ],
        "found": grid.found,
        "page": grid.page,
        "pages": grid.pages,
        "previous": _address(query, page=grid.page - 1) if grid.page > 1 else None,
        "next": _address(query, page=grid.page + 1) if grid.page < grid.pages else None,
        "counted": grid.counted,
        "figures": _figures(words, grid, query),
        "figure_words": None if query.figure is None else words.text(f"figure.rows.{query.figure}"),
    }


def _cells(words: Words, cells: Sequence[Cell]) -> list[dict[str, Any]]:
    return [
        {
            **state_values(words, cell.state),
            "of": None
            if cell.completed in (0, cell.asked)
            else words.text("cell.of", done=cell.completed, asked=cell.asked),
            "anchor": f"{cell.definition}-{cell.occurrence}",
        }
        for cell in cells
    ]


def _figures(words: Words, grid: Grid, query: GridQuery) -> list[dict[str, Any]]:
    """Both figures of every visit at every site; each number leads to the rows behind it."""
    rows = []
    for one in grid.figures:
        # Where no window has closed and nothing is scored, there is nothing to count yet.
        if not one.scorable and not one.expected_and_closed:
            continue

        def link(figure: str, site: str = one.site, visit: str = one.definition) -> str:
            asked = {"site": site, "visit": visit, "figure": figure}
            return f"{PATH}?{urlencode(asked)}"

        rows.append(
            {
                "visit": words.chosen(grid.definitions[one.definition]),
                "site": one.site,
                "completed": one.completed_in_window,
                "expected": one.expected_and_closed,
                "completion": words.share(one.completed_in_window, one.expected_and_closed),
                "unsent": one.unsent,
                "scorable": one.scorable,
                "enrolled": one.enrolled,
                "available": words.share(one.scorable, one.enrolled),
                "to_completed": link("completed_in_window"),
                "to_expected": link("expected_and_closed"),
                "to_unsent": link("unsent"),
                "to_scorable": link("scorable"),
                "to_enrolled": link("enrolled"),
            }
        )
    return rows


def _address(query: GridQuery, *, page: int) -> str:
    given = {
        "site": query.site,
        "code": query.code,
        "state": query.state,
        "visit": query.visit,
        "figure": query.figure,
        "page": page,
    }
    return f"{PATH}?{urlencode({k: v for k, v in given.items() if v is not None})}"
