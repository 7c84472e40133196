"""Studies as hypothesis makes them: rows that hang together, however unlikely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from hypothesis import strategies as st

from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.study.facts import Status
from pro_service.store.ids import new_id

ITEMS: Final = {"two": 2, "one": 1}
"""How many questions each instrument has; `other` is of another release."""
INSTRUMENTS: Final = {
    code: Instrument.model_construct(items=(Item.model_construct(),) * items)
    for code, items in ITEMS.items()
}
ACTOR: Final = "test:generated"
DEFINITIONS: Final = ("baseline", "week_2", "month_1")
_HOURS: Final = st.integers(-72, 72)
_PAST: Final = st.integers(-72, 0)


@dataclass(frozen=True)
class Sitting:
    """One sitting: items with a value, items left open, and whether it was sent."""

    values: int
    gaps: int
    sent: bool
    scored: bool
    helped: bool
    """It was read out, or told by telephone."""


@dataclass(frozen=True)
class Asked:
    """One assessment; hours are from now."""

    instrument: str
    recorded: int
    submitted: int | None
    declined: bool
    sittings: tuple[Sitting, ...]
    chosen: int | None
    """Which sitting is written down as the record."""


@dataclass(frozen=True)
class Visit:
    """One visit; hours are from now, and a length of None is no end."""

    definition: str
    kind: str
    opens: int
    length: int | None
    provisional: bool
    superseded: bool
    recorded: int
    asks: tuple[Asked, ...]


@dataclass(frozen=True)
class Person:
    """One participant: statuses in the order of record, a death, and when they left the site."""

    statuses: tuple[tuple[Status, int, int], ...]
    """Status, effective, recorded."""
    death: int | None
    left: int | None
    visits: tuple[Visit, ...]


sittings = st.builds(
    Sitting,
    values=st.integers(0, 2),
    gaps=st.integers(0, 1),
    sent=st.booleans(),
    scored=st.booleans(),
    helped=st.booleans(),
)


def _people(submitted: st.SearchStrategy[int]) -> st.SearchStrategy[Person]:
    """Anybody, whose sittings were sent at one of these hours."""
    asked = st.builds(
        Asked,
        instrument=st.sampled_from(("two", "one", "other")),
        recorded=_PAST,
        submitted=st.none() | submitted,
        declined=st.sampled_from((False, False, False, True)),
        sittings=st.lists(sittings, max_size=2).map(tuple),
        chosen=st.none() | st.integers(0, 1),
    )
    visits = st.builds(
        Visit,
        definition=st.sampled_from(DEFINITIONS),
        kind=st.sampled_from(("scheduled", "scheduled", "unscheduled", "screening")),
        opens=_HOURS,
        length=st.none() | st.integers(1, 96),
        provisional=st.sampled_from((False, False, False, True)),
        superseded=st.sampled_from((False, False, False, True)),
        recorded=_PAST,
        asks=st.lists(asked, max_size=3, unique_by=lambda one: one.instrument).map(tuple),
    )
    return st.builds(
        Person,
        statuses=st.lists(st.tuples(st.sampled_from(tuple(Status)), _HOURS, _PAST), max_size=4).map(
            tuple
        ),
        death=st.none() | st.none() | _HOURS,
        left=st.none() | st.none() | _PAST,
        visits=st.lists(visits, max_size=5).map(tuple),
    )


people = _people(_HOURS)
people_until_now = _people(_PAST)
"""Those who have sent what they have sent: nothing is sent at a time to come."""


@dataclass(frozen=True)
class Made:
    """The ids of a study that was stored."""

    study_id: UUID
    site_id: UUID
    now: datetime


async def store(superuser: asyncpg.Connection, listed: Sequence[Person]) -> Made:
    """Store a study of these; triggers and foreign keys are left out, its rows hang together."""
    made = Made(new_id(), new_id(), await superuser.fetchval("SELECT pro.now()"))
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await _Writer(superuser, made).row(
            "sites",
            id=made.site_id,
            code="S1",
            name="Site",
            zone="UTC",
            country="GB",
            telephone="+12025550100",
            emergency_number="999",
            actor=ACTOR,
        )
        for number, person in enumerate(listed):
            await _Writer(superuser, made).person(number, person)
    return made


@dataclass(frozen=True)
class _Writer:
    connection: asyncpg.Connection
    made: Made

    def at(self, hours: int | None) -> datetime | None:
        """So many hours from now."""
        return None if hours is None else self.made.now + timedelta(hours=hours)

    async def row(self, table: str, **values: object) -> None:
        """One row of this study."""
        given = {"study_id": self.made.study_id, **values}
        places = ", ".join(f"${number}" for number in range(1, len(given) + 1))
        await self.connection.execute(
            f"INSERT INTO pro.{table} ({', '.join(given)}) VALUES ({places})", *given.values()
        )

    async def person(self, number: int, one: Person) -> None:
        """A participant with everything about them."""
        who = new_id()
        long_ago = self.at(-200)
        await self.row(
            "participants",
            id=who,
            code=f"P-{number}",
            personal_code=f"{who}",
            language="en",
            protocol_version_id=new_id(),
            zone="UTC",
            channel="link",
            treated_knees=["left_knee"],
            recorded_at=long_ago,
            actor=ACTOR,
        )
        await self.row("participant_revisions", participant_id=who)
        await self.row(
            "participant_sites",
            id=new_id(),
            participant_id=who,
            site_id=self.made.site_id,
            valid_from=long_ago,
            valid_to=self.at(one.left),
            recorded_at=long_ago,
            actor=ACTOR,
        )
        for status, effective, recorded in one.statuses:
            await self.row(
                "statuses",
                id=new_id(),
                participant_id=who,
                status=status.value,
                effective_at=self.at(effective),
                recorded_at=self.at(recorded),
                actor=ACTOR,
            )
        if one.death is not None:
            await self.row(
                "events",
                id=new_id(),
                participant_id=who,
                kind="death",
                ordinal=1,
                occurred_at=self.at(one.death),
                recorded_at=self.at(-100),
                actor=ACTOR,
            )
        for occurrence, visit in enumerate(one.visits, start=1):
            await self.visit(who, occurrence, visit)

    async def visit(self, who: UUID, occurrence: int, one: Visit) -> None:
        """A visit with all it asks."""
        visit_id, opens = new_id(), self.at(one.opens)
        closes = None if one.length is None else self.at(one.opens + one.length)
        await self.row(
            "visits",
            id=visit_id,
            participant_id=who,
            definition=one.definition,
            kind=one.kind,
            occurrence=occurrence,
            schedule_revision=1,
            provisional=one.provisional,
            opens_at=opens,
            target_on=self.made.now.date(),
            closes_at=closes,
            superseded_at=self.made.now if one.superseded else None,
            superseded_reason="moved" if one.superseded else None,
            recorded_at=self.at(one.recorded),
            actor=ACTOR,
        )
        for asked in one.asks:
            await self.asked(who, visit_id, closes, asked)

    async def asked(self, who: UUID, visit_id: UUID, closes: datetime | None, one: Asked) -> None:
        """An assessment with its sittings; sent means that one of them was."""
        assessment = new_id()
        sat = any(sitting.sent for sitting in one.sittings)
        await self.row(
            "assessments",
            id=assessment,
            participant_id=who,
            visit_id=visit_id,
            instrument=one.instrument,
            target="person",
            submitted_at=self.at(one.submitted) if sat else None,
            declined_at=self.at(-1) if one.declined and not sat else None,
            recorded_at=self.at(one.recorded),
            actor=ACTOR,
        )
        attempts = []
        for ordinal, sitting in enumerate(one.sittings, start=1):
            attempts.append(await self.sitting(who, assessment, ordinal, sitting, one.submitted))
        if one.chosen is not None and one.chosen < len(attempts) and closes is not None:
            await self.row(
                "standing_sittings",
                id=new_id(),
                participant_id=who,
                assessment_id=assessment,
                attempt_id=attempts[one.chosen],
                reason="only",
                closes_at=closes,
                actor=ACTOR,
            )

    async def sitting(
        self, who: UUID, assessment: UUID, ordinal: int, one: Sitting, submitted: int | None
    ) -> UUID:
        """A sitting with its answers and, where it was sent, its score."""
        attempt, began = new_id(), self.at(-72)
        common = {"participant_id": who, "assessment_id": assessment, "actor": ACTOR}
        await self.row(
            "attempts",
            id=attempt,
            ordinal=ordinal,
            mode="telephone" if one.helped and one.gaps else "web",
            respondent="self_with_reader" if one.helped else "self",
            authentication="link",
            language="en",
            release="test",
            instrument_sha256="0",
            wording_sha256="0",
            started_at=began,
            submitted_at=self.at(submitted) if one.sent else None,
            **common,
        )
        for item in range(one.values + one.gaps):
            response, value = new_id(), 1 if item < one.values else None
            await self.row(
                "responses",
                id=response,
                attempt_id=attempt,
                item=f"i{item}",
                value=value,
                gap=None if value else "skipped",
                lowest=0,
                highest=10,
                answered_at=began,
                received_at=began,
                **common,
            )
            await self.row(
                "sitting_responses", attempt_id=attempt, item=f"i{item}", response_id=response
            )
        if one.sent:
            await self.row(
                "scores",
                id=new_id(),
                attempt_id=attempt,
                basis="complete",
                scale="all",
                revision=1,
                instrument="two",
                instrument_version="1",
                scoring_version="1",
                raw=5 if one.scored else None,
                lowest=0,
                highest=10,
                answered=1,
                substituted=0,
                absent_reason=None if one.scored else "too few",
                **common,
            )
        return attempt
