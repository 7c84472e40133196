"""The first text at the desk (R23): looked at in the words that go out, then sent, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.delivery.contacts import ContactFacts, in_order
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.reaching.first_texts import Joining, Telephone
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.turns import Who
from pro_service.services.texting.proving.first_texts import plan_first_text, send_first_text
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.masks import mask_for
from pro_service.web.desk.person.naming import chosen, whom
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet
from pro_service.web.desk.words import Words

NOT_YET: Final = frozenset({Joining.waiting, Joining.lost, Joining.not_tried})
"""Of a telephone that nobody has proven."""


def _telephones(asked: Asked) -> list[ContactFacts]:
    return [one for one in in_order(asked.facts.contacts) if one.kind == "phone"]


def _fields(asked: Asked) -> Sequence[Field]:
    """Which telephone, where there are several."""
    telephones = _telephones(asked)
    return (whom(asked, telephones),) if len(telephones) > 1 else ()


def _which(asked: Asked) -> UUID | None:
    telephones = _telephones(asked)
    if len(telephones) < 2:
        return telephones[0].id if telephones else None
    return chosen(asked, telephones).id


async def _look(asked: Asked) -> Outlook:
    text = await plan_first_text(asked.turn.who, asked.facts, asked.protocol, which=_which(asked))
    words, local = asked.words, zone(asked.facts.zone)
    to = mask_for(asked.turn, text.contact)
    goes = (
        words.text("ask.goes_now")
        if text.at_once
        else words.text("first.goes_at", at=words.instant(text.goes_at, local))
    )
    sentences = [
        words.text("first.numbers", ours=text.sender.address, theirs=to),
        *(words.text("first.line", words=line) for line in text.body.split("\n")),
        goes,
        words.text("first.proves"),
    ]
    return Outlook(sentences, document=text)


async def _send(asked: Asked, who: Who) -> Done:
    text = await send_first_text(who, asked.actor, which=_which(asked))
    if text.at_once:
        return Done("first_text")
    return Done("first_text_later", local_day(text.goes_at, zone(asked.facts.zone)))


FIRST_TEXT: Final = Sheet(
    "first-text", Action.send_first_text, _fields, _send, _look, reasoned=False
)


def joining_words(
    words: Words, telephones: Iterable[Telephone], local: ZoneInfo
) -> Mapping[str, Any]:
    """What is said of each telephone that is new or was proven, by its contact."""
    return {
        str(one.contact_id): {
            "said": said_of(words, one, local),
            "not_yet": one.joining in NOT_YET,
            "may_go": one.joining in (Joining.lost, Joining.not_tried),
        }
        for one in telephones
        if one.joining is not Joining.heard
    }


def said_of(words: Words, one: Telephone, local: ZoneInfo) -> str:
    """How far a telephone is on the way to being proven, and since when."""
    at = one.verified_at or one.sent_at
    if at is None:
        return words.word("joining", one.joining)
    return words.text(
        "joining.since", what=words.word("joining", one.joining), at=words.instant(at, local)
    )
