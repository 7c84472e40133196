"""Answers told by telephone or on paper: kept as they are typed, and sent in when they say so.

What is typed goes the way of every answer (`services.answering`): the same checks, alerts at once,
the same scores. Found under row-level security, decided from whole facts, written as the clerk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import GivenAnswer, find_assessment
from pro_service.services.base.turns import Plan, Who, turn
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.entering.heads import (
    EntryHead,
    NothingTypedError,
    check_head,
    demand_entering,
    find_who,
    head_of,
    own_entry,
)
from pro_service.services.desk.entering.typing import EntryTyping
from pro_service.services.desk.seat import NotHereError
from pro_service.store.answering import answers as store
from pro_service.store.desk import entry as entries
from pro_service.store.desk.entry import EntryRow


class SentEntry(NamedTuple):
    """An entry that was sent in, and the visit it is of."""

    entry: EntryRow
    visit_id: UUID


class KeptEntry(NamedTuple):
    """What became of answers: the sitting they are in."""

    sitting_id: UUID
    alarmed: bool
    """What was typed met an urgent rule."""


async def keep_answers(
    hands: Hands,
    code: str,
    into: EntryHead | UUID,
    given: Sequence[GivenAnswer],
    *,
    key: str,
) -> KeptEntry:
    """Keep what was typed, in the entry named or in one that begins; a second copy changes nothing.

    Raises NotHereError, NotAllowedError, EntryRefusedError, EntryWordsError, NothingTypedError,
    AnswerRangeError, KeyGoneError.
    """
    who, place = await find_who(hands, code)
    if not given:
        raise NothingTypedError

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[KeptEntry]:
        await demand_entering(hands, place, facts, protocol)
        row = await own_entry(hands, who, into) if isinstance(into, UUID) else None
        head = head_of(row) if row is not None else into
        if not isinstance(head, EntryHead):
            raise NotHereError
        web_key = f"{facts.id}:desk-entry:{key}"
        if await store.find_web_write(who.connection, facts.study_id, web_key):
            return Plan(KeptEntry(await _sitting_of(hands, who, row, head), alarmed=False))
        if row is None:
            check_head(facts, protocol, head)
        typed = EntryTyping(hands, protocol, facts, head, row)
        answers = [one for one in given if one.assessment_id == head.assessment_id]
        plan = await typed.plan(who, answers)
        plan.document.web_key = web_key
        sitting_id = row.id if row is not None else plan.document.attempts[0].id
        alarmed = any(alert.severity == "urgent" for alert in plan.alerts)
        return Plan(KeptEntry(sitting_id, alarmed), typed.write(plan))

    return await turn(who, decide)


async def send_entry(
    hands: Hands, code: str, sitting_id: UUID, *, left_open: frozenset[str], key: str
) -> SentEntry:
    """Send in an entry, since they have answered all they will; `left_open` are items without one.

    Raises NotHereError, NotAllowedError, KeyGoneError, EntryRefusedError; StillOpenError where
    other questions are open than the page named, or one may not be left so.
    """
    who, place = await find_who(hands, code)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[SentEntry]:
        await demand_entering(hands, place, facts, protocol)
        row = await own_entry(hands, who, sitting_id, sent_too=True)
        visit, _ = find_assessment(facts, row.assessment_id)
        sent = SentEntry(row, visit.id)
        web_key = f"{facts.id}:desk-entry:{key}"
        if await store.find_web_write(who.connection, facts.study_id, web_key):
            return Plan(sent)
        typed = EntryTyping(hands, protocol, facts, head_of(row), row)
        gaps = typed.gaps(left_open)
        plan = await typed.plan(who, gaps, submit=True)
        plan.document.web_key = web_key
        return Plan(sent, typed.write(plan))

    return await turn(who, decide)


async def _sitting_of(hands: Hands, who: Who, row: EntryRow | None, head: EntryHead) -> UUID:
    """The sitting that a copy of a form was kept in."""
    if row is not None:
        return row.id
    open_ones = await entries.list_open_entries(
        who.connection, who.study_id, who.participant_id, hands.seat.actor
    )
    for one in open_ones:
        if one.assessment_id == head.assessment_id:
            return one.id
    raise NotHereError
