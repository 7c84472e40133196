"""Sending by text what was answered and never sent: the word SEND, and what leads to it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, Step, TextPart

WAITING = "send.waiting"
"""The text that says: all is answered, and how to send it."""


def to_be_sent(agenda: Sequence[AgendaEntry]) -> tuple[UUID, ...]:
    """The assessments in which all is answered and that were not sent."""
    return tuple(entry.assessment_id for entry in agenda if entry.unsent)


def offer(agenda: Sequence[AgendaEntry]) -> tuple[TextPart, ...]:
    """How to send what is answered, if anything is to be sent."""
    return (TextPart(key=WAITING),) if to_be_sent(agenda) else ()


def send(present: Dialogue, agenda: Sequence[AgendaEntry], question: tuple[TextPart, ...]) -> Step:
    """Send all that is to be sent, as it stands; `question` is what is open besides.

    Nothing is sent whose questions are not all answered: they are asked first.
    """
    ids = to_be_sent(agenda)
    if ids:
        reply = (TextPart(key="send.sent" if question else "send.thanks"), *question)
    elif question:
        reply = (TextPart(key="send.not_yet"), *question)
    else:
        reply = (TextPart(key="nothing_open"),)
    return Step(
        dialogue=present, sent=ids, reply=reply, disposition="command", command=Command.send
    )
