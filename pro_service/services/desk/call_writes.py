"""What a call's outcome writes beside the call itself: the same writes as the commands'."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, ParticipantFacts, Status, StatusFacts
from pro_service.domain.study.pausing import (
    PausePlan,
    may_pause,
    plan_pause,
    resumes_at,
    status_of,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.call_outcomes import WhatFollows
from pro_service.domain.study.reaching.call_times import CallDayError
from pro_service.domain.study.statuses import lifts_withdrawal
from pro_service.domain.study.times import day_start, local_day, zone
from pro_service.services.answering import declining
from pro_service.services.base.turns import Write, writing
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.pausing import pause_until
from pro_service.services.texting import (
    open_address,
    opt_out_document,
    pause_write,
    wrong_number,
)
from pro_service.services.visits import News, plan_change
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import calls as store
from pro_service.store.desk.calls import DeclineWrite
from pro_service.store.pages import preferences
from pro_service.store.texting import lines, numbers
from pro_service.store.visits import schedule


class Heard(NamedTuple):
    """What was heard in a call."""

    call_id: UUID
    visit_id: UUID | None
    day: date | None
    rung: ContactFacts | None
    note: str
    """The reference to the words of whoever rang."""
    by_investigator: bool
    """Whether that was an investigator of the site."""


async def writes_of(
    hands: Hands,
    facts: ParticipantFacts,
    protocol: Protocol,
    follows: WhatFollows,
    heard: Heard,
) -> list[Write]:
    """What follows from a call, in the order in which it is written.

    Raises CallDayError, PauseDayError, PauseRefusedError, StatusRefusedError, EventRefusedError,
    NoLineError.
    """
    steps = list(_about_number(hands, follows, heard))
    if follows.opts_out:
        document = await opt_out_document(
            hands.clerk, hands.context, facts, hands.seat.actor, heard.note
        )
        steps.append(writing(lines.opt_out_line, document))
    if follows.declines and heard.visit_id is not None:
        declined, done = declining(facts, heard.visit_id)
        if declined:
            write = DeclineWrite(declined=declined, visits_done=done)
            steps.append(writing(store.decline_visit, write))
    news = _news(hands, facts, follows, heard)
    if news is not None:
        change = await plan_change(hands.clerk, facts, protocol, news)
        steps.append(writing(schedule.write_schedule, change.document))
        return steps
    return [*steps, *_resting(hands, facts, protocol, follows, heard)]


def _about_number(hands: Hands, follows: WhatFollows, heard: Heard) -> Iterator[Write]:
    """What the call tells of the number that was rung."""
    rung, actor = heard.rung, hands.seat.actor
    if rung is None:
        return
    if follows.not_theirs:

        async def rest(lent: Connection, guard: Guard) -> None:
            number = open_address(hands.context, rung)
            found = await wrong_number(lent, hands.context, guard.study_id, number, actor)
            await found.rest(lent, guard)

        yield rest
    elif not rung.confirmed:
        yield lambda lent, guard: numbers.confirm_contact(
            lent, guard, rung.id, actor=actor, outcome=heard.note
        )


def _news(hands: Hands, facts: ParticipantFacts, follows: WhatFollows, heard: Heard) -> News | None:
    """A withdrawal, or a death whose day is known. Raises CallDayError."""
    if follows.status is not None:
        # A call ends more than has ended, and never takes a withdrawal back.
        if lifts_withdrawal(status_of(facts), follows.status):
            return None
        by = heard.by_investigator
        return News(hands.seat.actor, heard.note, statuses=(follows.status,), by_investigator=by)
    if not follows.rests_until_said or heard.day is None:
        return None
    local = zone(facts.zone)
    if heard.day > local_day(facts.now, local):
        raise CallDayError
    death = NewEvent(EventKind.death, occurred_at=day_start(heard.day, local))
    return News(hands.seat.actor, heard.note, events=(death,))


def _resting(
    hands: Hands,
    facts: ParticipantFacts,
    protocol: Protocol,
    follows: WhatFollows,
    heard: Heard,
) -> Iterator[Write]:
    """The rest they asked for, or the silence a death asks for, where nothing has ended already."""
    if follows.rests_for is not None and heard.day is not None:
        plan = pause_until(facts, protocol, heard.day)
    elif not may_pause(status_of(facts)):
        return
    elif follows.rests_for is not None:
        plan = plan_pause(facts, protocol, resumes_at(facts, follows.rests_for.days))
    elif follows.rests_until_said:
        silent = StatusFacts(status=Status.paused, effective_at=facts.now)
        plan = PausePlan(statuses=(silent,), nudges=())
    else:
        return
    key = f"{facts.id}:call:{heard.call_id}"
    document = pause_write(plan, key, actor=hands.seat.actor, reason=heard.note)
    yield writing(preferences.record_choice, document)
