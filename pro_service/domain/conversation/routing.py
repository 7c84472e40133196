"""Whose text is it, on a line that several participants share.

Stop and help concern the line and everybody on it; they are recognised before routing and never
reach one participant only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from pro_service.domain.conversation.codes import read_code
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.record import Record

FOCUS_LASTS: Final = timedelta(minutes=15)
"""After a pause this long the next text may well be the other person's: the code is asked again."""


class LineUser(Record):
    """Somebody who uses the number: the code they type, and the question open with them."""

    participant_id: UUID
    personal_code: str
    asked_at: datetime | None = None
    """When the open question was asked (study time); None: no conversation is open."""
    reminded: bool = False
    """The open question came with a reminder, not within an exchange."""


class Route(Record):
    """Where a text goes.

    - `line`: a command for the line as a whole (stop, start, help);
    - `owner`: it belongs to `participant_id`; `said` is what they said where their code came first;
    - `switch`: it was that participant's code: it is consumed, the line's focus moves there and the
      participant's question is asked again;
    - `ask_code`: several may have written and nothing tells them apart: ask for the code.
    """

    kind: Literal["line", "owner", "switch", "ask_code"]
    participant_id: UUID | None = None
    command: Command | None = None
    in_focus: bool = False
    """The text belongs to the exchange that the owner's code opened, which it carries on."""
    said: str | None = None
    """What stood behind the owner's code, where something did; None: the whole text."""


LINE_COMMANDS = frozenset({Command.stop, Command.start, Command.help})


def route(users: Sequence[LineUser], focus: UUID | None, text: str) -> Route:
    """Decide whose `text` is; `focus` is who typed their code in the exchange under way, if any.

    At least one of `users` uses the number: a stranger's text never comes this far.

    One open conversation: its owner. Two: whoever typed the code; a question that merely came last
    says nothing about who holds the telephone. None open: the same, for `back` and for words.
    """
    command = recognise(text)
    if command in LINE_COMMANDS:
        return Route(kind="line", command=command)
    named = read_code([one.personal_code for one in users], text)
    if named is not None and named.whose is None:
        return Route(kind="ask_code")
    if named is not None and named.whose is not None:
        owner = users[named.whose].participant_id
        if not named.rest:
            return Route(kind="switch", participant_id=owner, in_focus=True)
        behind = recognise(named.rest)
        if behind in LINE_COMMANDS:
            return Route(kind="line", command=behind)
        return Route(kind="owner", participant_id=owner, in_focus=True, said=named.rest)
    asked = [one.participant_id for one in users if one.asked_at is not None]
    likely = asked or [one.participant_id for one in users]
    if len(likely) > 1:
        likely = [one for one in likely if one == focus]
    if not likely:
        return Route(kind="ask_code")
    return Route(kind="owner", participant_id=likely[0], in_focus=likely[0] == focus)


def present_focus(
    users: Sequence[LineUser], focus: UUID | None, focused_at: datetime | None, now: datetime
) -> UUID | None:
    """Return `focus` if that participant is in the middle of the exchange their code opened.

    `focused_at` is when the code, or the last text credited because of it, came. The exchange ends
    with a pause, and with a reminder to anybody on the line.
    """
    if focused_at is None or now - focused_at > FOCUS_LASTS:
        return None
    reminded_at = [one.asked_at for one in users if one.reminded and one.asked_at]
    return None if any(at > focused_at for at in reminded_at) else focus
