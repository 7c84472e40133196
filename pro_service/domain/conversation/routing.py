"""Whose text is it, on a line that several participants share.

Stop and help concern the line and everybody on it; they are recognised before routing and never
reach one participant only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.scan import fold
from pro_service.domain.record import Record


class OpenConversation(Record):
    """A participant with a question open on the line, and the code that participant types."""

    participant_id: UUID
    personal_code: str


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


def _bare(code: str) -> str:
    """Return letters and digits only, folded: codes are typed with spaces, dashes, any case."""
    return re.sub(r"[\W_]+", "", fold(code))
