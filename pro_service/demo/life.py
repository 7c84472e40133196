"""The lived history: study time goes from one due instant to the next, and everybody acts."""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from pro_service.demo.habits import (
    AT_THE_SITE,
    AT_THE_SITE_AT,
    injection_at,
    sits_down_at,
)
from pro_service.demo.measuring.exams import FOLLOW_UPS, appointment
from pro_service.demo.participant import Participant
from pro_service.demo.personas import FIRST_DAY, Kind
from pro_service.demo.provider.fake import ProviderFake
from pro_service.demo.staff import AT_THE_DESK, RUNG_AFTER, Staff
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.times import ONE_DAY, local_day, local_instant, zone
from pro_service.jobs import Worker
from pro_service.messaging.gateway import OutboundText
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Who
from pro_service.services.visits.events import record_event
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.demo import demo
from pro_service.store.texting import reminders

STARTS_AT: Final = datetime.combine(FIRST_DAY, time(2), UTC)
ACTOR: Final = "demo:coordinator"
AT_ONCE: Final = 6
"""Phones in use side by side."""
CALL_CHECK: Final = time(18, 41)
"""When visits are closed and call lists are brought up to date, once a day, by the first site's
clock."""
SEALED_AT: Final = time(18, 43)
"""When what was written since the week before is sealed, in the first site's zone."""
WEEK: Final = timedelta(days=7)
SIZES_LEARNT: Final = tuple(timedelta(days=days, hours=1) for days in (1, 5, 15, 45))
"""When tables are counted anew. Months pass before the server would do so by itself; planned for
empty tables, a look at a dozen participants took a quarter of a second in the end."""
SLIPS_BY: Final = timedelta(days=5)
MOVED_BEFORE: Final = timedelta(days=2)
DIES_AFTER: Final = timedelta(days=25, hours=3)
MOST_ROUNDS: Final = 20

Deed = Callable[[], Awaitable[None]]
LinkOf = Callable[[UUID], Awaitable[str | None]]
"""The address of what a participant may answer on a page now, if anything."""


class StuckError(ProServiceError):
    """A reminder stays due whatever is done."""


@dataclass(order=True)
class _Entry:
    """Something that will be done; ties are settled by participant, then by order of planning."""

    at: datetime
    number: int
    place: int
    deed: Deed = field(compare=False)
    phone: str = field(compare=False, default="")
    """What may not be done side by side; empty: nothing may."""
    is_look: bool = field(compare=False, default=False)
    """Staff look at their lists: left out where nothing waits there."""


class Life:
    """One run: moves the clock, lets the worker settle, and lets everybody act."""

    def __init__(
        self,
        *,
        connection: Connection,
        context: ServiceContext,
        worker: Worker,
        provider: ProviderFake,
        study_id: UUID,
        ids: dict[str, UUID],
        participants: Sequence[Participant],
        site_zones: Sequence[str],
        days: int,
        progress: Callable[[float], None],
        starts_at: datetime = STARTS_AT,
        staff: Staff | None = None,
        link_of: LinkOf | None = None,
    ) -> None:
        """Plan what is known from the start. `connection` is an operator's."""
        self.starts_at = starts_at
        self.ends_at = starts_at + timedelta(days=days)
        self.moves = 0
        self._now = starts_at
        self._connection = connection
        self._context = context
        self._worker = worker
        self._provider = provider
        self._study_id = study_id
        self._ids = ids
        self._participants = participants
        self._site_zones = site_zones
        self._progress = progress
        self._staff = staff
        self._link_of = link_of
        self._diary: list[_Entry] = []
        self._planned = 0
        self._by_phone: dict[str, list[Participant]] = defaultdict(list)
        for one in participants:
            self._by_phone[one.persona.phone].append(one)
            self._plan_treatment(one)
        self._arrived: list[OutboundText] = []
        provider.on_text = self._arrived.append

    async def live(self) -> None:
        """Go through all study days."""
        first = self._site_zones[:1]
        self._plan_daily((CALL_CHECK,), self._evening, first)
        self._plan_daily((SEALED_AT,), self._seal, first, every=WEEK)
        for after in SIZES_LEARNT:
            self._enter(self.starts_at + after, 0, partial(demo.learn_all_sizes, self._connection))
        if self._staff is not None:
            look = partial(self._look, self._staff)
            self._plan_daily(AT_THE_DESK, look, self._site_zones, is_look=True)
        while True:
            due_at = await reminders.next_due(self._connection)
            await self._leave_out_looks(due_at)
            instants = [at for at in (due_at, self._diary[0].at if self._diary else None) if at]
            now = min(instants, default=self.ends_at)
            if now >= self.ends_at:
                break
            await self._at(now, due_at)
            self._progress((now - self.starts_at) / ONE_DAY)
        await operations.move_clock(self._connection, self.ends_at)
        await self._worker.settle()
        await self._settle_provider()
        await self._worker.settle()
        self._progress((self.ends_at - self.starts_at) / ONE_DAY)

    async def _at(self, now: datetime, due_at: datetime | None) -> None:
        """Everything that is due at one instant, until nothing is; `due_at`: the next nudge is."""
        self.moves += 1
        # What rang after the last look, however late, rang at that instant.
        self._read_arrivals(self._now)
        self._now = now
        await operations.move_clock(self._connection, now)
        if due_at is not None and due_at <= now:
            await self._settle_reminders(now)
        self._read_arrivals(now)
        await self._act(now)
        await self._settle_provider()

    async def _settle_reminders(self, now: datetime) -> None:
        for _ in range(MOST_ROUNDS):
            due_at = await reminders.next_due(self._connection)
            if due_at is None or due_at > now:
                return
            await self._worker.settle("remind")
        raise StuckError

    async def _settle_provider(self) -> None:
        """Let the provider report until it has nothing left to say."""
        for _ in range(MOST_ROUNDS):
            if self._provider.is_idle or not await self._provider.drain():
                return

    # ---- participants ----

    def _read_arrivals(self, now: datetime) -> None:
        """Phones have rung: whoever a text is for decides when to answer."""
        # The order in which texts went out side by side is nobody's habit: sort it away.
        arrived, self._arrived[:] = sorted(self._arrived, key=lambda t: t.their_address), []
        for text in arrived:
            for one in self._by_phone[text.their_address]:
                if one.receives(text.body) and not one.planned:
                    self._plan_sitting(one, now)

    def _plan_sitting(self, one: Participant, texted_at: datetime) -> None:
        at = sits_down_at(one.persona, texted_at)
        if at is None or one.stopped or one.dead:
            return
        one.planned = True

        async def sit() -> None:
            one.planned = False
            if one.dead:
                return
            if await one.sit_down(at):
                self._plan(at + timedelta(hours=1), one, lambda: one.ask_for_the_page(at))

        self._plan(at, one, sit)

    async def _act(self, now: datetime) -> None:
        """Do what the diary says for now: coordinators first, then phones side by side."""
        phones: dict[str, list[_Entry]] = defaultdict(list)
        while self._diary and self._diary[0].at <= now:
            entry = heapq.heappop(self._diary)
            if entry.phone:
                phones[entry.phone].append(entry)
            else:
                await entry.deed()
        gate = asyncio.Semaphore(AT_ONCE)

        async def in_turn(entries: list[_Entry]) -> None:
            async with gate:
                for entry in entries:
                    await entry.deed()

        async with asyncio.TaskGroup() as group:
            for entries in phones.values():
                group.create_task(in_turn(entries))

    # ---- coordinators ----

    def _plan_treatment(self, one: Participant) -> None:
        """The injection as planned, or moved once; for some, a death."""
        persona = one.persona
        day = persona.planned_on
        if persona.kind is Kind.slips:
            moved = day + SLIPS_BY
            at = local_instant(day - MOVED_BEFORE, time(10, 7), zone(persona.zone))
            event = NewEvent(EventKind.injection, planned_on=moved)
            self._plan(at, one, lambda: self._record(one, event, reason="moved"), alone=True)
            day = moved
        at = injection_at(persona, day)
        self._plan(at, one, lambda: self._inject(one, at), alone=True)
        if persona.kind is Kind.dies:
            self._plan(at + DIES_AFTER, one, lambda: self._die(one, at + DIES_AFTER), alone=True)

    async def _inject(self, one: Participant, at: datetime) -> None:
        one.injected_at = at
        event = NewEvent(EventKind.injection, occurred_at=at)
        await self._record(one, event, reason="injected")
        if one.persona.kind in AT_THE_SITE:
            self._plan_appointments(one, at)

    def _plan_appointments(self, one: Participant, injected_at: datetime) -> None:
        """When images are taken, some answer at the site, before they see the doctor."""
        local = zone(one.persona.zone)
        for visit in FOLLOW_UPS:
            day = appointment(one.persona, local_day(injected_at, local), visit)
            at = local_instant(day, AT_THE_SITE_AT, local)
            self._plan(at, one, partial(self._answer_at_the_site, one, at))

    async def _answer_at_the_site(self, one: Participant, at: datetime) -> None:
        if self._link_of is None or one.stopped or one.dead:
            return
        link = await self._link_of(self._ids[one.persona.code])
        if link is not None:
            await one.answer_on_the_page(link, at)

    async def _die(self, one: Participant, at: datetime) -> None:
        one.dead = True
        event = NewEvent(EventKind.death, occurred_at=at)
        await self._record(one, event, reason="reported by the family")

    async def _record(self, one: Participant, event: NewEvent, *, reason: str) -> None:
        found = self._ids[one.persona.code]
        who = Who(self._connection, self._context, self._study_id, found)
        await record_event(who, event, actor=ACTOR, reason=reason)

    def _plan_daily(
        self,
        hours: Sequence[time],
        deed: Deed,
        zones: Sequence[str],
        *,
        every: timedelta = ONE_DAY,
        is_look: bool = False,
    ) -> None:
        """Something done at these hours of every day in each of these zones."""
        for number, name in enumerate(zones, start=-len(zones)):
            local = zone(name)
            for hour in hours:
                day = local_day(self.starts_at, local)
                while (at := local_instant(day, hour, local)) < self.ends_at:
                    self._enter(at, number, deed, is_look=is_look)
                    day += every

    async def _evening(self) -> None:
        """Call lists are brought up to date. (What broke off is looked at by machine time.)"""
        await self._worker.settle("close", "call")

    async def _seal(self) -> None:
        """What the audit has is sealed, once a week."""
        await self._worker.settle("seal")

    async def _look(self, staff: Staff) -> None:
        """Staff work through what waits for them."""
        await staff.work(self._now)

    async def _leave_out_looks(self, due_at: datetime | None) -> None:
        """Take looks at the desk off the diary until something waits there.

        Never beyond what happens next, be it a nudge (`due_at`), for it may bring something. On
        most days nothing waits, and each look would be a move of the clock.
        """
        if not self._is_look_next(due_at):
            return
        waits_from = await demo.work_waits_from(self._connection, self._study_id, RUNG_AFTER)
        until = min((at for at in (due_at, waits_from) if at is not None), default=None)
        while self._is_look_next(until):
            heapq.heappop(self._diary)

    def _is_look_next(self, before: datetime | None) -> bool:
        """Whether what the diary has next is a look, before an instant."""
        first = self._diary[0] if self._diary else None
        return first is not None and first.is_look and (before is None or first.at < before)

    def _plan(self, at: datetime, one: Participant, deed: Deed, *, alone: bool = False) -> None:
        self._enter(at, one.persona.number, deed, "" if alone else one.persona.phone)

    def _enter(
        self, at: datetime, number: int, deed: Deed, phone: str = "", *, is_look: bool = False
    ) -> None:
        self._planned += 1
        heapq.heappush(self._diary, _Entry(at, number, self._planned, deed, phone, is_look))
