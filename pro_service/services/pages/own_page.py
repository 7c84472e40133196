"""A participant's own page: what is open, what comes, what was answered, and what they chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, NamedTuple

from pro_service.domain.delivery.channels import AskingWay
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.nudges import nudge_hour
from pro_service.domain.study.pausing import paused_until, status_of
from pro_service.domain.study.protocol import Protocol, VisitDefinition
from pro_service.domain.study.times import day_start, local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.entrance import Admission, find_guest
from pro_service.services.pages.questionnaire import (
    Questionnaire,
    find_next_visit,
    has_agreed,
    read_admitted,
)
from pro_service.services.texting import reached_by, ways_to
from pro_service.store.connection import Connection

MOST_SHOWN: Final = 24
"""Past visits listed, newest first: two years of monthly questions."""


class Done(NamedTuple):
    """A visit whose questions were sent in, and when (study time)."""

    definition: VisitDefinition | None
    submitted_at: datetime


@dataclass(frozen=True)
class OwnPage:
    """Everything the page shows, read at one revision."""

    facts: ParticipantFacts
    protocol: Protocol
    admission: Admission
    questionnaire: Questionnaire | None
    """What is open, None or without parts if nothing is."""
    way: AskingWay
    """How the participant is asked now."""
    ways: tuple[AskingWay, ...]
    """The ways to choose from; with fewer than two there is nothing to choose."""

    @property
    def open_count(self) -> int:
        """How many questions still want an answer."""
        if self.questionnaire is None:
            return 0
        return self.questionnaire.unsettled_count

    @property
    def next_day(self) -> date | None:
        """When the next questions come: with their first text where one is planned, which may be
        days before the day they are aimed at.
        """
        coming = find_next_visit(self.facts)
        if coming is None:
            return None
        due = [one.due_at for one in coming.reminders if one.ended_at is None]
        return local_day(min(due), zone(self.facts.zone)) if due else coming.target_on

    @property
    def has_agreed(self) -> bool:
        """Whether they agreed to texts."""
        return has_agreed(self.facts)

    @property
    def next_nudge_at(self) -> datetime | None:
        """When the next text is planned, or None; one that falls into a pause will not go, nor any
        to who has not agreed.
        """
        if not self.has_agreed:
            return None
        until = self.paused_until
        free_from = None if until is None else day_start(until, zone(self.facts.zone))
        due = [
            reminder.due_at
            for visit in self.facts.visits
            for reminder in visit.reminders
            if reminder.ended_at is None and (free_from is None or reminder.due_at >= free_from)
        ]
        return min(due, default=None)

    @property
    def done(self) -> tuple[Done, ...]:
        """What was sent in, newest first; a visit counts when the last of it was."""
        found = []
        for visit in self.facts.visits:
            sent = [one.submitted_at for one in visit.assessments if one.submitted_at is not None]
            if sent:
                found.append(Done(self.protocol.find(visit.definition), max(sent)))
        found.sort(key=lambda one: one.submitted_at, reverse=True)
        return tuple(found[:MOST_SHOWN])

    @property
    def hour(self) -> time:
        """The hour reminders come at (local)."""
        return nudge_hour(self.protocol.messaging, self.facts.nudge_at)

    @property
    def paused_until(self) -> date | None:
        """The first day after a pause, in the participant's zone; None if there is no pause."""
        return paused_until(self.facts)

    @property
    def status(self) -> Status | None:
        """Where the participant stands now."""
        return status_of(self.facts)


async def open_own_page(
    connection: Connection, context: ServiceContext, cookie: str
) -> OwnPage | None:
    """The page a cookie leads to; None if it leads nowhere, or the participant left the study.

    None as well for a tablet that was handed over: it shows no own page (R12).

    Whether the second factor was given is for the caller to look at (`admission.admits`).
    """
    guest = await find_guest(connection, context, cookie)
    if guest is None or guest.admission.handed is not None:
        return None
    admission, facts, protocol = guest
    return OwnPage(
        facts=facts,
        protocol=protocol,
        admission=admission,
        questionnaire=read_admitted(context, guest),
        way=reached_by(context, facts),
        ways=ways_to(context, facts),
    )
