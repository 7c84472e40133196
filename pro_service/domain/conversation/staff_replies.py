"""What staff may write into a conversation (rule R7): the protocol's replies, or their own words.

Own words go only where the protocol allows them, and never speak of treatment, symptoms or scores:
nobody interprets an answer or advises by text. A reply that waits goes out when quiet hours end.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.conversation.scan import fold
from pro_service.domain.conversation.staff_words import forbidden_in
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.protocol import Messaging, Protocol
from pro_service.domain.study.times import quiet_end, zone

OWN: Final = "own"
"""The choice of words of one's own, beside the ids of the protocol's replies."""
BEGUN: Final = "begun"
"""What the template's name says of a text that answers none, and begins a conversation."""
KIND: Final = "staff"
"""The kind of message: while one is the latest on a line, nothing that comes is an answer."""
LONGEST_OWN_WORDS: Final = 300
"""Characters; with the hours and the number to ring a text stays within a few segments."""
REPLY_LASTS: Final = timedelta(hours=24)
"""A reply that could not go out for so long (study time) says what is no longer so."""


def begins(template: str) -> bool:
    """Whether a message of this template is staff's and answers no text: nobody waits for it."""
    return template.startswith(f"{KIND}.{BEGUN}.")


def in_own_words(template: str) -> bool:
    """Whether a message of this template is of staff's own words."""
    return template.startswith(f"{KIND}.") and template.endswith(f".{OWN}")


class WordsProblem(StrEnum):
    """Why words of one's own do not go out."""

    not_allowed = "not_allowed"
    """The protocol allows none."""
    empty = "empty"
    too_long = "too_long"
    forbidden = "forbidden"
    """They speak of treatment, symptoms or scores."""
    link = "link"
    """They hold an address: people are told that our links come from the service alone."""


class ReplyWordsError(ProServiceError):
    """These words cannot be sent as a reply; `problem` says why, `found` which of them."""

    def __init__(self, problem: WordsProblem, found: str = "") -> None:
        """Keep what is wrong."""
        super().__init__()
        self.problem = problem
        self.found = found


class Chosen(NamedTuple):
    """A reply as chosen: the template's name on the message, and the words it says."""

    template: str
    words: str


def choices(protocol: Protocol, language: Language) -> tuple[Chosen, ...]:
    """The replies the protocol has, by id, in the participant's language."""
    return tuple(Chosen(one.id, one.words[language]) for one in protocol.coming.reply)


def choose(protocol: Protocol, language: Language, choice: str, own_words: str) -> Chosen:
    """What a choice says. Raises ReplyWordsError, and for a reply the protocol has not as well."""
    if choice == OWN:
        return Chosen(f"{KIND}.{OWN}", _checked(protocol.messaging, own_words))
    for one in choices(protocol, language):
        if one.template == choice:
            return Chosen(f"{KIND}.{choice}", one.words)
    raise ReplyWordsError(WordsProblem.empty)


def _checked(messaging: Messaging, words: str) -> str:
    """Own words as they may go out. Raises ReplyWordsError."""
    if not messaging.own_words:
        raise ReplyWordsError(WordsProblem.not_allowed)
    kept = " ".join(words.split())
    if not kept:
        raise ReplyWordsError(WordsProblem.empty)
    if len(kept) > LONGEST_OWN_WORDS:
        raise ReplyWordsError(WordsProblem.too_long)
    found = forbidden_in(kept)
    if found is not None:
        raise ReplyWordsError(WordsProblem.forbidden, found)
    if re.search(r"https?:|www\.|\w\.(?:com|cn|org|net)\b", fold(kept)):
        raise ReplyWordsError(WordsProblem.link)
    return kept


def ending(messaging: Messaging) -> TextPart:
    """The last line of every reply: when somebody reads what comes back, and the number to ring."""
    if messaging.read_from is None or messaging.read_until is None:
        return TextPart(key="staff.ring")
    hours: dict[str, str] = {
        "read_from": f"{messaging.read_from:%H:%M}",
        "read_until": f"{messaging.read_until:%H:%M}",
    }
    return TextPart(key="staff.hours", parameters={**hours})


def goes_at(messaging: Messaging, now: datetime, zone_name: str) -> datetime:
    """When a reply may go out (UTC): now, or once the participant's quiet hours end."""
    return quiet_end(now, messaging.quiet_from, messaging.quiet_until, zone(zone_name))
