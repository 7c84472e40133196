"""Enrolment at the desk: the file's own reader and rules, at one's own sites, looked at first.

What is shown before it is confirmed is what would be written: the same rows are checked and planned
again, and then stored as the clerk in one transaction, all of them or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.person.sent_forms import keep_said, said_of_copy, sent_form
from pro_service.services.desk.seat import at_clerk, at_desk
from pro_service.services.visits import (
    CheckedRows,
    Fence,
    PlannedEnrolment,
    check_rows,
    plan_enrolment,
)
from pro_service.store.base import participants
from pro_service.store.connection import DuplicateError, Guard
from pro_service.store.desk import desk, person
from pro_service.store.desk.desk import DeskSite
from pro_service.store.visits import schedule

MOST_ROWS: Final = 100
"""Rows of one file at the desk; a longer one is the operator's."""
Cells = Sequence[tuple[int, Mapping[str, str]]]
"""Rows of the file by their number, each cell by its column."""


class TooManyRowsError(ProServiceError):
    """The file has more rows than are enrolled at the desk at once."""


class NobodyToEnrolError(ProServiceError):
    """The file has no rows."""


class LookedAt(NamedTuple):
    """Rows without a mistake, and what enrolling them would write."""

    checked: CheckedRows
    planned: Sequence[PlannedEnrolment]


async def list_sites(hands: Hands) -> list[DeskSite]:
    """The sites at which this seat may enrol."""
    async with at_desk(hands.desk, hands.seat) as connection:
        sites = await desk.list_desk_sites(connection, hands.seat.study_id)
    return [site for site in sites if hands.seat.may(Action.enrol, site.id)]


async def fence_of(hands: Hands) -> Fence:
    """Where this seat may enrol, and whose codes it may read.

    Of others no code is said, not even one that looks alike.
    """
    sites = frozenset(site.code for site in await list_sites(hands))
    async with at_desk(hands.desk, hands.seat) as connection:
        return Fence(sites, await participants.list_codes(connection, hands.seat.study_id))


async def look_at_rows(hands: Hands, cells: Cells, *, reason: str | None) -> LookedAt:
    """Check rows and plan what they would write; nothing is written.

    Raises EnrolmentRefusedError with every mistake, TooManyRowsError, NobodyToEnrolError.
    """
    if not cells:
        raise NobodyToEnrolError
    if len(cells) > MOST_ROWS:
        raise TooManyRowsError
    study_id, pool = hands.seat.study_id, hands.clerk
    fence = await fence_of(hands)
    checked = await check_rows(pool, hands.context, study_id, cells, reason=reason, fence=fence)
    actor = hands.seat.actor
    return LookedAt(checked, await plan_enrolment(pool, hands.context, checked, actor=actor))


async def enrol_rows(
    hands: Hands, cells: Cells, *, reason: str | None, key: str
) -> tuple[str, ...]:
    """Enrol rows, all or none, once for a form's key; the codes of those enrolled.

    Raises what `look_at_rows` does; FormReusedError for other rows under a key that was used.
    """
    study_id, web_key = hands.seat.study_id, f"desk:enrol:{key}"
    codes = tuple(one.get("code", "").strip() for _, one in cells)
    form = sent_form(hands.seat, key, _content(cells, reason))
    if await said_of_copy(hands.clerk, study_id, web_key, form) is not None:
        return codes
    found = await look_at_rows(hands, cells, reason=reason)
    writes = [one.write for one in found.planned]
    try:
        async with at_clerk(hands.clerk, hands.seat, Action.enrol) as connection:
            await hands.context.keys.ensure_study_key(connection, study_id)
            await schedule.insert_participants(connection, study_id, writes)
            guard = Guard(study_id, writes[0].participant.id, 1)
            await person.keep_form_key(connection, guard, web_key)
            await keep_said(connection, guard, web_key, form, "enrolled")
    except DuplicateError:
        if await said_of_copy(hands.clerk, study_id, web_key, form) is not None:
            return codes  # A copy of the form was quicker.
        # Somebody of one of these codes was enrolled meanwhile: the check says so.
        await look_at_rows(hands, cells, reason=reason)
        raise
    return tuple(one.row.code for one in found.planned)


def _content(cells: Cells, reason: str | None) -> list[tuple[str, str]]:
    """What a form to enrol holds, cell by cell."""
    held = [(f"{number}:{name}", cell) for number, row in cells for name, cell in row.items()]
    return [*held, ("reason", reason or "")]
