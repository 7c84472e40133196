"""Asking one participant: what is due, now; or something extra, now or in the evening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from pro_service.domain.study.facts import KNEES, Target
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.reaching.asked_now import (
    AskingNow,
    AskRefusedError,
    plan_asking_now,
)
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.turns import Who
from pro_service.services.desk.person.staff_turns import find_turn
from pro_service.services.desk.seat import Seat
from pro_service.services.visits.asking import ask_now
from pro_service.services.visits.extra_visits import Wish, add_extra_visit
from pro_service.web.desk.frame.done import done as say_done
from pro_service.web.desk.guard import hands_of, way_back
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet, form_key, page_of
from pro_service.web.requests import read_form, see

AT_ONCE: Final = "now"
IN_THE_EVENING: Final = "evening"


def _nothing_to_fill(_: Asked) -> Sequence[Field]:
    return ()


async def _look_at_asking(asked: Asked) -> Outlook:
    plan, words = plan_asking_now(asked.facts, asked.protocol), asked.words
    known = {visit.id: visit for visit in asked.facts.visits}
    visits = [
        words.visit(asked.protocol, known[one.visit_id].definition, known[one.visit_id].occurrence)
        for one in plan.visits
    ]
    joined = words.text("rule_part.between").join(visits)
    sentences = [words.text("ask.about", visits=joined), _when(asked, plan), words.text("ask.once")]
    return Outlook(sentences, document=plan)


def _when(asked: Asked, plan: AskingNow) -> str:
    """When the text goes; later than now, what it waits for is the protocol's rules."""
    words = asked.words
    if plan.at_once:
        return words.text("ask.goes_now")
    return words.text("ask.goes_at", at=words.instant(plan.goes_at, zone(asked.facts.zone)))


async def _ask(asked: Asked, who: Who) -> Done:
    plan = await ask_now(who, asked.actor)
    if plan.at_once:
        return Done("ask")
    return Done("ask_later", local_day(plan.goes_at, zone(asked.facts.zone)))


async def ask_at_once(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/ask-at-once`: one press on a list; the page stays.

    Where nothing may be sent, the form about it says why.
    """
    form, code = await read_form(request), request.match_info["code"]
    turn = await find_turn(hands_of(request, seat), code, Action.ask_now)

    async def act(who: Who) -> AskingNow:
        return await ask_now(who, turn.actor)

    try:
        plan = await turn.once(form_key(form), act)
    except AskRefusedError:
        return see(f"{page_of(code)}/{ASK.name}")
    if plan is None or plan.at_once:
        return say_done(seat, way_back(form), "ask", code=code)
    day = local_day(plan.goes_at, zone((await turn.facts()).zone))
    return say_done(seat, way_back(form), "ask_later", code=code, day=day)


ASK: Final = Sheet("ask", Action.ask_now, _nothing_to_fill, _ask, _look_at_asking, reasoned=False)


def _extra_fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    what = [(f"{name}:{target}", words.asked(name, target)) for name, target in _askable(asked)]
    when = [(one, words.text(f"extra.{one}")) for one in (AT_ONCE, IN_THE_EVENING)]
    return (
        Field("ask", "many", words.text("extra.what"), what),
        Field("when", "choice", words.text("extra.when"), when),
    )


def _askable(asked: Asked) -> list[tuple[str, Target]]:
    """Every instrument of the protocol, and whom or which treated knee it can ask about."""
    instruments = asked.turn.hands.context.catalogue.instruments
    return [
        (name, target)
        for name in asked.protocol.instruments
        if (found := instruments.get(name)) is not None
        for target in (
            [knee for knee in KNEES if knee in asked.facts.treated_knees]
            if found.asks_about == "knee"
            else ["person"]
        )
        if target in (*KNEES, "person")
    ]


async def _add_visit(asked: Asked, who: Who) -> Done:
    known = {f"{name}:{target}": Wish(name, target) for name, target in _askable(asked)}
    wishes = [known[one] for one in asked.typed.many("ask", known)]
    at_once = asked.typed.choice("when", (AT_ONCE, IN_THE_EVENING)) == AT_ONCE
    made = await add_extra_visit(
        who, wishes, actor=asked.actor, reason=asked.reason, at_once=at_once
    )
    if made.reminded_at is None:
        return Done("extra_visit")
    if made.held is not None:
        return Done("extra_visit_held")
    return Done("extra_visit_asked", local_day(made.reminded_at, zone(asked.facts.zone)))


EXTRA: Final = Sheet("extra-visit", Action.add_visit, _extra_fields, _add_visit)
