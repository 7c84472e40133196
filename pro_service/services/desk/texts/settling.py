"""A text settled by a call, an alert, or by saying that nothing is needed: once, in a turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.call_keys import ASKED_BY_TEXT
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.call_outcomes import READ_IN_TEXT
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, turn, writing
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import (
    LONGEST_NOTE,
    NotHereError,
    ReasonMissingError,
    at_desk,
    said,
    signed,
)
from pro_service.services.desk.texts.finding import (
    TextSettledError,
    find_text,
    find_whose,
    settled_before,
    still_to_settle,
)
from pro_service.store.desk import texts as store
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.texts import SettlementWrite, TextToSettle
from pro_service.store.ids import new_id
from pro_service.store.notes import NoteRow
from pro_service.store.writes import LineCallRow, SettlementRow, TextAlertRow

NOTHING_REASONS: Final = ("courtesy", "settled", "not_theirs", "other")
"""Why nothing is needed: thanks or a greeting, settled in another way, an advertisement or a slip,
or staff's own words."""
_NO_WORDS: Final = "no_words"
"""The reason kept where staff gave no words and none were asked for."""


class WhichText(NamedTuple):
    """A text, whose staff take it to be (a code; empty where only one can be), and their words."""

    inbound_id: UUID
    whose: str
    words: str


Add: TypeAlias = Callable[[SettlementWrite, ParticipantFacts, TextToSettle], None]


async def ask_for_call(hands: Hands, which: WhichText) -> Place:
    """Have the participant called about a text; words for whoever rings are optional.

    Raises NotHereError, NotAllowedError, WhoseMissingError, TextSettledError.
    """

    def ask(document: SettlementWrite, facts: ParticipantFacts, _: TextToSettle) -> None:
        document.calls.append(
            LineCallRow(
                id=new_id(),
                participant_id=facts.id,
                visit_id=None,
                reason=ASKED_BY_TEXT,
                closes_at=None,
                actor=hands.seat.actor,
            )
        )

    return await _settle(hands, which, "call", ask, reason=_NO_WORDS)


async def raise_alert(hands: Hands, which: WhichText) -> Place:
    """Raise an urgent alert of a text, with what staff read in it.

    Raises ReasonMissingError and what `ask_for_call` raises.
    """
    said(which.words)

    def alarm(document: SettlementWrite, facts: ParticipantFacts, text: TextToSettle) -> None:
        document.alerts.append(
            TextAlertRow(
                id=new_id(),
                participant_id=facts.id,
                rule=READ_IN_TEXT,
                severity="urgent",
                uncertain_who=text.named is None,
                actor=hands.seat.actor,
            )
        )

    return await _settle(hands, which, "alert", alarm, reason=_NO_WORDS)


async def set_aside(hands: Hands, which: WhichText, reason: str) -> Place | None:
    """Say that nothing is needed, for a reason of `NOTHING_REASONS`; "other" asks for words.

    A text that is nobody's in particular may be set aside as such, for a reason without words:
    None. Raises ReasonMissingError and what `ask_for_call` raises.
    """
    if reason not in NOTHING_REASONS or (reason == "other" and not which.words.strip()):
        raise ReasonMissingError
    nobodys = not which.whose.strip() and not which.words.strip() and reason != "other"
    if nobodys and await _set_nobodys_aside(hands, which.inbound_id, reason):
        return None
    return await _settle(hands, which, "nothing", lambda *_: None, reason=reason)


async def _set_nobodys_aside(hands: Hands, inbound_id: UUID, reason: str) -> bool:
    """Set a text aside that belongs to nobody in particular; False: it is somebody's."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        found = await find_text(connection, seat.study_id, inbound_id)
        seat.demand(Action.settle_text, found.site_for(hands, Action.settle_text))
        if len(found.people) == 1:
            return False
        row, told = new_id(), (reason, seat.actor)
        if not await store.set_text_aside(connection, seat.study_id, row, inbound_id, told):
            if found.seen.participant_id is None:
                raise TextSettledError(settled_before(found.seen.read_by, found.seen.kind, None))
            raise NotHereError
        return True


async def _settle(
    hands: Hands,
    which: WhichText,
    kind: str,
    add: Add,
    *,
    reason: str,
) -> Place:
    """Settle a text in the turn of whose it is, with what `add` puts into the write."""
    seat, action = hands.seat, Action.settle_text
    place = await find_whose(hands, action, which.inbound_id, which.whose)
    words = which.words.strip()[:LONGEST_NOTE]

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        text = await still_to_settle(hands, facts, which.inbound_id)
        note = note_about(hands.context, facts, words) if words else None
        document = SettlementWrite()
        document.settlements.append(
            settlement(which.inbound_id, text, kind, _reason(reason, note), actor=seat.actor)
        )
        add(document, facts, text)
        return Plan(None, signed(seat, action, note, writing(store.settle_text, document)))

    await turn(hands.turn_of(place), decide)
    return place


def _reason(word: str, note: NoteRow | None) -> str:
    """The reason as it is kept: a word of the program, with staff's words behind it if any."""
    if note is None:
        return word
    return note.reference if word == _NO_WORDS else f"{word}: {note.reference}"


def settlement(
    inbound_id: UUID, text: TextToSettle, kind: str, reason: str, *, actor: str
) -> SettlementRow:
    """The word on what became of a text; of a reply the caller adds which it is."""
    return SettlementRow(
        id=new_id(),
        inbound_id=inbound_id,
        line_id=text.line_id,
        kind=kind,
        reason=reason,
        message_id=None,
        follows=text.undone_id,
        actor=actor,
    )
