"""The end of a study (R24): nobody is asked or written to any more, and nobody is enrolled.

Whoever still takes part gets the status `completed`, each in their own turn: nudges end, calls
about visits close, and the journal keeps it, so that no restore lets texts go again. It does not
begin while safety follow-up runs for anybody, an urgent alert is open or a text waits to be read.
A closing that was broken off is run again: it goes on with who is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.follow_up.safety_floor import safety_runs
from pro_service.domain.study.statuses import RULES, standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Who
from pro_service.services.visits.events import record_status
from pro_service.store.connection import Connection, StudyClosedError
from pro_service.store.visits import study_end as store
from pro_service.store.visits.study_end import OpenMatter, PersonAtSite

_CHUNK: Final = 100
NAMED: Final = 20


class StudyOpenError(ProServiceError):
    """The study cannot be closed yet; nothing was changed."""


class ClosingLook(NamedTuple):
    """What closing a study meets; nothing is changed."""

    people: Sequence[PersonAtSite]
    going_on: Sequence[PersonAtSite]
    """Who takes part still, and would be completed."""
    open: Sequence[OpenMatter]
    """What hinders it."""


async def look_at_closing(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> ClosingLook:
    """Who takes part still, and what hinders the closing. Raises StudyClosedError."""
    closed = await store.find_closing(connection, study_id)
    if closed is not None:
        raise StudyClosedError(
            f"The study was closed on {closed.recorded_at:%Y-%m-%d} by {closed.actor};"
            f" SHA-256 of what was handed over: {closed.sums_sha256}."
        )
    people = await store.list_people_by_site(connection, study_id)
    matters = await store.list_open_matters(connection, study_id)
    going_on = []
    for start in range(0, len(people), _CHUNK):
        chunk = people[start : start + _CHUNK]
        read = await context.reader.facts_of_many(connection, [(study_id, one.id) for one in chunk])
        for one in chunk:
            facts = read[study_id, one.id]
            protocol = await context.reader.protocol(
                connection, study_id, facts.protocol_version_id
            )
            if safety_runs(facts, protocol, facts.now):
                matters.append(OpenMatter(one.code, "safety"))
            if takes_part(facts):
                going_on.append(one)
    return ClosingLook(people, going_on, matters)


def takes_part(facts: ParticipantFacts) -> bool:
    """Whether anything is asked, sent or awaited of somebody; never of who was erased."""
    where = standing(facts.statuses, facts.now, facts.events).status
    if facts.data_key is None:
        return False
    if where is None:
        return True
    rule = RULES[where]
    return not (rule.stops_messages and rule.stops_asking and rule.stops_visits)


def demand_closable(look: ClosingLook) -> None:
    """Refuse a closing that something hinders, by name. Raises StudyOpenError."""
    if not look.open:
        return
    named = "; ".join(_said(look.open[:NAMED]))
    more = len(look.open) - NAMED
    others = f"; and {more} more" if more > 0 else ""
    raise StudyOpenError(
        f"The study cannot be closed yet: {named}{others}.",
        mend="Close the alerts, read the texts, and let safety follow-up end or be ended.",
    )


def _said(matters: Sequence[OpenMatter]) -> Iterator[str]:
    words = {
        "alert": "an urgent alert is not closed",
        "text": "a text waits to be read",
        "safety": "safety follow-up runs",
    }
    for one in matters:
        yield f"{one.code or 'nobody in particular'}: {words[one.what]}"


async def complete_everybody(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    look: ClosingLook,
    said: tuple[str, str],
) -> None:
    """Let everybody who takes part still have completed; `said` is by whom and why.

    Raises StatusRefusedError, BusyError.
    """
    actor, reason = said
    for one in look.going_on:
        who = Who(connection, context, study_id, one.id)
        await record_status(who, Status.completed, actor=actor, reason=reason)


async def keep_closing(
    connection: Connection, study_id: UUID, handed: tuple[str, int], said: tuple[str, str]
) -> None:
    """Keep that it is closed: the hash of what was handed over, and of how many; by whom and why.

    Raises DuplicateError.
    """
    await store.insert_closing(connection, study_id, handed, said)
