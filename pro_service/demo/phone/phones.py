"""Whose phones there are, what is on them, and sending from them."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from pro_service.demo.links import open_link_of
from pro_service.demo.provider.fake import ProviderFake
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.rota import read_rotas
from pro_service.services.texting import open_number, usual_sender
from pro_service.store.base import operations, participants
from pro_service.store.demo import phone
from pro_service.store.demo.phone import Happening, NextEvent, PhoneText
from pro_service.vault.codes import grouped

MOST_HAPPENINGS = 20
BY_CARD: Final = frozenset({"CN"})
"""Countries in which texts may neither ask nor hold links: a card and a fixed address do."""


class Person(NamedTuple):
    """A participant as the phone page needs them."""

    id: UUID
    code: str
    language: Language
    zone: ZoneInfo
    site: str
    channel: str
    number: str
    our_address: str
    protocol: Protocol
    card_code: str
    """What their printed card says to type: by text where others use the telephone too, and on the
    page the card names."""
    by_card: bool
    """Whether texts may not ask there and cards do."""


class Phones:
    """All phones of a demo's study. `pool` is the worker's."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        context: ServiceContext,
        provider: ProviderFake,
        study_id: UUID,
        opened_at: datetime,
    ) -> None:
        """Nothing is read yet. `opened_at` is the study time at which this demo began to serve."""
        self.study_id = study_id
        self.opened_at = opened_at
        self._pool = pool
        self._context = context
        self._provider = provider

    async def everybody(self) -> list[Person]:
        """Everybody with a number, in order of enrolment."""
        rows = await participants.list_participants(self._pool, self.study_id)
        found = [await self._person(row.id) for row in rows]
        return [one for one in found if one is not None]

    async def find(self, code: str) -> Person | None:
        """The participant with this code, if they have a number."""
        found = await participants.find_participant(self._pool, self.study_id, code)
        return None if found is None else await self._person(found)

    async def _person(self, participant_id: UUID) -> Person | None:
        context = self._context
        facts: ParticipantFacts = await context.reader.facts(
            self._pool, self.study_id, participant_id
        )
        number = open_number(context, facts)
        sender = usual_sender(context, facts)
        if number is None or sender is None:
            return None
        protocol = await context.reader.protocol(
            self._pool, self.study_id, facts.protocol_version_id
        )
        return Person(
            facts.id,
            facts.code,
            facts.language,
            zone(facts.zone),
            facts.site.code,
            facts.channel,
            number,
            sender.address,
            protocol,
            grouped(facts.personal_code),
            facts.site.country in BY_CARD,
        )

    async def texts(self, person: Person, after_id: UUID | None = None) -> list[PhoneText]:
        """What is on the participant's phone, oldest first."""
        return await phone.list_phone_texts(self._pool, self.study_id, person.number, after_id)

    async def send(self, person: Person, text: str) -> None:
        """Send a text from the participant's phone; the reply arrives there by itself."""
        await self._provider.phone_sends(person.number, person.our_address, text)

    async def open_link(self, person: Person) -> str | None:
        """The address, below ours, of what the participant may answer on a page now."""
        link = await open_link_of(self._pool, self._context, self.study_id, person.id)
        return None if link is None else urlsplit(link).path

    async def now(self) -> datetime:
        """Study time."""
        return await operations.get_study_time(self._pool)

    async def zone(self) -> ZoneInfo:
        """The zone of the first site."""
        return zone((await read_rotas(self._pool, self.study_id))[0].row.zone)

    async def kind(self) -> str | None:
        """The kind of database."""
        return await operations.get_database_kind(self._pool)

    async def next_event(self) -> NextEvent | None:
        """What falls due next."""
        return await phone.find_next_event(self._pool, self.study_id)

    async def happenings(self, since: datetime) -> list[Happening]:
        """What happened after an instant of study time, latest first."""
        return await phone.list_happenings(self._pool, self.study_id, since, MOST_HAPPENINGS)
