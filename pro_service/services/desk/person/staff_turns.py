"""A participant's turn as staff take it: found at the desk, decided by the command's own use case,
written as the clerk, and once for each form that was sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.turns import Who, Write
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.person.sent_forms import SentForm, keep_said, said_of_copy
from pro_service.services.desk.seat import NotAllowedError, NotHereError, at_desk, signed
from pro_service.store.answering.answers import find_web_write
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import clerk
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.person import keep_form_key
from pro_service.store.notes import NoteRow

T = TypeVar("T")


@dataclass(frozen=True)
class StaffTurn:
    """Who acts, about whom, and what they do: every use case of the commands can be given `who`."""

    hands: Hands
    place: Place
    action: Action
    unless: Callable[[], Awaitable[None]] | None = None
    """Asked before each write, once the facts were read from which it was decided: what it raises
    ends the turn. What it looks at was so when the write was decided, or the write is refused."""

    @property
    def who(self) -> Who:
        """For looking only: what it writes would be signed, and could be written twice."""
        return self._who(None)

    @property
    def actor(self) -> str:
        """How the record names who acts."""
        return self.hands.seat.actor

    async def facts(self) -> ParticipantFacts:
        """The participant's facts, whole: for the rules, never for showing what was answered."""
        who = self.who
        return await who.context.reader.facts(who.connection, who.study_id, who.participant_id)

    async def protocol(self, facts: ParticipantFacts) -> Protocol:
        """The version they are under."""
        who = self.who
        return await who.context.reader.protocol(
            who.connection, who.study_id, facts.protocol_version_id
        )

    async def once(self, form_key: str, act: Callable[[Who], Awaitable[T]]) -> T | None:
        """Do it as this member of staff, once for a form's key; None: a copy of the form did.

        Raises whatever `act` raises.
        """
        web_key = self._key_of(form_key)
        pool, study_id = self.hands.clerk, self._study_id
        if await find_web_write(pool, study_id, web_key):
            return None
        try:
            return await act(self._who(web_key))
        except ProServiceError:
            # The copy of the form that was quicker may be what stands in the way.
            if await find_web_write(pool, study_id, web_key):
                return None
            raise

    async def copy_of(self, form: SentForm) -> str | None:
        """What was said when this very form was done (see `said_of_copy`); None: it was not.

        Raises FormReusedError.
        """
        return await said_of_copy(self.hands.clerk, self._study_id, self._key_of(form.key), form)

    async def once_said(
        self, form: SentForm, act: Callable[[Who], Awaitable[T]], say: Callable[[T], str]
    ) -> T | str:
        """Do it once for a form that was not done before; what a copy that was quicker said.

        `say` puts what came of it into the words that are kept for copies. Raises FormReusedError,
        and whatever `act` raises.
        """
        web_key = self._key_of(form.key)
        try:
            done = await act(self._who(web_key))
        except ProServiceError:
            said = await self.copy_of(form)
            if said is None:
                raise
            return said
        guard = Guard(self._study_id, self.place.participant_id, 0)
        await keep_said(self.hands.clerk, guard, web_key, form, say(done))
        return done

    @property
    def _study_id(self) -> UUID:
        return self.hands.seat.study_id

    def _key_of(self, form_key: str) -> str:
        return f"{self.place.participant_id}:desk:{self.action}:{form_key}"

    def _who(self, web_key: str | None) -> Who:
        seat = self.hands.seat

        def sign(note: NoteRow | None, write: Write) -> Write:
            async def write_once(connection: Connection, guard: Guard) -> object:
                if self.unless is not None:
                    await self.unless()
                if web_key is not None:
                    await keep_form_key(connection, guard, web_key)
                return await write(connection, guard)

            return signed(seat, self.action, note, write_once)

        return self.hands.turn_of(self.place)._replace(signing=sign)


async def find_turn(hands: Hands, code: str, action: Action) -> StaffTurn:
    """The turn of a participant about whom this seat may do this.

    Raises NotHereError, NotAllowedError.
    """
    return StaffTurn(hands, await find_place(hands, code, action), action)


async def find_copy(hands: Hands, code: str, action: Action, form: SentForm) -> str | None:
    """What was said when a form was done that took its participant out of this seat's hands.

    Raises NotHereError, FormReusedError.
    """
    async with at_desk(hands.desk, hands.seat) as connection:
        place = await clerk.find_place(connection, hands.seat.study_id, code)
    return None if place is None else await StaffTurn(hands, place, action).copy_of(form)


async def find_facts_to_act(hands: Hands, code: str) -> ParticipantFacts | None:
    """The facts of a participant this seat may act for; None for who only reads, and a former site.

    They say what can be done and how somebody is reached, and are not for showing answers.
    """
    try:
        return await (await find_turn(hands, code, Action.set_status)).facts()
    except (NotAllowedError, NotHereError):
        return None
