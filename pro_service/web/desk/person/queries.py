"""Data queries about one participant: raised, answered, closed, opened again; visits compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from multidict import MultiDict

from pro_service.domain.study.data_queries import QueryStep
from pro_service.domain.study.facts import VisitFacts
from pro_service.domain.study.permissions import Action
from pro_service.services.base.turns import Who
from pro_service.services.desk.seat import NotHereError, at_desk
from pro_service.services.record.asking import About, mark_source, raise_query, take_step
from pro_service.store.record.data_queries import list_queries_of_one
from pro_service.web.desk.guard import uuid_of
from pro_service.web.desk.person.fields import Field, FieldError, Typed
from pro_service.web.desk.person.sheets import Asked, Done, Sheet

_WHOLE: Final = "participant"
_LARGEST: Final = 1_000


def _visits(asked: Asked) -> list[VisitFacts]:
    """Visits that have begun: of others there is nothing to ask."""
    return [one for one in asked.facts.visits if one.opens_at <= asked.facts.now]


def _label(asked: Asked, visit: VisitFacts) -> str:
    return asked.words.visit(asked.protocol, visit.definition, visit.occurrence)


def _abouts(asked: Asked) -> dict[str, tuple[str, About]]:
    """What a query may be about: its words and what it is, by what the form says."""
    found = {_WHOLE: (asked.words.text("query.whole"), About())}
    for visit in _visits(asked):
        label = _label(asked, visit)
        found[str(visit.id)] = (label, About(visit_id=visit.id))
        for one in visit.assessments:
            title = asked.words.asked(one.instrument, one.target)
            about = About(visit_id=visit.id, assessment_id=one.id)
            found[str(one.id)] = (asked.words.text("query.part", visit=label, title=title), about)
    return found


def _fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    options = [(key, label) for key, (label, _) in _abouts(asked).items()]
    number = words.text("query.question_hint")
    return (
        Field("about", "pick", words.text("query.about"), options),
        Field("question", "text", words.text("query.question"), hint=number, required=False),
        Field("words", "words", words.text("query.words"), hint=words.text("query.blind")),
    )


async def _raise(asked: Asked, who: Who) -> Done:
    _, about = _abouts(asked)[asked.typed.choice("about", _abouts(asked))]
    about = about._replace(question=_question(asked.typed))
    await raise_query(who, about, asked.typed.text("words"), actor=asked.actor)
    return Done("query_raised")


def _question(typed: Typed) -> int | None:
    text = typed.text("question", optional=True)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) < _LARGEST):
        raise FieldError("question", "number")
    return int(text)


RAISE: Final = Sheet("data-query", Action.raise_query, _fields, _raise, reasoned=False)


async def _begin(asked: Asked) -> Asked:
    """The form for the query the address names, with its words. Raises NotHereError."""
    hands = asked.turn.hands
    wanted = _query(asked)
    async with at_desk(hands.desk, hands.seat) as connection:
        seen = await list_queries_of_one(connection, asked.facts.study_id, asked.facts.id)
    if all(one.id != wanted for one in seen):
        raise NotHereError
    return replace(asked, typed=Typed(MultiDict({"query": str(wanted)})))


def _query(asked: Asked) -> UUID:
    return uuid_of(asked.typed.form.get("query", ""))


def _step_fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    return (
        Field("query", "hidden", ""),
        Field("words", "words", words.text("query.said"), hint=words.text("query.blind")),
    )


def _stepping(step: QueryStep) -> Callable[[Asked, Who], Awaitable[Done]]:
    async def act(asked: Asked, who: Who) -> Done:
        words = asked.typed.text("words")
        await take_step(who, _query(asked), step, words, actor=asked.actor)
        return Done(f"query_{step}")

    return act


def _step_sheet(name: str, action: Action, step: QueryStep) -> Sheet:
    return Sheet(name, action, _step_fields, _stepping(step), reasoned=False, begin=_begin)


ANSWER: Final = _step_sheet("query-answer", Action.answer_query, QueryStep.answered)
CLOSE: Final = _step_sheet("query-close", Action.close_query, QueryStep.closed)
REOPEN: Final = _step_sheet("query-reopen", Action.close_query, QueryStep.reopened)
STEPS: Final = {
    QueryStep.answered: ANSWER,
    QueryStep.closed: CLOSE,
    QueryStep.reopened: REOPEN,
}


def _mark_fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    options = [(str(one.id), _label(asked, one)) for one in _visits(asked)]
    return (
        Field("visit", "pick", words.text("col.visit"), options),
        Field("words", "words", words.text("mark.words")),
    )


async def _mark(asked: Asked, who: Who) -> Done:
    visit = asked.typed.choice("visit", {str(one.id) for one in _visits(asked)})
    await mark_source(who, UUID(visit), asked.typed.text("words"), actor=asked.actor)
    return Done("source_marked")


MARK: Final = Sheet("source-checked", Action.mark_source, _mark_fields, _mark, reasoned=False)
SHEETS_OF_RECORD: Final = (RAISE, ANSWER, CLOSE, REOPEN, MARK)
"""They are opened where queries and visits are shown, and by no row of actions."""
