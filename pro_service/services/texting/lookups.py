"""What composing a text must look up: the line, the links a participant has.

One participant's are looked up as they are needed; those of a wave, together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from uuid import UUID

from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.delivery.registered import Registration
from pro_service.domain.delivery.senders import Outlet
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.channels.reach import outlet_for
from pro_service.services.texting.composing import (
    Line,
    indexes_of,
    line_to,
    new_line,
    open_address,
)
from pro_service.store.connection import Connection
from pro_service.store.texting import messages, registered, reminders
from pro_service.store.texting.messages import LineKey, LineRow
from pro_service.store.texting.reminders import InvitationRow


class Lookups(Protocol):
    """Whoever composes a text asks this, and does not care how it is known."""

    @property
    def connection(self) -> Connection:
        """What is looked up by."""

    async def registered(self, facts: ParticipantFacts, sender_id: UUID) -> Sequence[Registration]:
        """The registrations texts from one of our addresses may go out with."""

    def address(self, contact: ContactFacts) -> str:
        """A contact's address in the clear."""

    def outlet(self, facts: ParticipantFacts, number: str) -> Outlet:
        """Which sender writes to a participant's number, by which rule; or why none."""

    async def line(self, facts: ParticipantFacts, sender_id: UUID, number: str) -> Line:
        """The line to a number; a new one comes with the row to insert."""

    async def links(self, facts: ParticipantFacts) -> Sequence[InvitationRow]:
        """The links in force."""


@dataclass(frozen=True)
class OneByOne:
    """Looked up when it is asked for."""

    connection: Connection
    context: ServiceContext

    async def registered(self, facts: ParticipantFacts, sender_id: UUID) -> Sequence[Registration]:
        """See Lookups."""
        return await registered.list_registered(self.connection, facts.study_id, sender_id)

    def address(self, contact: ContactFacts) -> str:
        """See Lookups."""
        return open_address(self.context, contact)

    def outlet(self, facts: ParticipantFacts, number: str) -> Outlet:
        """See Lookups."""
        return outlet_for(self.context, facts, number)

    async def line(self, facts: ParticipantFacts, sender_id: UUID, number: str) -> Line:
        """See Lookups."""
        return await line_to(
            self.connection, self.context, facts.study_id, sender_id, number, WORKER
        )

    async def links(self, facts: ParticipantFacts) -> Sequence[InvitationRow]:
        """See Lookups."""
        return await reminders.list_invitations(self.connection, facts.study_id, facts.id)


class Placed(NamedTuple):
    """A participant of a wave, whom texts go to (None: nobody), and their number."""

    facts: ParticipantFacts
    contact: ContactFacts | None
    number: str | None


@dataclass
class Together:
    """Looked up for a whole wave of one study before it is decided; links once one is needed."""

    connection: Connection
    context: ServiceContext
    wave: Sequence[Placed]
    _lines: Mapping[LineKey, LineRow] = field(default_factory=dict)
    _numbers: dict[UUID, str] = field(default_factory=dict)
    """By contact, as they were opened to tell who shares one."""
    _indexes: dict[str, list[bytes]] = field(default_factory=dict)
    """What the lines to a number were looked up by."""
    _outlets: dict[tuple[UUID, str], Outlet] = field(default_factory=dict)
    """By participant and address."""
    _links: Mapping[UUID, Sequence[InvitationRow]] | None = None
    _registered: dict[UUID, Sequence[Registration]] = field(default_factory=dict)
    """By sender, once one of them is needed."""

    async def find_lines(self) -> None:
        """Look up the lines to everybody's number."""
        ids: dict[UUID, None] = {}
        for facts, contact, number in self.wave:
            if contact is None or number is None:
                continue
            self._numbers[contact.id] = number
            sender = self.outlet(facts, number).sender
            if sender is not None:
                self._indexes[number] = indexes_of(self.context, number)
                ids[sender.id] = None
        indexes = [index for each in self._indexes.values() for index in each]
        if not indexes:
            return
        study_id = self.wave[0].facts.study_id
        await self.context.keys.study_key(self.connection, study_id)
        self._lines = await messages.list_lines(self.connection, study_id, list(ids), indexes)

    async def registered(self, facts: ParticipantFacts, sender_id: UUID) -> Sequence[Registration]:
        """See Lookups."""
        if sender_id not in self._registered:
            self._registered[sender_id] = await registered.list_registered(
                self.connection, facts.study_id, sender_id
            )
        return self._registered[sender_id]

    def address(self, contact: ContactFacts) -> str:
        """See Lookups."""
        known = self._numbers.get(contact.id)
        return open_address(self.context, contact) if known is None else known

    def outlet(self, facts: ParticipantFacts, number: str) -> Outlet:
        """See Lookups. In which country a number is takes longer to tell than all the rest."""
        key = facts.id, number
        if key not in self._outlets:
            self._outlets[key] = outlet_for(self.context, facts, number)
        return self._outlets[key]

    async def line(self, facts: ParticipantFacts, sender_id: UUID, number: str) -> Line:
        """See Lookups."""
        if number not in self._indexes:
            # Another address than the first that was to be tried.
            return await line_to(
                self.connection, self.context, facts.study_id, sender_id, number, WORKER
            )
        keys = (LineKey(sender_id, index) for index in self._indexes[number])
        known = [self._lines[one] for one in keys if one in self._lines]
        if known:
            found = min(known, key=lambda one: one.id)
            return Line(found.id, found.focus_participant_id, found.focused_at, None)
        key = await self.context.keys.study_key(self.connection, facts.study_id)
        return new_line(self.context, sender_id, number, key=key, actor=WORKER)

    async def links(self, facts: ParticipantFacts) -> Sequence[InvitationRow]:
        """See Lookups."""
        if self._links is None:
            # A text leads to what is open now: no visit at rest is.
            visits = (visit for one in self.wave for visit in one.facts.visits)
            ids = [visit.id for visit in visits if visit.at_rest is None]
            self._links = await reminders.list_invitations_of(self.connection, facts.study_id, ids)
        return self._links.get(facts.id, ())
