"""A text that warns: an alert for whoever may have written it, and whom to ring said at once (R8).

From any number: a participant's, a contact's, one that asked for silence, one that several share. A
text from a number nobody has raises no alert, for there is nobody to name; it is read first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.conversation.scan import language_of
from pro_service.domain.conversation.warning import read_warning
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.case import Received
from pro_service.services.receiving.outcome import InboundOutcome, Reply
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.receiving import inbounds
from pro_service.store.writes import TextAlertRow
from pro_service.vault.codes import without

WARNING: Final = "warning.call"
"""The words that say whom to ring; the template of a reply of nothing else."""


async def warn(
    connection: Connection, context: ServiceContext, received: Received, outcome: InboundOutcome
) -> None:
    """Add to the outcome of a text what its words warn of.

    A text that was taken as an answer says nothing else: the parser takes no unknown word. A
    reaction quotes our own words. Whoever asked for silence is told whom to ring once a day.
    """
    if outcome.disposition in ("answer", "reaction"):
        return
    # A code may end as a temperature is written: "...38C" is no fever.
    lines = (*received.users, *received.awaited, *received.unasked)
    warned = read_warning(without([one.personal_code for one in lines], received.text.body))
    if not warned.named:
        return
    outcome.urgent = True
    outcome.disposition = "needs_reading"
    if not warned.signs:
        return
    people, uncertain = _who(received, outcome)
    outcome.alerts += [
        TextAlertRow(
            id=new_id(),
            participant_id=participant_id,
            rule=sign.rule,
            severity="urgent",
            uncertain_who=uncertain,
            actor=received.actor,
        )
        for participant_id in people
        for sign in warned.signs
    ]
    await _tell(connection, context, received, outcome, people)


def _who(received: Received, outcome: InboundOutcome) -> tuple[Sequence[UUID], bool]:
    """Everybody who may have written the text, and whether it is not known which of them did.

    On a shared telephone a question that is open tells nothing of who holds it; a typed code does.
    """
    everybody = tuple(
        dict.fromkeys(one.id for one in (*received.users, *received.awaited, *received.unasked))
    )
    if outcome.facts is not None and outcome.in_focus:
        return (outcome.facts.id,), False
    return everybody, len(everybody) > 1


async def _tell(
    connection: Connection,
    context: ServiceContext,
    received: Received,
    outcome: InboundOutcome,
    people: Sequence[UUID],
) -> None:
    """Say whom to ring: before the rest of the reply, or alone where there would be none."""
    study_id = received.sender.study_id
    facts = outcome.facts
    if facts is None and people:
        facts = await context.reader.facts(connection, study_id, people[0])
    if facts is None:
        await _tell_stranger(connection, context, received, outcome)
        return
    words = await _words(connection, context, facts, WARNING)
    if outcome.reply is None:
        if not await inbounds.was_warned_today(connection, study_id, received.line.id):
            outcome.reply = Reply(words, WARNING, facts.language)
        return
    # "Somebody will read it, maybe not at once" is said better, and more urgently, by these words.
    noted = await _words(connection, context, facts, "reading.noted")
    outcome.reply = _led(outcome.reply, words, noted)


async def _words(
    connection: Connection, context: ServiceContext, facts: ParticipantFacts, key: str
) -> str:
    protocol = await context.reader.protocol(connection, facts.study_id, facts.protocol_version_id)
    naming = text_context(context, protocol, facts)
    return context.texts.render((TextPart(key=key),), facts.language, naming)


def _led(reply: Reply, words: str, noted: str) -> Reply:
    """The reply with these words first."""
    lines = reply.body.replace(noted, "").strip("\n").split("\n")
    rest = [line for line in lines if line]
    return replace(reply, body="\n".join((words, *rest)))


async def _tell_stranger(
    connection: Connection, context: ServiceContext, received: Received, outcome: InboundOutcome
) -> None:
    """The same to a number nobody enrolled has, in the language of what it wrote."""
    study_id = received.sender.study_id
    language = language_of(received.text.body)
    telephones = await inbounds.list_telephones_of_sender(connection, study_id, received.sender.id)
    if len(set(telephones)) == 1:
        words = context.texts.text(
            WARNING,
            language,
            site_telephone=telephones[0].telephone,
            emergency_number=telephones[0].emergency_number,
        )
    else:
        words = context.texts.text("warning.stranger", language)
    if outcome.reply is not None:
        outcome.reply = _led(outcome.reply, words, "")
    elif not await inbounds.was_warned_today(connection, study_id, received.line.id):
        outcome.reply = Reply(words, WARNING, language)
