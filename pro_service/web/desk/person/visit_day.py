"""One visit moved to another day of its window, looked at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.study.amending.by_hand import days_of, movable_visits, plan_day
from pro_service.domain.study.facts import VisitFacts
from pro_service.domain.study.nudges import plan_first
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.base.turns import Who
from pro_service.services.visits.day import move_visit
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet


def _movable(asked: Asked) -> dict[str, VisitFacts]:
    return {str(one.id): one for one in movable_visits(asked.facts, asked.protocol)}


def _fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    options = []
    for key, visit in _movable(asked).items():
        first, last = days_of(visit, asked.facts)
        label = words.visit(asked.protocol, visit.definition, visit.occurrence)
        days = {
            "day": words.day(visit.target_on),
            "first": words.day(first),
            "last": words.day(last),
        }
        # What was due already, and was not held, may still come: on a later day of its window.
        said = "visit_day.option" if visit.target_on >= first else "visit_day.option_was"
        options.append((key, words.text(said, visit=label, **days)))
    none = None if options else words.text("visit_day.none")
    where = words.text("sheet.in_zone", zone=asked.facts.zone)
    return (
        Field("visit", "choice", words.text("visit_day.which"), options, none),
        Field("day", "day", words.text("visit_day.day"), hint=where),
    )


async def _look(asked: Asked) -> Outlook:
    words, facts, local = asked.words, asked.facts, zone(asked.facts.zone)
    visit = _movable(asked)[asked.typed.choice("visit", _movable(asked))]
    visit, planned = plan_day(facts, asked.protocol, visit.id, asked.typed.day("day"))
    first = plan_first(planned, asked.protocol, local, facts.nudge_at, facts.now)
    sentences = [
        words.text(
            "visit_day.moves",
            visit=words.visit(asked.protocol, visit.definition, visit.occurrence),
            before=words.day(visit.target_on),
            after=words.day(planned.target_on),
        ),
        words.text("visit_day.stays"),
        words.text("visit_day.no_text")
        if first is None
        else words.text("visit_day.text", at=words.instant(first, local)),
    ]
    return Outlook(sentences, document=planned)


async def _act(asked: Asked, who: Who) -> Done:
    visit = _movable(asked)[asked.typed.choice("visit", _movable(asked))]
    day = asked.typed.day("day")
    await move_visit(who, visit.id, day, actor=asked.actor, reason=asked.reason)
    return Done("visit_day", day)


DAY: Final = Sheet("visit-day", Action.move_visit, _fields, _act, _look)
