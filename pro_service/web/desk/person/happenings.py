"""An event at one participant: an injection that happened or slipped, an early end, a death."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.study.events import NewEvent, known_event
from pro_service.domain.study.facts import EventFacts, EventKind, StatusFacts, VisitFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.schedule import PlannedVisit
from pro_service.domain.study.times import local_day, local_instant, zone
from pro_service.services.base.turns import Who
from pro_service.services.desk.seat import NotAllowedError
from pro_service.services.visits.events import preview_event, record_event
from pro_service.services.visits.scheduling import Change
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet
from pro_service.web.desk.words import Words

HAPPENED: Final = "happened"
PLANNED: Final = "planned"
STRUCK: Final = "struck"
"""It was recorded in error, and did not happen: a death, as an investigator says."""


def _fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    kinds = [
        (f"{kind}:{ordinal}", _named(asked, EventKind(kind), ordinal))
        for kind, most in asked.protocol.events.items()
        for ordinal in range(1, most + 1)
    ]
    strikes = asked.may(Action.strike_death) and EventKind.death in asked.protocol.events
    offered = (HAPPENED, PLANNED, STRUCK) if strikes else (HAPPENED, PLANNED)
    said = [(one, words.text(f"event.is_{one}")) for one in offered]
    where = words.text("sheet.in_zone", zone=asked.facts.zone)
    if strikes:
        where = f"{where} {words.text('event.strike_hint')}"
    return (
        Field("event", "choice", words.text("event.which"), kinds),
        Field("said", "choice", words.text("event.said"), said),
        Field("day", "day", words.text("event.day"), hint=where, required=not strikes),
        Field(
            "at", "clock", words.text("event.at"), hint=words.text("event.at_hint"), required=False
        ),
    )


def _named(asked: Asked, kind: EventKind, ordinal: int) -> str:
    """The event, and the present word on it."""
    words, known = asked.words, known_event(asked.facts.events, kind, ordinal)
    name = event_in_words(words, kind, ordinal, asked.protocol.events.get(kind, 1))
    if known is None:
        return name
    return words.text("event.known", event=name, word=_word(words, known, asked.facts.zone))


def _word(words: Words, known: EventFacts, zone_name: str) -> str:
    if known.occurred_at is not None:
        at = words.instant(known.occurred_at, zone(zone_name))
        return words.text("event.happened_at", at=at)
    if known.planned_on is not None:
        return words.text("event.planned_for", day=words.day(known.planned_on))
    return words.text("event.no_death")


def event_in_words(words: Words, kind: EventKind, ordinal: int, most: int) -> str:
    """The event's name, numbered where the protocol knows several."""
    name = words.word("event", kind)
    return name if most == 1 else words.text("event.numbered", event=name, number=ordinal)


def _read(asked: Asked) -> NewEvent:
    """The event as it was typed. Raises FieldError, and NotAllowedError for an investigator's."""
    typed, protocol = asked.typed, asked.protocol
    among = [f"{kind}:{n}" for kind, most in protocol.events.items() for n in range(1, most + 1)]
    kind, _, ordinal = typed.choice("event", among).partition(":")
    said = typed.choice("said", (HAPPENED, PLANNED, STRUCK))
    if said == STRUCK:
        if not asked.may(Action.strike_death):
            raise NotAllowedError
        return NewEvent(EventKind(kind), int(ordinal), struck=True)
    day = typed.day("day")
    if said == PLANNED:
        return NewEvent(EventKind(kind), int(ordinal), planned_on=day)
    at = local_instant(day, typed.clock("at"), zone(asked.facts.zone))
    return NewEvent(EventKind(kind), int(ordinal), occurred_at=at)


async def _look(asked: Asked) -> Outlook:
    event, words = _read(asked), asked.words
    change = await preview_event(asked.turn.who, asked.facts, event, actor=asked.actor)
    sentences = [_will(asked, event)]
    sentences += [_brings(asked, one) for one in change.statuses]
    rows = moved_rows(asked, change)
    sentences.append(
        words.text("event.moves", moved=len(rows), kept=len(change.rescheduling.kept))
        if rows
        else words.text("event.moves_nothing")
    )
    return Outlook(sentences, moved_heads(words), rows, words.text("moved.table"), document=change)


def _brings(asked: Asked, brought: StatusFacts) -> str:
    """A status that comes with it: from now on, or from the end of a pause on."""
    words, facts = asked.words, asked.facts
    status = words.word("status", brought.status)
    if brought.effective_at <= facts.now:
        return words.text("event.brings", status=status)
    day = words.day(local_day(brought.effective_at, zone(facts.zone)))
    return words.text("event.brings_from", status=status, day=day)


def _will(asked: Asked, event: NewEvent) -> str:
    """What is going to be recorded."""
    words = asked.words
    name = event_in_words(words, event.kind, event.ordinal, asked.protocol.events[event.kind])
    if event.planned_on is not None:
        return words.text("event.will_plan", event=name, day=words.day(event.planned_on))
    if event.occurred_at is None:
        return words.text("event.will_strike")
    at = words.instant(event.occurred_at, zone(asked.facts.zone))
    return words.text("event.will_happen", event=name, at=at)


def moved_heads(words: Words) -> list[str]:
    """The heads of a table of visits that move."""
    return [
        words.text("col.visit"),
        words.text("moved.before"),
        words.text("moved.after"),
        words.text("moved.window"),
    ]


def moved_rows(asked: Asked, change: Change) -> list[list[str]]:
    """A row for each visit that moves: its day before and after, and its new window."""
    words, moves = asked.words, change.rescheduling
    known = {visit.id: visit for visit in change.facts.visits}
    before = {_key(known[one]): known[one] for one in moves.superseded}
    after = {_key(new.visit): new.visit for new in moves.created}
    rows = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        label = words.visit(asked.protocol, *key)
        was = words.text("moved.nothing") if old is None else words.day(old.target_on)
        rows.append([label, was, *_becomes(asked, new)])
    return rows


def _key(visit: VisitFacts | PlannedVisit) -> tuple[str, int]:
    return visit.definition, visit.occurrence


def _becomes(asked: Asked, new: PlannedVisit | None) -> tuple[str, str]:
    """The new day and window, in the participant's zone."""
    words, local = asked.words, zone(asked.facts.zone)
    if new is None:
        return words.text("moved.nothing"), ""
    day = words.day(new.target_on)
    if new.provisional:
        day = words.text("moved.provisional", day=day)
    opens, closes = words.instant(new.opens_at, local), words.until(new.closes_at, local)
    return day, words.text("visit.window", opens=opens, closes=closes)


async def _act(asked: Asked, who: Who) -> Done:
    event = _read(asked)
    await record_event(who, event, actor=asked.actor, reason=asked.reason)
    return Done("event")


EVENT: Final = Sheet("event", Action.record_event, _fields, _act, _look)
