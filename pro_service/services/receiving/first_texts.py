"""A reply to the first text (R23): a digit proves the number; it is an answer to nothing else."""

from __future__ import annotations

from typing import Final

from pro_service.domain.conversation.asking import Carrier, has_settled
from pro_service.domain.conversation.dialogue import Step, TextPart
from pro_service.domain.conversation.practice import first_asked_on, practise, practises
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.case import Case, Received, dialogue_of, read_case
from pro_service.services.receiving.outcome import InboundOutcome, Reply, own_outcome
from pro_service.store.connection import Connection
from pro_service.store.texting import messages
from pro_service.store.texting.arrivals import LineParticipant
from pro_service.texts.catalogue import format_day


async def answer_first_text(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome | None:
    """The outcome of a text on a line where a first text waits for its reply; None: of any other.

    Also None for a command, for what came before the first text can have been read, and where
    staff wrote since: these go their usual way. On a number that waits to be confirmed only a digit
    counts; whatever else comes from it is a stranger's.
    """
    user = _who_practises(received)
    if user is None or user.first_text is None:
        return None
    read = practise(received.said, pictures=received.text.media_count > 0)
    if read is None:
        return None
    if user.to_confirm is not None and not read.proven:
        return None
    row = await messages.get_carrier(
        connection,
        received.sender.study_id,
        user.first_text,
        came_at=received.text.received_at,
        heard=(),
    )
    if row is None or row.staff_wrote:
        return None
    if not has_settled(Carrier(state=row.state, accepted_for=row.accepted_for), context.pace):
        return None
    case = await read_case(connection, context, received, user)
    if case.held_back:
        return None
    outcome = own_outcome(case, read.disposition, read.command)
    parts = read.reply
    if read.proven:
        outcome.confirmed, outcome.proof = user.contact_id, "the first text was answered from it"
        parts = (*parts, *_what_comes(case))
    outcome.reply = Reply(case.render(case.headed(parts)), read.reply[0].key, case.facts.language)
    return outcome


def _who_practises(received: Received) -> LineParticipant | None:
    """Who was sent a first text on this line, where nothing else waits for a reply on it."""
    if not all(practises(dialogue_of(one)) for one in received.users):
        return None
    found = [one for one in (*received.users, *received.awaited) if one.first_text is not None]
    return found[0] if len(found) == 1 else None


_NOT_COUNTED: Final = frozenset({"answered_already", "nothing_open"})


def before_the_first(case: Case, step: Step) -> Step:
    """A step that counts nothing, in words that are true of whoever was asked nothing yet.

    That nothing was counted, what is open or when the first questions come, and whom to ring.
    """
    keys, dialogue = [part.key for part in step.reply], case.dialogue
    place = next((n for n, key in enumerate(keys) if key in _NOT_COUNTED), None)
    if place is None or dialogue.prompt or dialogue.last or _was_asked(case):
        return step
    question = step.reply[place + 1 :]
    comes = question or (*_what_comes(case), TextPart(key="nothing_asked.ring"))
    said = (*step.reply[:place], TextPart(key="nothing_asked"), *comes)
    return step.model_copy(update={"reply": said})


def _was_asked(case: Case) -> bool:
    """Whether anything was asked before, by a text or on a page. Raises VisitNotReadError."""
    return any(
        any(each.sent_at is not None for each in visit.reminders)
        or any(each.attempt is not None for each in visit.assessments)
        for visit in case.facts.visits
        if visit.opens_at <= case.facts.now
    )


def _what_comes(case: Case) -> tuple[TextPart, ...]:
    """When the first questions come."""
    facts = case.facts
    day = first_asked_on(facts)
    if day is None:
        return ()
    if day == local_day(facts.now, zone(facts.zone)):
        return (TextPart(key="first.soon"),)
    return (TextPart(key="first.next", parameters={"day": format_day(day, facts.language)}),)
