"""Facts read lean lead to the same decision as facts read whole, or say that they do not do.

On the lived study: everybody, as they are and weeks ahead, when nudges are due that nobody sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.study.assessments import has_only_to_send, owes_answers, taken_over_by
from pro_service.domain.study.calls import SiteClock, calls_wanted, next_look
from pro_service.domain.study.facts import ParticipantFacts, VisitNotReadError
from pro_service.domain.study.follow_up.safety_floor import safety_floor
from pro_service.domain.study.follow_up.unwell import last_occurrence, open_checklist
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import judge
from pro_service.domain.study.respondents import SELF
from pro_service.domain.study.times import zone
from pro_service.services.answering import agenda, open_questions
from pro_service.services.answering.unwell import plan_unwell
from pro_service.services.base.calendars import working_days
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.questionnaire import read_questionnaire
from pro_service.services.pages.screens import Asking
from pro_service.services.pages.showing import NO_MEMORY
from tests.support.databases import clone, run
from tests.support.lived import old_context
from tests.support.study import ACTOR

DAYS: Final = (0, 2, 9, 40, 75)
"""How far study time is moved for the readings."""
ASSESSMENTS: Final = """
    SELECT array_agg(a.id ORDER BY a.id) FROM pro.assessments AS a
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    WHERE a.study_id = $1 AND a.participant_id = $2 AND v.superseded_at IS NULL
"""
T = TypeVar("T")


@dataclass(frozen=True)
class Read:
    """One participant, read both ways at one instant, with what a text had asked them."""

    context: ServiceContext
    protocol: Protocol
    whole: ParticipantFacts
    lean: ParticipantFacts
    asked: UUID
    answered: UUID


@pytest.fixture(scope="module")
def readings(server_url: str, lived_template: str) -> Iterator[list[Read]]:
    """Everybody, both ways, at each of the days."""
    with clone(server_url, lived_template) as url:
        yield run(read_everybody(url))


async def read_everybody(url: str) -> list[Read]:
    """Read as a superuser, who moves study time and puts it back."""
    found: list[Read] = []
    connection = await asyncpg.connect(url)
    try:
        for days in DAYS:
            moved = connection.transaction()
            await moved.start()
            ahead = "UPDATE pro.study_clock SET ahead = ahead + $1"
            await connection.execute(ahead, timedelta(days=days))
            found += await read_now(connection)
            await moved.rollback()
    finally:
        await connection.close()
    return found


async def read_now(connection: asyncpg.Connection) -> list[Read]:
    """Everybody at the present instant, which is one for all in a transaction."""
    context = old_context()
    found: list[Read] = []
    for row in await connection.fetch("SELECT study_id, id FROM pro.participants ORDER BY id"):
        reader = context.reader
        ids = await connection.fetchval(ASSESSMENTS, *row)
        chosen = ids[len(found) % len(ids)], ids[7 * len(found) % len(ids)]
        whole = await reader.facts(connection, *row, answers_of=chosen)
        lean = await reader.facts(connection, *row, answers_of=chosen, lean=True)
        version = whole.protocol_version_id
        protocol = await reader.protocol(connection, whole.study_id, version)
        found.append(Read(context, protocol, whole, lean, *chosen))
    return found


def same(read: Read, decide: Callable[[ParticipantFacts], T]) -> bool:
    """Whether lean facts did: then they led to the same; else they said that they do not."""
    expected = decide(read.whole)
    try:
        got = decide(read.lean)
    except VisitNotReadError:
        return False
    assert got == expected
    return True


def resting(facts: ParticipantFacts) -> set[UUID]:
    """The visits that were not read."""
    return {visit.id for visit in facts.visits if visit.at_rest is not None}


@given(data=st.data())
def test_lean_facts_lead_to_the_same_decisions(readings: list[Read], data: st.DataObject) -> None:
    read = data.draw(st.sampled_from(readings))
    messaging = read.protocol.messaging.model_copy(
        update={
            "minimum_gap_hours": data.draw(st.sampled_from([0, 24, 48, 49, 200])),
            "texts_a_day": data.draw(st.integers(1, 3)),
        }
    )
    protocol = read.protocol.model_copy(update={"messaging": messaging})
    context, now = read.context, read.whole.now
    visit = data.draw(st.sampled_from([one.id for one in read.whole.visits]))

    def of_visit(facts: ParticipantFacts) -> object:
        found = next(one for one in facts.visits if one.id == visit)
        return safety_floor(facts, protocol, found, now), owes_answers(found), found.window

    def asked(facts: ParticipantFacts) -> object:
        seen = taken_over_by(facts, SELF)
        return agenda(context, protocol, seen, asked=read.asked, just_answered=read.answered)

    def page(facts: ParticipantFacts) -> object:
        found = read_questionnaire(Asking(context, protocol, facts, NO_MEMORY), None)
        if found is None:
            return None
        coming = found.next_visit()
        told = found.closes_at, found.respondent, found.sent_at, found.finished
        return found.parts, told, None if coming is None else coming.id

    def questions(facts: ParticipantFacts) -> object:
        return open_questions(facts, protocol, "text"), open_questions(facts, protocol, "link")

    def unwell(facts: ParticipantFacts) -> object:
        opened = open_checklist(facts)
        planned = plan_unwell(facts, protocol, ACTOR).document
        return (
            opened and opened.id,
            last_occurrence(facts),
            len(planned.visits),
            planned.calls[0].reason,
        )

    def reminded(facts: ParticipantFacts) -> object:
        judged = judge(facts, protocol, now)
        due = [visit for visit in facts.visits if visit.id in judged.visits]
        return judged, has_only_to_send(due)

    def called(facts: ParticipantFacts) -> object:
        site = SiteClock(zone(facts.site.zone), working_days(facts.site.country))
        wanted = calls_wanted(facts, protocol, now, site.working_days)
        return wanted, next_look(facts, protocol, site)

    assert same(read, called)
    assert same(read, asked)
    assert same(read, page)
    assert same(read, questions)
    assert same(read, unwell)
    assert same(read, of_visit) or visit in resting(read.lean)
    assert same(read, reminded) or messaging.minimum_gap_hours > 48


def test_what_is_in_hand_is_read_as_it_is_whole(readings: list[Read]) -> None:
    due = rest = 0
    for read in readings:
        unread = resting(read.lean)
        for lean, whole in zip(read.lean.visits, read.whole.visits, strict=True):
            assert lean == whole or lean.id == whole.id in unread
            assert lean.owes_anything == whole.owes_anything
            assert lean.asks_anything == whole.asks_anything
            assert lean.nudges_due(read.lean.now) == whole.nudges_due(read.whole.now)
            due += len(whole.nudges_due(read.whole.now))
        rest += len(unread)
        without = {"visits"}
        assert read.lean.model_dump(exclude=without) == read.whole.model_dump(exclude=without)
    assert due > 5
    assert rest > 500
