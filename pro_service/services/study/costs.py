"""What a participant's texts cost: segments of the real ones, if all is answered at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.dialogue import AgendaEntry, TextPart
from pro_service.domain.delivery.channels import ChannelRules
from pro_service.domain.delivery.registered import shown
from pro_service.domain.delivery.segments import segments
from pro_service.domain.delivery.senders import EMAIL
from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import Target
from pro_service.domain.study.protocol import AnswerWay, Ask, Protocol, VisitDefinition
from pro_service.services.answering import as_offered
from pro_service.texts.catalogue import TextContext, Texts

_NOW: Final = datetime(2026, 1, 5, 10, tzinfo=UTC)  # no word depends on it
_TOKEN: Final = "A" * 26
_UNPLANNED: Final = ("early_termination", "unscheduled")
"""Visits that no participant has who takes part as planned."""


CostWay = Literal["text", "link", "card", "email"]


class Cost(NamedTuple):
    """The texts of one participant over the whole study."""

    language: Language
    way: CostWay
    """By text, by link wherever the protocol offers one, by a registered text that points to the
    card, or by e-mail."""
    sent: int
    segments: int
    """None of a letter: it is not paid for one by one."""
    received: int


def costs_of(
    texts: Texts, instruments: Mapping[str, Instrument], protocol: Protocol, *, public_url: str
) -> Iterator[Cost]:
    """What a participant with one treated knee costs, in every language and both ways."""
    for language in protocol.study.languages:
        context = TextContext(
            sender=protocol.study.sender[language],
            site_telephone="+1 202 555 0100",
            emergency_number="120",
            link=f"{public_url.rstrip('/')}/q/{_TOKEN}",
            instruments=instruments,
        )
        for way in ("text", "link"):
            bodies: list[str] = []
            received = 0
            for visit in protocol.visits:
                if not visit.asks or visit.kind in _UNPLANNED:
                    continue
                parts = list(_visit(visit, instruments, protocol, way, first=not bodies))
                bodies += [texts.render(one, language, context) for one in parts]
                received += len(parts) - 1
            counted = sum(segments(body).segments for body in bodies)
            yield Cost(language, way, len(bodies), counted, received)
        visits = [one for one in protocol.visits if one.asks and one.kind not in _UNPLANNED]
        registered = [
            segments(_registered(texts, context, language, first=not number)).segments
            for number, _ in enumerate(visits)
        ]
        yield Cost(language, "card", len(visits), sum(registered), 0)
        yield Cost(language, "email", len(visits), 0, 0)


def ways_of(channels: ChannelRules, provider: str, country: str) -> tuple[CostWay, ...]:
    """The ways in which a provider may write to a country; none: it may not at all."""
    channel = channels.channel_of(provider)
    rule = channels.rule_for(channel, provider, country)
    if not rule.one_way or rule.per_day < 1:
        return ()
    if channel == EMAIL:
        return ("email",)
    if rule.template_registered:
        return ("card",)
    possible: dict[CostWay, bool] = {"text": rule.two_way, "link": rule.links}
    return tuple(way for way, may in possible.items() if may)


def _registered(texts: Texts, context: TextContext, language: Language, *, first: bool) -> str:
    """The text that would be registered for a visit, under the study's name as its signature."""
    words = texts.text("registered.card", language)
    if first:
        telephone = context.site_telephone
        words += texts.text("registered.stop_telephone", language, telephone=telephone)
    return shown(context.sender, words, {})


def _visit(
    visit: VisitDefinition,
    instruments: Mapping[str, Instrument],
    protocol: Protocol,
    way: AnswerWay,
    *,
    first: bool,
) -> Iterator[tuple[TextPart, ...]]:
    """The texts of one visit: the reminder with its question, the other questions, the thanks."""
    by_link = way == "link" and all("link" in ask.ways for ask in visit.asks)
    opening = (
        TextPart(key="reminder.link" if by_link else "reminder.text"),
        *((TextPart(key="reminder.stop"),) if first else ()),
    )
    if by_link:
        yield opening
        return
    if not protocol.messaging.question_in_reminder:
        yield (*opening, TextPart(key="reminder.ready"))
        opening = ()
    entries = [
        _entry(number, ask, instruments, protocol)
        for number, ask in enumerate(visit.asks, start=1)
        if "text" in ask.ways
    ]
    while True:
        dialogue, question = begin(entries, _NOW)
        if dialogue.prompt is None:
            yield (TextPart(key="closing.thanks"),)
            return
        yield (*opening, *question)
        opening = ()
        answered: dict[str, Value | None] = dict.fromkeys(dialogue.prompt.items)
        entries = [
            one.model_copy(update={"answered": one.answered | answered})
            if one.assessment_id == dialogue.prompt.assessment_id
            else one
            for one in entries
        ]


def _entry(
    number: int, ask: Ask, instruments: Mapping[str, Instrument], protocol: Protocol
) -> AgendaEntry:
    target: Target = "person" if ask.targets == "person" else "left_knee"
    return AgendaEntry(
        assessment_id=UUID(int=number),
        instrument=as_offered(instruments[ask.instrument], protocol),
        target=target,
        text_mode=ask.text_mode,
        answered={},
    )
