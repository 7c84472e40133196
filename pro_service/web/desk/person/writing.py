"""A text to one participant that staff begin with: chosen, looked at as it goes out, sent (R7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.conversation.staff_replies import OWN, choices
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.turns import Who
from pro_service.services.desk.texts import (
    FirstText,
    ReplyRefusedError,
    Wanted,
    compose_first_text,
    may_begin,
    send_first_text,
)
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet


def _fields(asked: Asked) -> Sequence[Field]:
    words, facts, protocol = asked.words, asked.facts, asked.protocol
    texts = [(one.template, one.words) for one in choices(protocol, facts.language)]
    own = protocol.messaging.own_words
    picks = [*texts, (OWN, words.text("reply.own"))] if own else texts
    spoken = words.text("write.speaks", speaks=words.word("language", facts.language))
    fields = [Field("reply", "pick", words.text("reply.which"), picks, _why_none(asked) or spoken)]
    if own:
        hint = words.text("reply.never")
        fields.append(Field("words", "words", words.text("reply.words"), hint=hint, required=False))
    return fields


def _why_none(asked: Asked) -> str | None:
    """Why no text can be begun, said before anything is typed; None: one can."""
    try:
        may_begin(asked.facts)
    except ReplyRefusedError as error:
        return asked.words.word("reply_refused", error.why)
    if asked.protocol.coming.reply or asked.protocol.messaging.own_words:
        return None
    return asked.words.text("reply.none")


def _wanted(asked: Asked) -> Wanted:
    choice = asked.typed.text("reply", optional=True)
    return Wanted(choice, asked.typed.text("words", optional=True))


async def _look(asked: Asked) -> Outlook:
    words, facts = asked.words, asked.facts
    text = compose_first_text(asked.turn.who.context, facts, asked.protocol, _wanted(asked))
    sentences = [
        words.text("write.goes_to", who=words.word("whose", text.contact.relation)),
        _when(asked, text),
        words.text("reply.costs", count=text.segments),
        words.text("write.then"),
    ]
    return Outlook(sentences, quote=text.body, document=text)


def _when(asked: Asked, text: FirstText) -> str:
    words, facts = asked.words, asked.facts
    if not text.waits:
        return words.text("reply.goes_now")
    return words.text("reply.waits", at=words.instant(text.goes_at, zone(facts.zone)))


async def _send(asked: Asked, who: Who) -> Done:
    text = await send_first_text(who, _wanted(asked), actor=asked.actor)
    if not text.waits:
        return Done("write")
    return Done("write_later", local_day(text.goes_at, zone(asked.facts.zone)))


WRITE: Final = Sheet("write", Action.reply_to_text, _fields, _send, _look, reasoned=False)
