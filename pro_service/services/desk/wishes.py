"""What staff do at a participant's wish: language, way, hour; and a note that stands for itself."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import time
from typing import Literal

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.pausing import pause_ends_at, waiting_nudges
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import is_quiet
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.texting import moved_rows
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import person
from pro_service.store.ids import new_id
from pro_service.store.pages import preferences
from pro_service.store.pages.preferences import ChoiceWrite
from pro_service.store.writes import PreferenceRow


class QuietHourError(ProServiceError):
    """Reminders do not go at this hour: it lies in the protocol's quiet hours."""


@dataclass(frozen=True)
class Settings:
    """How a participant wants to be asked; `hour` is theirs, None: the protocol's."""

    language: Language
    channel: Literal["text", "link"]
    hour: time | None


async def choose_settings(who: Who, chosen: Settings, *, actor: str, reason: str) -> None:
    """Keep what they chose, as their own page does; reminders that wait follow it at once.

    Raises QuietHourError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        messaging = protocol.messaging
        if chosen.hour is not None and is_quiet(
            chosen.hour, messaging.quiet_from, messaging.quiet_until
        ):
            raise QuietHourError
        note = note_about(who.context, facts, reason)
        document = ChoiceWrite(web_key=f"{facts.id}:desk-settings:{new_id()}")
        document.preferences.append(
            PreferenceRow(
                id=new_id(),
                language=chosen.language,
                channel=chosen.channel,
                nudge_at=chosen.hour,
                larger_text=facts.larger_text,
                actor=actor,
                reason=note.reference,
            )
        )
        if chosen.hour != facts.nudge_at:
            rests_until = pause_ends_at(facts.statuses, facts.now, facts.events)
            starts_at = facts.now if rests_until is None else rests_until
            document.moved = moved_rows(waiting_nudges(facts, protocol, chosen.hour, starts_at))
        return reasoned(who, note, Plan(None, writing(preferences.record_choice, document)))

    await turn(who, decide)


async def write_note(who: Who, words: str, *, actor: str) -> None:
    """Write something down about a participant, sealed. Raises KeyGoneError, BusyError."""

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        note = note_about(who.context, facts, words)

        def write(connection: Connection, guard: Guard) -> Awaitable[None]:
            return person.insert_remark(connection, guard, note.reference, actor)

        return reasoned(who, note, Plan(None, write))

    await turn(who, decide)
