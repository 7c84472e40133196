"""The list and the figures as their templates need them; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import Status
from pro_service.services.desk.listing.chosen import MOST_CHOSEN
from pro_service.services.desk.listing.figures import Figures
from pro_service.services.desk.listing.grid import SORTED, Cell, Grid, GridQuery, GridRow
from pro_service.web.desk.participants.asked import CSV_PATH, address_of, filters_of, is_narrowed
from pro_service.web.desk.states import legend, state_values
from pro_service.web.desk.words import Words


def grid_values(words: Words, grid: Grid, query: GridQuery) -> dict[str, Any]:
    """Rows, filters and pages of `participants.html`."""
    shown = columns_of(words, grid, query)
    return {
        "query": query,
        "narrowed": is_narrowed(query),
        "legend": legend(words),
        "states": list(AssessmentState),
        "statuses": list(Status),
        "orders": SORTED,
        "definitions": shown,
        "all_definitions": {one: words.chosen(label) for one, label in grid.definitions.items()},
        "rows": [
            {
                "code": row.code,
                "site": row.site,
                "status": status_word(words, row.status),
                "behind": row.behind,
                "cells": [_cells(words, row.cells.get(one, ())) for one in shown],
            }
            for row in grid.rows
        ],
        "found": grid.found,
        "unknown": grid.unknown,
        "page": grid.page,
        "pages": grid.pages,
        "previous": address_of(query._replace(page=grid.page - 1)) if grid.page > 1 else None,
        "next": address_of(query._replace(page=grid.page + 1)) if grid.page < grid.pages else None,
        "most": MOST_CHOSEN,
        "asked_for": filters_of(query),
        "csv": address_of(query._replace(page=1), CSV_PATH),
        "figure_words": None if query.figure is None else words.text(f"figure.rows.{query.figure}"),
    }


def columns_of(words: Words, grid: Grid, query: GridQuery) -> dict[str, str]:
    """The visits that have a column: those somebody shown has, and that are asked for."""
    present = {each for row in grid.rows for each in row.cells}
    return {
        definition: words.chosen(label)
        for definition, label in grid.definitions.items()
        if definition in present and query.visit in (None, definition)
    }


def status_word(words: Words, status: str | None) -> str:
    """Where a participant stands, in words."""
    return words.text("status.none") if status is None else words.word("status", status)


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


def csv_rows(words: Words, rows: Sequence[GridRow], columns: Sequence[str]) -> list[list[str]]:
    """Rows of the list as a table that goes out: a column a visit, its state in words."""
    return [
        [
            row.code,
            row.site.code,
            status_word(words, row.status),
            str(row.behind),
            *("; ".join(_said(words, one) for one in row.cells.get(name, ())) for name in columns),
        ]
        for row in rows
    ]


def csv_head(words: Words, columns: dict[str, str]) -> list[str]:
    """The first row of that table."""
    fixed = [words.text(f"col.{one}") for one in ("participant", "site", "status", "behind")]
    return [*fixed, *columns.values()]


def _said(words: Words, cell: Cell) -> str:
    word = words.text(f"state.{cell.state.value}")
    if cell.completed in (0, cell.asked):
        return word
    return f"{word} ({words.text('cell.of', done=cell.completed, asked=cell.asked)})"


def figure_values(words: Words, found: Figures) -> list[dict[str, Any]]:
    """Both figures of every visit at every site; each number leads to the rows behind it."""
    rows = []
    for one in found.figures:
        # Where no window has closed and nothing is scored, there is nothing to count yet.
        if not one.scorable and not one.expected_and_closed:
            continue
        behind = GridQuery(site=one.site, visit=one.definition)
        rows.append(
            {
                "visit": words.chosen(found.definitions[one.definition]),
                "site": one.site,
                "completed": one.completed_in_window,
                "expected": one.expected_and_closed,
                "completion": words.share(one.completed_in_window, one.expected_and_closed),
                "helped": words.text("figure.helped", count=one.helped) if one.helped else None,
                "alone": words.share(one.by_themselves, one.expected_and_closed),
                "unsent": one.unsent,
                "scorable": one.scorable,
                "enrolled": one.enrolled,
                "available": words.share(one.scorable, one.enrolled),
                "to_completed": address_of(behind._replace(figure="completed_in_window")),
                "to_expected": address_of(behind._replace(figure="expected_and_closed")),
                "to_unsent": address_of(behind._replace(figure="unsent")),
                "to_scorable": address_of(behind._replace(figure="scorable")),
                "to_enrolled": address_of(behind._replace(figure="enrolled")),
            }
        )
    return rows
