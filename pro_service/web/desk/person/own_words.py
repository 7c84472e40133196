"""What else happened to one participant, in words: the list on their page, and single events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from typing import Protocol as Shape

from pro_service.domain.instruments.numbers import written
from pro_service.domain.study.own_events import own_kind
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk.timeline import Timeline
from pro_service.web.desk.words import Words


class _Happened(Shape):
    """One event of the protocol's own."""

    @property
    def kind(self) -> str: ...
    @property
    def target(self) -> str | None: ...
    @property
    def began_on(self) -> date: ...
    @property
    def ended_on(self) -> date | None: ...
    @property
    def dose(self) -> Decimal | None: ...
    @property
    def dose_unit(self) -> str | None: ...


def kind_in_words(words: Words, protocol: Protocol, kind: str) -> str:
    """The protocol's name for one of its kinds; its id where this version has it no more."""
    found = own_kind(protocol, kind)
    return kind if found is None else words.chosen(found.label)


def own_event_in_words(words: Words, protocol: Protocol, one: _Happened) -> str:
    """What happened, to which knee, from when to when, and the dose."""
    parts = [kind_in_words(words, protocol, one.kind)]
    if one.target is not None:
        parts.append(words.word("target", one.target))
    found = own_kind(protocol, one.kind)
    first = words.day(one.began_on)
    if one.ended_on is not None and one.ended_on != one.began_on:
        parts.append(words.text("own.from_to", first=first, last=words.day(one.ended_on)))
    elif one.ended_on is None and found is not None and found.lasts:
        parts.append(words.text("own.since", first=first))
    else:
        parts.append(first)
    if one.dose is not None:
        parts.append(f"{written(one.dose)} {one.dose_unit}")
    return words.text("own.comma").join(parts)


def own_event_values(words: Words, timeline: Timeline) -> list[dict[str, Any]]:
    """What stands of what else happened, the latest first, each with the id it is corrected by."""
    stands = [one for one in timeline.document.own_events if one.stands and not one.struck]
    return [
        {"id": one.event_id, "words": own_event_in_words(words, timeline.protocol, one)}
        for one in sorted(stands, key=lambda one: one.began_on, reverse=True)
    ]
