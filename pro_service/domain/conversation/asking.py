"""Whether a question counts as asked: what a text may answer, and what it may not.

A question counts as asked once the provider has had its text for a few seconds, so that whoever
writes can have seen it. Nothing is asked any more once the line wanted silence, or while what
staff wrote is the latest on it (rule R7). The same words again within seconds are one text that was
delivered twice. The spans of `Pace` are machine time: study time can be moved, a network cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.conversation.dialogue import Dialogue, Prompt, TextPart, same_question
from pro_service.domain.conversation.scan import fold
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.record import Record


class Pace(NamedTuple):
    """How quick people and networks are at most (machine time)."""

    settles: timedelta = timedelta(seconds=3)
    """A text of ours cannot have been read and answered sooner after the provider took it."""
    repeats: timedelta = timedelta(seconds=10)
    """The same words sooner than this under another id are a second delivery of one text."""


EXCHANGE_LASTS: Final = timedelta(hours=24)
"""So long (study time) after an answer `back` still means it, and after a question that was asked
just before the line wanted silence an answer still is one."""
PACE: Final = Pace()
"""The pace of real telephones."""
AT_ONCE: Final = Pace(timedelta(0), timedelta(0))
"""For people who are simulated: they answer within the millisecond, and mean it."""

_NEVER_SEEN: Final = frozenset(
    {
        MessageState.queued,
        MessageState.sending,
        MessageState.failed,
        MessageState.undelivered,
        MessageState.suppressed,
        MessageState.expired,
    }
)
_TAKEN: Final = frozenset({MessageState.accepted, MessageState.sent, MessageState.delivered})


class Carrier(Record):
    """How far the text that carried a question has come."""

    state: MessageState
    accepted_for: timedelta | None = None
    """How long the provider had had it when the participant's text came (machine time). None: it
    has not, or had it before this was written down."""
    staff_wrote: bool = False
    """Staff wrote on the line after it: what comes now is for them."""


def has_settled(carrier: Carrier, pace: Pace) -> bool:
    """Tell whether a text of ours can have been read when the participant's was written."""
    if carrier.state in _NEVER_SEEN:
        return False
    if carrier.accepted_for is None:
        return carrier.state in _TAKEN
    return carrier.accepted_for >= pace.settles


def is_asked(prompt: Prompt | None, carrier: Carrier | None, pace: Pace) -> bool:
    """Tell whether a question counts as asked; `carrier` is None where no text is known to have it.

    Without an open question nothing stands in the way of saying so: True.
    """
    if prompt is None or prompt.told:
        return True
    return carrier is not None and not carrier.staff_wrote and has_settled(carrier, pace)


def is_repeated(text: str, earlier: Iterable[str]) -> bool:
    """Tell whether a text says what one of the texts just before it said, word for word."""
    said = fold(text)
    return any(fold(one) == said for one in earlier)


def still_asked(dialogue: Dialogue, silenced_at: datetime | None, now: datetime) -> Dialogue:
    """Return what stands of a dialogue on a line that last asked for silence at `silenced_at`.

    Who wanted silence may still answer what they had just been asked. Once that exchange is over
    the question is gone, and the way back: nothing else was sent since. Study time throughout.
    """
    prompt, last = dialogue.prompt, dialogue.last
    if prompt is not None and _is_gone(prompt.asked_at, silenced_at, now):
        prompt = None
    if last is not None and _is_gone(last.given_at, silenced_at, now):
        last = None
    if prompt is dialogue.prompt and last is dialogue.last:
        return dialogue
    return dialogue.model_copy(update={"prompt": prompt, "last": last})


def _is_gone(at: datetime | None, silenced_at: datetime | None, now: datetime) -> bool:
    before = at is not None and silenced_at is not None and at <= silenced_at
    return before and at is not None and now - at > EXCHANGE_LASTS


def asks(parts: Sequence[TextPart]) -> bool:
    """Tell whether a text carries a question."""
    return any(part.key.startswith("prompt.") for part in parts)


def carried(after: Dialogue, before: Dialogue, message_id: UUID | None) -> Dialogue:
    """Return the dialogue as it is kept: a question in it is in a text, or was in one before.

    `message_id` is the reply that carries the question of `after`; None: none does. What nobody was
    sent is not remembered as asked.
    """
    prompt = after.prompt
    if prompt is None:
        return after
    if message_id is not None:
        update: dict[str, object] = {"message_id": message_id, "told": False}
        return after.model_copy(update={"prompt": prompt.model_copy(update=update)})
    if same_question(prompt, before.prompt):
        return after
    return after.model_copy(update={"prompt": None})
