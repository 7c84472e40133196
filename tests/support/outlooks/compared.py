"""The desk's list and figures held to what the domain says, filter by filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product
from uuid import UUID

import asyncpg

from pro_service.domain.study.assessments import AssessmentState
from pro_service.services.desk.listing.grid import FIGURES
from pro_service.services.desk.listing.signs import FIGURE_SIGNS, STATE_SIGNS, states_in
from pro_service.store.desk import people
from pro_service.store.desk.people import Slice, Sought
from tests.support.outlooks.domain import Told, told

EVERYBODY = 100_000


async def compare(
    desk: asyncpg.Connection, study_id: UUID, items: Mapping[str, int], visits: tuple[str, ...]
) -> list[Told]:
    """Hold every filter, order, row and figure to the domain; returns what that says."""
    expected = await told(desk, study_id, items)
    await _rows(desk, study_id, items, expected)
    states = (None, *AssessmentState)
    asked = [
        *product(states, (None,), (None, *visits)),
        *product((None, AssessmentState.missed), FIGURES, (None, *visits)),
    ]
    for state, figure, visit in asked:
        sought = Sought(
            visit=visit,
            states=None if state is None else STATE_SIGNS[state],
            figure=FIGURE_SIGNS.get(figure or ""),
            enrolled=True if figure == "enrolled" else None,
            items=items,
        )
        wanted = [one.code for one in expected if one.is_found(state, figure, visit)]
        assert await _codes(desk, study_id, sought, "code") == wanted, (state, figure, visit)
    for status in {one.status for one in expected if one.status is not None}:
        wanted = [one.code for one in expected if one.status == status]
        assert await _codes(desk, study_id, Sought(status=status, items=items), "code") == wanted
    behind = {one.code: one.behind for one in expected}
    sorted_so = await _codes(desk, study_id, Sought(items=items), "behind")
    assert sorted(sorted_so) == sorted(behind)
    assert [behind[one] for one in sorted_so] == sorted(behind.values(), reverse=True)
    await _figures(desk, study_id, items, expected)
    return expected


async def _codes(desk: asyncpg.Connection, study_id: UUID, sought: Sought, order: str) -> list[str]:
    found = await people.find_people(desk, study_id, sought, Slice(order, 0, EVERYBODY))
    assert all((one.total, one.unknown) == (len(found), 0) for one in found)
    return [one.code for one in found]


async def _rows(
    desk: asyncpg.Connection, study_id: UUID, items: Mapping[str, int], expected: list[Told]
) -> None:
    seen = await people.list_visits_seen(desk, study_id, [one.id for one in expected], items)
    for one in expected:
        found = seen[one.id]
        assert found.status == one.status, one.code
        visits = Counter(
            (each.definition, each.occurrence, states_in(each.signs), each.asked, each.sent)
            for each in found.visits
        )
        assert visits == one.visits, one.code


async def _figures(
    desk: asyncpg.Connection, study_id: UUID, items: Mapping[str, int], expected: list[Told]
) -> None:
    counts = await people.count_figures(desk, study_id, None, items)
    by_visit = {
        (one.definition, one.site_id): (
            one.expected_and_closed,
            one.completed_in_window,
            one.helped,
            one.unsent,
            one.scorable,
        )
        for one in counts
        if one.definition is not None
        and one.expected_and_closed + one.completed_in_window + one.unsent + one.scorable
    }
    outcomes = [(one.site_id, each) for one in expected for each in one.outcomes]
    wanted = {}
    for key in {(each.definition, site) for site, each in outcomes}:
        here = [each for site, each in outcomes if (each.definition, site) == key]
        found = (
            sum(one.is_expected_and_closed for one in here),
            sum(one.is_completed_in_window for one in here),
            sum(one.is_completed_with_help for one in here),
            sum(one.is_answered_unsent for one in here),
            sum(one.is_scorable for one in here),
        )
        if any(found):
            wanted[key] = found
    assert by_visit == wanted
    enrolled = {one.site_id: one.enrolled for one in counts if one.definition is None}
    assert enrolled == {
        site: sum(one.enrolled for one in expected if one.site_id == site)
        for site in {one.site_id for one in expected}
    }
