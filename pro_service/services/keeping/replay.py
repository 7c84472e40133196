"""After a restore: what the journal says happened since the backup happens again.

Stops, deaths, withdrawals and numbers gone bad go through the use cases everybody uses. A text that
was sent counts as sent. What would let texts go again, and whatever concerns somebody or something
the backup does not know, is done by no program: it is listed for a person. All of it may be run
again: what stands is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import Agreed
from pro_service.domain.erasing import Ground
from pro_service.domain.study.consenting.parts import ConsentPart, agreed_to
from pro_service.domain.study.events import EventRefusedError, NewEvent, is_struck, known_event
from pro_service.domain.study.facts import EventKind, ParticipantFacts, Status
from pro_service.domain.study.follow_up.call_keys import FIND_NUMBER
from pro_service.domain.study.statuses import RULES, StatusRefusedError, lifts_withdrawal, standing
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.base.turns import Decision, Who, until_written
from pro_service.services.keeping.lost_texts import LostText, Went, keep_lost_text
from pro_service.services.record import SaidConsent, say_part
from pro_service.services.texting import (
    Claimed,
    NoLineError,
    agree_for_contact,
    indexes_at,
    look_for_lost,
    opt_out_by_staff,
    opt_out_row,
)
from pro_service.services.visits import (
    RestrictionRefusedError,
    erase_again,
    record_event,
    record_status,
    restrict,
)
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.journal import JournalLine
from pro_service.store.keeping import replay as store
from pro_service.store.receiving import inbounds
from pro_service.store.texting import lines as line_store
from pro_service.store.texting import numbers, sending
from pro_service.store.texting.lines import OptOutWrite

ACTOR: Final = "restore"
REASON: Final = "from the journal, after a restore"
OVERLAP: Final = timedelta(minutes=10)
"""Lines this much older than the backup are replayed too: clocks differ, and writes under way when
it was made are not in it."""

Outcome = Literal["done", "stands", "confirm"]
"""Put back; in the backup already; somebody must see to it."""


class Replayed(NamedTuple):
    """What became of one line: about whom (code, or id where that is unknown), and in words."""

    outcome: Outcome
    code: str
    words: str


@dataclass(frozen=True)
class Hands:
    """What a replay works with: the operator's connection, the worker's, and the context."""

    operator: Connection
    worker: Connection
    context: ServiceContext


async def replay(hands: Hands, lines: Sequence[JournalLine]) -> list[Replayed]:
    """Put back what these lines tell, in their order; texts first, while their number is known, and
    erasures last, for nothing is written about somebody whose key is gone.
    """
    distinct = list({one.model_dump_json(exclude={"id"}): one for one in reversed(lines)}.values())
    distinct.sort(key=lambda one: (one.kind == "erasure", one.kind != "send", one.id))
    return [await _replay_line(hands, line) for line in distinct]


async def ask_provider(hands: Hands, lines: Sequence[JournalLine]) -> tuple[int, int]:
    """Look the journal's texts up at the provider: how many it has, and how many stay unknown."""
    bound = unknown = 0
    for line in lines:
        if line.kind != "send" or line.message_id is None:
            continue
        found = await store.find_sent_message(
            hands.worker, line.study_id, line.message_id, line.dedupe_key
        )
        if found is None or found.state != "unconfirmed":
            continue
        claimed = Claimed(line.study_id, found.id)
        state = await look_for_lost(hands.worker, hands.context, claimed)
        bound += state == "accepted"
        unknown += state != "accepted"
    return bound, unknown


async def _replay_line(hands: Hands, line: JournalLine) -> Replayed:
    who = _who(hands, line)
    facts = None
    if who is not None:
        try:
            facts = await hands.context.reader.facts(
                who.connection, who.study_id, who.participant_id
            )
        except UnknownParticipantError:
            return Replayed(
                "confirm",
                str(line.participant_id),
                f"{line.kind}: the backup does not know this participant, who was enrolled later."
                " Enrol them again, then do this again by hand.",
            )
    if facts is not None and facts.data_key is None and line.kind != "send":
        return Replayed("stands", facts.code, "is erased: nothing more is written about them")
    if line.kind == "opt_out":
        return await _opt_out(hands, line, who, facts)
    if who is None or facts is None:
        return Replayed("confirm", "nobody", f"{line.kind}: it concerns no participant.")
    if line.kind == "send":
        return await _send(hands, line, facts)
    if line.kind == "death":
        return await _death(who, line, facts)
    if line.kind == "status":
        return await _status(who, line, facts)
    if line.kind == "consent_withdrawn":
        return await _consent_withdrawn(who, line, facts)
    if line.kind == "restricted":
        return await _restricted(who, facts)
    if line.kind == "erasure":
        return await _erased(who, line, facts)
    if line.kind == "bad_number":
        return await _bad_number(hands, facts)
    if line.kind in ("number_ended", "number_wrong"):
        return await _number_ended(who, line, facts)
    if line.kind == "enrolled":
        return Replayed("stands", facts.code, "enrolled")
    return Replayed("confirm", facts.code, _BY_HAND[line.kind])


_BY_HAND: Final = {
    "opt_out_ended": "said that texts may go again after the backup; if that still holds, lift the"
    " opt-out: pro-service participant opt-in.",
    "consent_given": "agreed to something, or signed a consent, after the backup; if the paper says"
    " so, write it down again: pro-service participant consent.",
    "restriction_lifted": "had the restriction lifted after the backup; if that still holds:"
    " pro-service participant restrict --lift.",
    "number_added": "got another number after the backup, which is lost: ask for it and enter it"
    " again: pro-service participant number.",
    "death_struck": "had a death taken back as recorded in error after the backup, so that it"
    " stands again; if the error still holds: pro-service event strike.",
    "safety_ended": "had the safety follow-up ended by an investigator after the backup, so that"
    " calls begin again; if that still holds: pro-service participant safety end.",
}


def _who(hands: Hands, line: JournalLine) -> Who | None:
    if line.participant_id is None:
        return None
    return Who(hands.operator, hands.context, line.study_id, line.participant_id)


async def _opt_out(
    hands: Hands, line: JournalLine, who: Who | None, facts: ParticipantFacts | None
) -> Replayed:
    """Hold the line back again; where it is new since the backup, the participant's number."""
    code = "nobody" if facts is None else facts.code
    if line.line_id is not None and await store.is_line_known(
        hands.operator, line.study_id, line.line_id
    ):
        if await inbounds.is_held_back(hands.operator, line.study_id, line.line_id):
            return Replayed("stands", code, "opted out")
        users = await store.list_line_users(hands.operator, line.study_id, line.line_id)
        if users:
            first = who or Who(hands.operator, hands.context, line.study_id, users[0])
            await _hold_line(first, line, [one for one in users if one != first.participant_id])
            return Replayed("done", code, "opted out: no text goes to the number")
    if facts is not None and facts.opted_out_at is not None:
        return Replayed("stands", code, "opted out")
    if who is None:
        return Replayed(
            "confirm", code, "opt_out: a number that no participant uses wanted no texts."
        )
    try:
        await opt_out_by_staff(who, ACTOR, REASON)
    except NoLineError:
        return Replayed("confirm", code, "opted out, but has no number in the backup.")
    return Replayed("done", code, "opted out: no text goes to the number")


async def _hold_line(who: Who, line: JournalLine, others: list[UUID]) -> None:
    async def decide() -> Decision[None]:
        facts = await who.context.reader.facts(who.connection, who.study_id, who.participant_id)
        if line.line_id is None:
            return Decision(None)
        opt_out = opt_out_row(line.line_id, line.participant_id, ACTOR, REASON)
        document = OptOutWrite(opt_outs=[opt_out], affected=others)
        guard = Guard(who.study_id, who.participant_id, facts.revision)
        return Decision(None, lambda: line_store.opt_out_line(who.connection, guard, document))

    await until_written(decide)


async def _death(who: Who, line: JournalLine, facts: ParticipantFacts) -> Replayed:
    known = known_event(facts.events, EventKind.death, 1)
    if known is not None and known.occurred_at is not None:
        return Replayed("stands", facts.code, "died")
    if known is not None and is_struck(known):
        return Replayed("stands", facts.code, "died, which was taken back as recorded in error")
    happened = min(line.occurred_at or facts.now, facts.now)
    event = NewEvent(EventKind.death, occurred_at=happened)
    try:
        await record_event(who, event, actor=ACTOR, reason=REASON, of_staff=False)
    except EventRefusedError:
        await record_status(who, Status.died, actor=ACTOR, reason=REASON, of_staff=False)
    return Replayed("done", facts.code, f"died on {happened:%Y-%m-%d}: nothing goes there again")


async def _status(who: Who, line: JournalLine, facts: ParticipantFacts) -> Replayed:
    status = Status(line.status or "")
    stands = standing(facts.statuses, facts.now, facts.events).status
    death = known_event(facts.events, EventKind.death, 1)
    if status is Status.died and death is not None and is_struck(death):
        return Replayed("stands", facts.code, "died, which was taken back as recorded in error")
    if stands is status:
        return Replayed("stands", facts.code, status)
    loosens = lifts_withdrawal(stands, status)
    if stands is Status.died or loosens or not RULES[status].stops_messages:
        return Replayed(
            "confirm",
            facts.code,
            f"had the status {status} recorded after the backup; it is not put back by itself."
            " If it holds: pro-service participant status.",
        )
    try:
        await record_status(who, status, actor=ACTOR, reason=REASON, of_staff=False)
    except StatusRefusedError as error:
        # Lines of just before the backup come too: what followed them is in it already.
        return Replayed(
            "confirm", facts.code, f"had the status {status}; not put back: {error.message}"
        )
    return Replayed("done", facts.code, f"has the status {status}")


async def _consent_withdrawn(who: Who, line: JournalLine, facts: ParticipantFacts) -> Replayed:
    """Take a consent back again: a part of the participant's, or a contact's own to be texted."""
    part = None if line.part is None else ConsentPart(line.part)
    if part is not None:
        if not agreed_to(facts.consent, part):
            return Replayed("stands", facts.code, f"does not agree: {part}")
        said = SaidConsent(local_day(facts.now, zone(facts.zone)), ACTOR, REASON)
        await say_part(who, part, said, given=False)
        return Replayed("done", facts.code, f"does not agree any more: {part}")
    contact = next((one for one in facts.contacts if one.id == line.contact_id), None)
    if contact is None or not contact.may_be_texted:
        return Replayed("stands", facts.code, "a contact does not agree to be texted")
    agreed = Agreed(
        may_be_texted=False, may_be_told=contact.may_be_told, agreed_on=contact.agreed_on
    )
    await agree_for_contact(who, contact.id, agreed, REASON)
    return Replayed("done", facts.code, "a contact does not agree to be texted any more")


async def _restricted(who: Who, facts: ParticipantFacts) -> Replayed:
    try:
        await restrict(who, actor=ACTOR, reason=REASON)
    except RestrictionRefusedError:
        return Replayed("stands", facts.code, "is restricted")
    return Replayed("done", facts.code, "is restricted: nothing goes there, and no number is shown")


async def _erased(who: Who, line: JournalLine, facts: ParticipantFacts) -> Replayed:
    """Destroy the key again, which the backup brought back: two persons said so."""
    ground = Ground(line.ground or Ground.decision)
    if not await erase_again(who, ground, actor=ACTOR, reason=REASON):
        return Replayed("stands", facts.code, "is erased")
    return Replayed("done", facts.code, "is erased again: the key the backup held is destroyed")


async def _bad_number(hands: Hands, facts: ParticipantFacts) -> Replayed:
    """Let every telephone of theirs rest: the journal does not say which it was."""
    working = [one for one in facts.contacts if one.kind == "phone" and not one.bad]
    if not working:
        return Replayed("stands", facts.code, "the number does not work")
    indexes = [index for one in working for index in indexes_at(hands.context, one)]
    async with transaction(hands.worker) as held:
        await numbers.give_reason(held, REASON)
        await numbers.mark_bad_number(held, facts.study_id, facts.id, indexes, new_id(), ACTOR)
    return Replayed("done", facts.code, "the number rests until its call task is closed")


async def _number_ended(who: Who, line: JournalLine, facts: ParticipantFacts) -> Replayed:
    """Silence the contact whose number ended or was somebody else's, if the backup has it."""
    found = next((one for one in facts.contacts if one.id == line.contact_id), None)
    ends = line.kind == "number_ended"
    if found is None or (found.wrong and not ends):
        return Replayed("stands", facts.code, "the number had ended")
    indexes = indexes_at(who.context, found)

    async def decide() -> Decision[None]:
        now = await who.context.reader.facts(who.connection, who.study_id, who.participant_id)
        guard = Guard(who.study_id, who.participant_id, now.revision)

        async def end() -> None:
            async with transaction(who.connection) as held:
                await numbers.give_reason(held, REASON)
                await numbers.silence_contact(held, guard, found.id, indexes, ends=ends)
                if not ends:
                    call = (new_id(), who.participant_id, FIND_NUMBER, ACTOR)
                    await sending.insert_call(held, who.study_id, *call)

        return Decision(None, end)

    await until_written(decide)
    return Replayed("done", facts.code, "the number has ended: nothing goes to it again")


async def _send(hands: Hands, line: JournalLine, facts: ParticipantFacts) -> Replayed:
    if line.message_id is None:
        return Replayed("confirm", facts.code, "a text was sent that the journal does not name.")
    found = await store.find_sent_message(
        hands.worker, line.study_id, line.message_id, line.dedupe_key
    )
    if found is not None:
        if found.state != "queued":
            return Replayed("stands", facts.code, "a text was sent")
        await store.give_up_queued(hands.worker, line.study_id, found.id)
        return Replayed("done", facts.code, "a text that waited to be sent was sent")
    if line.dedupe_key is None:
        return Replayed("stands", facts.code, "a text was tried again")
    went = None if line.provider is None else Went(line.provider, line.line_id)
    text = LostText(line.message_id, line.dedupe_key, line.at, line.nudges, went)
    missing = await keep_lost_text(Who(hands.worker, hands.context, line.study_id, facts.id), text)
    if missing is not None:
        return Replayed("confirm", facts.code, missing)
    return Replayed("done", facts.code, "a text was sent, and is not sent again")
