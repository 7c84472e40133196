"""A number turned out to be somebody else's: it rests, and the right one is sought."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.follow_up.call_keys import FIND_NUMBER
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.composing import indexes_of
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.texting import numbers
from pro_service.store.texting.numbers import ContactAt, WrongNumberWrite
from pro_service.store.writes import LineCallRow


class WrongNumber(NamedTuple):
    """A number that is to rest: what it is found by, and the contacts it was taken for."""

    indexes: list[bytes]
    contacts: list[ContactAt]
    actor: str

    async def rest(self, connection: Connection, guard: Guard) -> None:
        """Let it rest and ask for the right one, in the turn of one of those concerned.

        Within a transaction that has a reason. Raises StaleRevisionError.
        """
        document = WrongNumberWrite(
            contacts=[one.id for one in self.contacts],
            calls=[
                LineCallRow(
                    id=new_id(),
                    participant_id=participant_id,
                    visit_id=None,
                    reason=FIND_NUMBER,
                    closes_at=None,
                    actor=self.actor,
                )
                for participant_id in dict.fromkeys(one.participant_id for one in self.contacts)
            ],
        )
        await numbers.rest_number(connection, guard, self.indexes, self.contacts, document)


async def wrong_number(
    connection: Connection, context: ServiceContext, study_id: UUID, number: str, actor: str
) -> WrongNumber:
    """Whom a number was taken for: it concerns all of them."""
    indexes = indexes_of(context, number)
    contacts = await numbers.list_contacts_at(connection, study_id, indexes)
    return WrongNumber(indexes, contacts, actor)
