"""What staff do with a tablet: look what it may be handed over for, hand it over, take it back.

Nothing here reads or shows an answer (R6). The code is shown to whoever made it, while it works.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.tablet import OnTablet, TabletStep, may_be_on_tablet
from pro_service.services.base.turns import Plan, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import AlreadyDoneError, NotHereError, at_desk, signed
from pro_service.services.desk.today import read_frame
from pro_service.services.pages import CODE_PATH, VALID, code_of, code_sha256, grouped, pin_of
from pro_service.store.desk.frame import Frame
from pro_service.store.ids import new_id
from pro_service.store.pages import handover as store
from pro_service.store.pages.handover import HandoverLine, HandoverWrite
from pro_service.store.writes import HandoverRow, TabletStepRow

HAND_OVER: Final = Action.hand_over_tablet
MOST_SHOWN: Final = 20


class HandoverRefusedError(ProServiceError):
    """Nothing of this visit can be answered on a tablet now."""


class HandingRoom(NamedTuple):
    """What a tablet may be handed over for, and the hand-overs there were, newest first."""

    facts: ParticipantFacts
    protocol: Protocol
    offered: Sequence[OnTablet]
    lines: Sequence[HandoverLine]
    frame: Frame


class ShownCode(NamedTuple):
    """A code that still works, as it is shown, with the address it is typed at."""

    code: str
    link: str
    """What the picture holds: the address with the code."""
    left: timedelta


async def look_at_handing(hands: Hands, code: str) -> HandingRoom:
    """What may be handed over, and what was. Raises NotHereError, NotAllowedError."""
    who = hands.turn_of(await find_place(hands, code, HAND_OVER))
    facts = await who.context.reader.facts(who.connection, who.study_id, who.participant_id)
    protocol = await who.context.reader.protocol(
        who.connection, who.study_id, facts.protocol_version_id
    )
    async with at_desk(hands.desk, hands.seat) as connection:
        lines = await store.list_handovers(
            connection, who.study_id, facts.id, valid=VALID, most=MOST_SHOWN
        )
        frame = await read_frame(connection, who.study_id)
    return HandingRoom(facts, protocol, tuple(may_be_on_tablet(facts, protocol)), lines, frame)


def code_shown(hands: Hands, room: HandingRoom) -> ShownCode | None:
    """The code that opens a tablet now, for whoever made it; None where there is none."""
    for one in room.lines:
        if one.actor == hands.seat.actor and one.valid_for is not None:
            code = code_of(hands.context.keys.vault, one.id, one.link_key)
            link = f"{hands.context.public_url}{CODE_PATH}/{code}"
            return ShownCode(grouped(code), link, one.valid_for)
    return None


def pin_shown(hands: Hands, line: HandoverLine) -> str | None:
    """What ends an open hand-over on the tablet itself, for whoever handed it over."""
    if line.ended is not None or line.actor != hands.seat.actor:
        return None
    return grouped(pin_of(hands.context.keys.vault, line.id, line.link_key))


async def hand_over(hands: Hands, code: str, visit_id: UUID) -> None:
    """Hand a tablet over for what a visit asks; one handed over before opens nothing any more.

    Pressed again it makes another code. Raises NotHereError, NotAllowedError,
    HandoverRefusedError.
    """
    place = await find_place(hands, code, HAND_OVER)
    who, seat = hands.turn_of(place), hands.seat
    site_id = place.site_id
    if site_id is None:
        raise NotHereError

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        offered = next(
            (one for one in may_be_on_tablet(facts, protocol) if one.visit.id == visit_id), None
        )
        tablet = protocol.coming.tablet
        if offered is None or tablet is None:
            raise HandoverRefusedError
        before = await store.list_handovers(
            who.connection, who.study_id, facts.id, valid=VALID, most=MOST_SHOWN
        )
        vault, handover_id = hands.context.keys.vault, new_id()
        row = HandoverRow(
            id=handover_id,
            site_id=site_id,
            visit_id=visit_id,
            assessment_ids=tuple(one.id for one in offered.assessments),
            code_sha256=code_sha256(code_of(vault, handover_id, vault.link_key_id)),
            link_key=vault.link_key_id,
            idle_minutes=tablet.idle_minutes,
            actor=seat.actor,
        )
        ended = [_step(one, "replaced", seat.actor) for one in before if one.ended is None]
        document = HandoverWrite(handovers=[row], steps=ended)
        return Plan(None, signed(seat, HAND_OVER, None, writing(store.write_handover, document)))

    await turn(who, decide)


async def take_back(hands: Hands, code: str, handover_id: UUID) -> None:
    """End a hand-over: its tablet opens nothing any more, and what was answered stays, unsent.

    Raises NotHereError, NotAllowedError, AlreadyDoneError.
    """
    who, seat = hands.turn_of(await find_place(hands, code, HAND_OVER)), hands.seat

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        lines = await store.list_handovers(
            who.connection, who.study_id, facts.id, valid=VALID, most=MOST_SHOWN
        )
        line = next((one for one in lines if one.id == handover_id), None)
        if line is None:
            raise NotHereError
        if line.ended is not None:
            raise AlreadyDoneError
        document = HandoverWrite(steps=[_step(line, "taken_back", seat.actor)])
        return Plan(None, signed(seat, HAND_OVER, None, writing(store.write_handover, document)))

    await turn(who, decide)


def _step(line: HandoverLine, step: TabletStep, actor: str) -> TabletStepRow:
    return TabletStepRow(id=new_id(), handover_id=line.id, step=step, actor=actor)
