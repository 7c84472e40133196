"""What is wrong with a text: too long, telling, asking for a carrier's word, not allowed there.

Pure: the words to be checked come from the catalogues.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.delivery.segments import Segments

LONGEST: Final = 1600
"""Characters a provider takes in one message."""
MOST_SEGMENTS: Final[dict[str, int]] = {"question": 4}
"""By the part of a template's name before its first dot; any other may have `MOST_OTHERWISE`."""
MOST_OTHERWISE: Final = 3

# Seen on a locked screen: a reminder must not tell a bystander what somebody is treated for. The
# question it carries has to name the knee; what precedes the question does not.
TELLING: Final = (
    "arthritis",
    "cell",
    "clinic",
    "disease",
    "drug",
    "hospital",
    "injection",
    "joint",
    "knee",
    "pain",
    "treatment",
    "trial",
    "womac",
    "临床",
    "关节",
    "干细胞",
    "患者",
    "注射",
    "治疗",
    "疼",
    "痛",
    "药",
    "膝",
    "试验",
)
_CARRIER_WORDS: Final = ("stop", "start", "yes", "end", "cancel", "quit", "unstop", "help", "info")
_ASKED_FOR: Final = re.compile(
    rf"(?:\b(?:reply|answer|text|send)\s+|回复\s*)[\"“「]?({'|'.join(_CARRIER_WORDS)})\b",
    re.IGNORECASE,
)
_MAY_ASK_FOR: Final[dict[str, str]] = {
    "reminder.stop": "stop",
    "first.hello": "stop",
    "opt_out.confirmed": "start",
    "opt_in.confirmed": "stop",
}
"""Where a carrier's word is meant as what the carrier takes it for."""
_NEEDS_NO_REPLY: Final = ("reminder.card", "reminder.for_card")
"""Texts that send people to the address and code on their card."""
_LINK: Final = re.compile(r"https?://|www\.", re.IGNORECASE)


def most_segments(template: str) -> int:
    """How many segments a template may cost."""
    return MOST_SEGMENTS.get(template.partition(".")[0], MOST_OTHERWISE)


def telling_words(text: str) -> list[str]:
    """The words of a text that tell a bystander what somebody is treated for."""
    lower = text.lower()
    return [word for word in TELLING if word in lower]


def is_too_long(template: str, counted: Segments) -> bool:
    """Whether a text may not be sent because of what it would cost, or not be taken at all."""
    return counted.segments > most_segments(template) or counted.characters > LONGEST


def problems_of(
    template: str, opening: str, text: str, counted: Segments, rules: Sequence[ChannelRule]
) -> list[str]:
    """Everything wrong with one text, in words; nothing: it may go.

    `opening` is what comes before the question in a reminder; `rules` are those of the countries
    it is to go to.
    """
    found = []
    if counted.characters > LONGEST:
        found.append(f"longer than the {LONGEST} characters a provider takes")
    if counted.segments > most_segments(template):
        found.append(f"more than {most_segments(template)} segments")
    if template.startswith("reminder."):
        found += [f"tells bystanders: {word}" for word in telling_words(opening)]
    for word in _ASKED_FOR.findall(text):
        if not _is_meant(template, word.lower()):
            found.append(f"asks for {word.upper()}, which carriers act on")
    for rule in rules:
        two_way = not template.startswith(_NEEDS_NO_REPLY)
        found += _broken(rule, _LINK.search(text) is not None, two_way=two_way)
    return found


def _is_meant(template: str, word: str) -> bool:
    return (
        word == "stop" if template.startswith("reminder.") else _MAY_ASK_FOR.get(template) == word
    )


def _broken(rule: ChannelRule, has_link: bool, *, two_way: bool) -> list[str]:
    where = f"{rule.provider} in {rule.country}"
    if not rule.one_way or rule.per_day < 1:
        return [f"no text may be sent through {where}"]
    found = []
    if has_link and not rule.links:
        found.append(f"carries a link, which {where} does not allow")
    if two_way and not has_link and not rule.two_way:
        found.append(f"needs a reply, which does not reach us through {where}")
    if rule.template_registered:
        found.append(f"must be registered with {where} beforehand")
    return found
