"""Whatever is answered, corrected, locked and unlocked, in any order (R14).

The same story is lived twice, once with its locks and once without. Locked values do not change
while they are locked, nothing that was recorded is lost, and alerts are the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final

import pytest

from pro_service.domain.locks import LockRefusedError
from pro_service.domain.signatures import SignedVisit
from pro_service.services.answering import AnsweringCase, GivenAnswer, Sitting, plan_answers
from pro_service.services.base.signing import read_content
from pro_service.services.record import Keeper, Lift, LockWish, lift_lock, set_lock
from pro_service.store.answering.answers import record_answers
from pro_service.store.connection import Guard, transaction
from pro_service.store.record import locks as store
from tests.support.databases import Prepared
from tests.support.study import ACTOR, Left, Trial, go_on_with

STEPS: Final = 24
CODES: Final = ("K-001", "K-002")
WISHES: Final = (
    LockWish(reason="cut"),
    LockWish(site="BJ01", reason="cut"),
    LockWish(participant="K-001", reason="cut"),
    LockWish(participant="K-002", visit=("baseline", 1), reason="cut"),
)


def story(seed: int) -> list[tuple[str, int]]:
    """What happens, step by step, and a number from 0 to 10 it chooses with."""
    chance = random.Random(seed)
    kinds = ("answer", "answer", "lock", "lift")
    return [(chance.choice(kinds), chance.randrange(11)) for _ in range(STEPS)]


async def answer(trial: Trial, code: str, value: int) -> None:
    """The pain before the injection, given for the first time or once more, by what stores it."""
    reader, pool = trial.context.reader, trial.pools.participant
    asked = await trial.assessment(code, "baseline", "pain-nrs")
    who = (pool, trial.study_id, trial.participants[code])
    facts = await reader.facts(*who, answers_of=[asked])
    protocol = await reader.protocol(pool, trial.study_id, facts.protocol_version_id)
    sitting = Sitting("web", "link", "en", f"participant:{code}")
    case = AnsweringCase(trial.context, protocol, facts, sitting, {})
    plan = plan_answers(case, [GivenAnswer(asked, "pain", value, None)], submit=[asked])
    sent = any(
        one.id == asked and one.submitted_at for visit in facts.visits for one in visit.assessments
    )
    document = plan.of_what_was_sent(facts.now) if sent else plan.document
    await record_answers(pool, Guard(trial.study_id, facts.id, facts.revision), document)


def keeper(trial: Trial) -> Keeper:
    """The operator as one who locks."""
    return Keeper(trial.context, trial.study_id, ACTOR, partial(transaction, trial.operator))


async def lock(trial: Trial, number: int) -> None:
    """Lock something of the list, if anything of it is left to lock."""
    with suppress(LockRefusedError):
        await set_lock(keeper(trial), WISHES[number % len(WISHES)])


async def lift(trial: Trial, number: int) -> None:
    """Lift one of the locks that hold, by as many persons as it takes."""
    held = [
        one for one in await store.list_locks(trial.operator, trial.study_id) if not one.lifted_at
    ]
    if not held:
        return
    wanted = held[number % len(held)].id
    for name in ("one", "two"):
        (found,) = [
            one
            for one in await store.list_locks(trial.operator, trial.study_id)
            if one.id == wanted
        ]
        if found.lifted_at is None:
            by = Keeper(trial.context, trial.study_id, f"cli:{name}", keeper(trial).begin)
            await lift_lock(by, found, Lift(name, "over"))


async def as_analysed(trial: Trial) -> dict[str, SignedVisit]:
    """Each participant's baseline as exports and signatures read it now."""
    found: dict[str, SignedVisit] = {}
    for code in CODES:
        place = (trial.operator, trial.study_id, trial.participants[code])
        content = await read_content(*place, await trial.now())
        found[code] = next(one for one in content.visits if one.visit == "baseline")
    return found


async def locked(trial: Trial) -> set[str]:
    """Whose baseline is locked now."""
    return {
        code
        for code in CODES
        if await store.list_locked_visits(trial.operator, trial.study_id, trial.participants[code])
    }


async def live(trial: Trial, steps: list[tuple[str, int]], *, locking: bool) -> None:
    """Live a story; what is locked is looked at after every step."""
    held: dict[str, SignedVisit] = {}
    for kind, number in steps:
        await trial.move(timedelta(minutes=10))
        if kind == "answer":
            await answer(trial, CODES[number % 2], number)
        elif locking:
            await (lock if kind == "lock" else lift)(trial, number)
        stand = await as_analysed(trial)
        now_locked = await locked(trial)
        if kind != "lift":  # Another lock may have held it for longer.
            for code in now_locked & held.keys():
                assert stand[code] == held[code], (kind, number)
        held = {code: stand[code] for code in now_locked}
    while locking and await locked(trial):
        await lift(trial, 0)


async def told(trial: Trial) -> tuple[Sequence[tuple[object, ...]], Sequence[tuple[object, ...]]]:
    """What is analysed and what was alarmed, without ids and instants."""
    values = [
        (code, asked.instrument, item.item, item.value, item.corrections)
        for code, visit in (await as_analysed(trial)).items()
        for asked in visit.asked
        for sitting in asked.sittings
        for item in sitting.items
    ]
    alerts = await trial.fetch(
        "SELECT p.code, x.rule, x.severity FROM alerts AS x"
        " JOIN participants AS p ON p.id = x.participant_id ORDER BY x.id"
    )
    return values, alerts


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(one, marks=pytest.mark.thorough) for one in (2, 3))]
)
async def test_locks_hold_values_lose_nothing_and_leave_alerts_alone(
    closed_url: str, other_url: str, closed: Prepared[Left], seed: int
) -> None:
    lived = []
    for url, locking in ((closed_url, True), (other_url, False)):
        async with go_on_with(url, closed.made) as trial:
            await live(trial, story(seed), locking=locking)
            lived.append((await told(trial), await trial.count("responses")))
            assert (await trial.count("locks") > 0) == locking
    assert lived[0] == lived[1]
