"""Somebody says that a text came to the wrong number: it rests at once, and nothing is asked there.

What they say concerns everybody thought to use the number; the question that was open is theirs no
more, and whatever comes from it later is a stranger's that somebody reads.
"""

from __future__ import annotations

import re
from typing import Final

from pro_service.domain.conversation.commands import Command, recognise, wants_to_stop
from pro_service.domain.conversation.dialogue import Disposition
from pro_service.domain.conversation.wrong_numbers import (
    is_own_slip,
    may_be_own_slip,
    says_more_than_wrong_number,
)
from pro_service.domain.instruments.model import Language
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.case import Case, Received, read_case
from pro_service.services.receiving.outcome import (
    InboundOutcome,
    Reply,
    own_outcome,
    unowned_outcome,
)
from pro_service.services.texting import wrong_number
from pro_service.store.connection import Connection, Guard

NOTED: Final = "wrong_number.noted"
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")


async def answer_wrong_number(
    connection: Connection, context: ServiceContext, received: Received
) -> InboundOutcome | None:
    """The outcome of a text that says so; None for any other, and for a slip of one who answers."""
    known = (*received.users, *received.awaited, *received.unasked)
    body = received.text.body
    if not known or recognise(body) is not Command.wrong_number:
        return None
    if may_be_own_slip(body):
        for user in received.users:
            if _just_slipped(await read_case(connection, context, received, user)):
                return None
    case = await read_case(connection, context, received, known[0])
    more = received.text.media_count or says_more_than_wrong_number(body)
    disposition: Disposition = "needs_reading" if more else "command"
    about = own_outcome if len({one.id for one in known}) == 1 else unowned_outcome
    outcome = about(case, disposition, Command.wrong_number)
    guard = Guard(case.facts.study_id, case.facts.id, case.facts.revision)
    found = await wrong_number(
        connection, context, guard.study_id, received.their_address, received.actor
    )
    outcome.wrong = (found, guard)
    outcome.opt_out = wants_to_stop(body)
    if not case.held_back:
        language = _language_of(body)
        outcome.reply = Reply(context.texts.text(NOTED, language), NOTED, language)
    return outcome


def _just_slipped(case: Case) -> bool:
    """Whether 打错了 means the answer they gave a moment ago."""
    last = case.dialogue.last
    if last is None:
        return False
    for visit in case.facts.visits:
        for one in visit.asked or ():
            if one.id == last.assessment_id and one.attempt is not None:
                body = case.received.text.body
                return is_own_slip(body, one.attempt.last_answer_at, case.facts.now)
    return False


def _language_of(body: str) -> Language:
    """The language somebody writes who is no participant, and need not speak the participant's."""
    return "zh_CN" if _CHINESE.search(body) else "en"
