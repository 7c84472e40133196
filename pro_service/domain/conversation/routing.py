"""Whose text is it, on a line that several participants share.

Stop and help concern the line and everybody on it; they are recognised before routing and never
reach one participant only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.scan import fold
from pro_service.domain.record import Record

FOCUS_LASTS: Final = timedelta(minutes=15)
"""After a pause this long the next text may well be the other person's: the code is asked again."""


class OpenConversation(Record):
    """A participant with a question open on the line, and the code that participant types."""

    participant_id: UUID
    personal_code: str
    asked_at: datetime | None = None
    """When the open question was asked (study time)."""
    reminded: bool = False
    """The open question came with a reminder, not within an exchange."""


class Route(Record):
    """Where a text goes.

    - `line`: a command for the line as a whole (stop, start, help);
    - `nobody`: no conversation is open;
    - `owner`: it belongs to `participant_id`;
    - `switch`: it was that participant's code: it is consumed, the line's focus moves there and the
      participant's question is asked again;
    - `ask_code`: several are open and nothing tells them apart: ask for the code.
    """

    kind: Literal["line", "nobody", "owner", "switch", "ask_code"]
    participant_id: UUID | None = None
    command: Command | None = None


LINE_COMMANDS = frozenset({Command.stop, Command.start, Command.help})


def route(open_conversations: Sequence[OpenConversation], focus: UUID | None, text: str) -> Route:
    """Decide whose `text` is; `focus` is the participant the line was last about, if any."""
    command = recognise(text)
    if command in LINE_COMMANDS:
        return Route(kind="line", command=command)
    if not open_conversations:
        return Route(kind="nobody")
    said = _bare(text)
    named = [one for one in open_conversations if said and _bare(one.personal_code) == said]
    if len(named) == 1:
        return Route(kind="switch", participant_id=named[0].participant_id)
    if len(open_conversations) == 1:
        return Route(kind="owner", participant_id=open_conversations[0].participant_id)
    if focus is not None and any(one.participant_id == focus for one in open_conversations):
        return Route(kind="owner", participant_id=focus)
    return Route(kind="ask_code")


def present_focus(
    open_conversations: Sequence[OpenConversation], focus: UUID | None, now: datetime
) -> UUID | None:
    """Return `focus` if that participant is in the middle of an exchange, else None.

    The focus of an earlier visit says nothing about who holds the phone now: it ends with a pause,
    and with a reminder to anybody on the line.
    """
    held = next((one for one in open_conversations if one.participant_id == focus), None)
    if held is None or held.asked_at is None or held.reminded:
        return None
    if now - held.asked_at > FOCUS_LASTS:
        return None
    reminded_at = [one.asked_at for one in open_conversations if one.reminded and one.asked_at]
    return None if any(at > held.asked_at for at in reminded_at) else focus


def _bare(code: str) -> str:
    """Return letters and digits only, folded: codes are typed with spaces, dashes, any case."""
    return re.sub(r"[\W_]+", "", fold(code))
