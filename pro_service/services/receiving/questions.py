"""What a text may answer: how far the question has come, and whether the text was heard before."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.asking import Carrier, is_asked, is_repeated
from pro_service.domain.conversation.dialogue import same_question
from pro_service.services.receiving.case import Case
from pro_service.store.ids import made_at
from pro_service.store.texting import messages
from pro_service.store.texting.messages import HeardText
from pro_service.vault import places


class Standing(NamedTuple):
    """How a text stands to the question that is open."""

    accepted: bool
    """Whether the sender can have seen the question, and means it."""
    staff_wrote: bool
    """Whether staff wrote on the line since: then it is for them."""


async def standing_of(case: Case) -> Standing:
    """Look up how a text stands to the open question: one statement, where there is one."""
    received, facts, prompt = case.received, case.facts, case.dialogue.prompt
    if prompt is None and (case.silenced or case.held_back):
        return Standing(accepted=False, staff_wrote=False)
    # Of two texts at once the second came before the question that answers the first was written.
    unmoved = same_question(prompt, received.asked.get(facts.id))
    if prompt is None or prompt.message_id is None:
        accepted = unmoved and is_asked(prompt, None, case.context.pace)
        return Standing(accepted, case.staff_wrote and prompt is None)
    row = received.arrived.carriers.get(facts.id)
    if row is None:
        row = await messages.get_carrier(
            case.connection,
            facts.study_id,
            prompt.message_id,
            came_at=received.text.received_at,
            heard=_just_heard(case),
        )
    if row is None:
        return Standing(accepted=False, staff_wrote=False)
    carrier = Carrier(state=row.state, accepted_for=row.accepted_for, staff_wrote=row.staff_wrote)
    asked = unmoved and is_asked(prompt, carrier, case.context.pace)
    repeated = asked and is_repeated(received.text.body, await _words_of(case, row.heard))
    return Standing(asked and not repeated, row.staff_wrote)


def heard_with(case: Case) -> tuple[UUID, ...]:
    """The texts to be compared with the next one: this, and those that came just before it."""
    if not case.context.pace.repeats:
        return ()
    return (*_just_heard(case), case.received.inbound_id)


def _just_heard(case: Case) -> tuple[UUID, ...]:
    """Those of the last texts that came so lately that this may be one of them again."""
    since = made_at(case.received.inbound_id) - case.context.pace.repeats
    return tuple(one for one in case.dialogue.heard if made_at(one) > since)


async def _words_of(case: Case, heard: tuple[HeardText, ...]) -> list[str]:
    """What those of the texts said that were heard just before."""
    keys, study_id = case.context.keys, case.facts.study_id
    found, just = [], _just_heard(case)
    for one in heard:
        if one.id not in just:
            continue
        await keys.open_key(case.connection, study_id, one.body_key)
        text = places.INBOUND_BODY.open(
            keys.vault, one.body_sealed, key=one.body_key, row_id=one.id
        )
        found.append(text)
    return found
