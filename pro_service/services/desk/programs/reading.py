"""One participant as a program reads them: what the desk's page of them shows its seat, no more.

What is handed to a program is processed somewhere else; of somebody restricted nothing is (R17).
"""

from __future__ import annotations

from collections.abc import Sequence

from pro_service.domain.measures.values import Measured
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.charting.measured import read_measured
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.seat import NotAllowedError, at_desk
from pro_service.services.desk.timeline import (
    Timeline,
    TimelineFacts,
    derive_timeline,
    read_timeline,
)


async def read_participant(hands: Hands, code: str) -> Timeline:
    """One participant with states derived. Raises NotHereError, RestrictedError."""
    return derive_timeline(hands.context, await _read(hands, code))


async def read_scored(hands: Hands, code: str) -> Timeline:
    """The same where scores are open to the seat. Raises NotAllowedError as well."""
    timeline = await read_participant(hands, code)
    if not timeline.document.may_read_scores:
        raise NotAllowedError(
            "The protocol shows scores to none of this program's roles here.",
            mend="Its `scores_visible_to` says to whom.",
        )
    return timeline


async def read_values(hands: Hands, code: str) -> Sequence[Measured]:
    """The values that stand of a participant's measures, where they are open to the seat.

    Raises NotHereError, RestrictedError, NotAllowedError.
    """
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, hands.context, hands.seat.study_id, code)
        _demand_open(facts)
        found = await read_measured(connection, hands.seat, facts)
    if found is None and facts.protocol.coming.measures is not None:
        raise NotAllowedError(
            "The protocol shows measures to none of this program's roles here, or not beside"
            " scores before the reads are locked.",
            mend="Its `measures` section says to whom, and when.",
        )
    return found or ()


async def _read(hands: Hands, code: str) -> TimelineFacts:
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        facts = await read_timeline(connection, hands.context, hands.seat.study_id, code)
    _demand_open(facts)
    return facts


def _demand_open(facts: TimelineFacts) -> None:
    if facts.document.restricted:
        raise RestrictedError(
            "This participant is restricted: nothing of their record goes to a program.",
            mend="An investigator lifts the restriction at the desk.",
        )
