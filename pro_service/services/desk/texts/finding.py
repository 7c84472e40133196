"""A text found from a seat, and whose it is; then as it stands in that participant's turn."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import AlreadyDoneError, DoneBefore, NotHereError, at_desk
from pro_service.store.connection import Connection
from pro_service.store.desk import clerk
from pro_service.store.desk import texts as store
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.texts import PersonOfText, TextSeen, TextToSettle


class WhoseMissingError(ProServiceError):
    """It was not said whose text it is, or somebody was named whom it cannot be from."""


class TextSettledError(AlreadyDoneError):
    """This text was settled before; what was done stands."""


class FoundText(NamedTuple):
    """A text seen from a seat, and who it may be from; nobody: a stranger's."""

    seen: TextSeen
    people: list[PersonOfText]

    def site_for(self, hands: Hands, action: Action) -> UUID | None:
        """The site by whose right the seat may do this with the text, or the one it is of."""
        sites = [one.site_id for one in self.people] or [self.seen.stranger_site]
        # Of a number that people of several sites share, any of those sites reads it.
        return next((one for one in sites if hands.seat.may(action, one)), sites[0])


class TextCase(NamedTuple):
    """A text in the turn of whose it is: what it is settled from."""

    hands: Hands
    facts: ParticipantFacts
    protocol: Protocol
    inbound_id: UUID
    text: TextToSettle


async def find_text(connection: Connection, study_id: UUID, inbound_id: UUID) -> FoundText:
    """A text within `at_desk`. Raises NotHereError."""
    seen = await store.get_text(connection, study_id, inbound_id)
    if seen is None:
        raise NotHereError
    return FoundText(seen, await store.list_people_of_text(connection, study_id, inbound_id))


async def find_whose(hands: Hands, action: Action, inbound_id: UUID, whose: str) -> Place:
    """The participant a text is settled for (`whose`: their code; empty where only one can be).

    Raises NotHereError, NotAllowedError, WhoseMissingError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        found = await find_text(connection, seat.study_id, inbound_id)
        seat.demand(action, found.site_for(hands, action))
        place = await _place(connection, seat.study_id, found, whose.strip())
    seat.demand(action, place.site_id)
    return place


async def _place(connection: Connection, study_id: UUID, found: FoundText, whose: str) -> Place:
    if found.people:
        if not whose and len(found.people) == 1:
            whose = found.people[0].code
        for one in found.people:
            if one.code == whose:
                return Place(one.participant_id, one.code, one.site_id)
        raise WhoseMissingError
    named = await clerk.find_place(connection, study_id, whose) if whose else None
    if named is None:
        raise WhoseMissingError
    return named


async def still_to_settle(hands: Hands, facts: ParticipantFacts, inbound_id: UUID) -> TextToSettle:
    """The text in the participant's turn. Raises NotHereError, TextSettledError."""
    text = await store.get_text_to_settle(hands.clerk, facts.study_id, facts.id, inbound_id)
    if text is None or text.named not in (None, facts.id):
        raise NotHereError
    if text.settled:
        raise TextSettledError(settled_before(text.settled_by, text.settled_as, facts.code))
    return text


def settled_before(actor: str | None, kind: str | None, code: str | None) -> DoneBefore:
    """A text that was settled, as whoever settled it hears of it."""
    if kind is None:
        return DoneBefore(actor, code, "already_read")
    return DoneBefore(actor, code, "already_settled", ("settled", kind))
