"""A participant restricted at once, and that lifted: an investigator's, looked at first (R17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.study.pausing import safety_visits_ahead
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.base.turns import Who
from pro_service.services.visits import lift_restriction, restrict, status_of_restriction
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet

_RESTRICT: Final = "restrict"
_LIFT: Final = "lift"


def _fields(asked: Asked) -> Sequence[Field]:
    wanted = _LIFT if asked.turn.place.restricted else _RESTRICT
    return (Field("wants", "hidden", "", first=[wanted]),)


def _wanted(asked: Asked) -> str:
    return asked.typed.choice("wants", (_RESTRICT, _LIFT))


async def _look(asked: Asked) -> Outlook:
    words, facts = asked.words, asked.facts
    if _wanted(asked) == _LIFT:
        said = [words.text(f"restrict.lift_{one}") for one in ("numbers", "status")]
        return Outlook(said, document=_LIFT)
    keys = ["numbers", "stays"]
    if status_of_restriction(facts) is not None:
        keys.insert(0, "stops")
    ahead = safety_visits_ahead(facts, asked.protocol)
    warnings = [
        words.text(
            "status_sheet.safety_visit",
            visit=words.visit(asked.protocol, one.definition, one.occurrence),
            closes=words.until(one.closes_at, zone(facts.zone)),
        )
        for one in ahead
    ]
    if ahead:
        warnings.insert(0, words.text("restrict.safety"))
    return Outlook([words.text(f"restrict.{one}") for one in keys], warnings=warnings)


async def _act(asked: Asked, who: Who) -> Done:
    wanted = _wanted(asked)
    act = restrict if wanted == _RESTRICT else lift_restriction
    await act(who, actor=asked.actor, reason=asked.reason)
    return Done("restricted" if wanted == _RESTRICT else "restriction_lifted")


RESTRICTION: Final = Sheet("restriction", Action.restrict, _fields, _act, _look)
