"""No page shows a measure and a score together, but to whom the protocol names, and when (R19).

Generated: every address that answers a GET, for every role, with a value of each that stands
nowhere else; addresses of the API for a program of the same role. `.ci/run` asks for the roles that
see one of the two, `.ci/thorough` for everybody.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import aiohttp
import pytest
from aiohttp import hdrs, web

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.measuring.reading import lock_reads
from pro_service.services.study.programs import Entering, KeyWish, MadeKey, make_key
from pro_service.web.api.table import BASE
from tests.integration.reading.conftest import STAFF
from tests.integration.reading.test_reads import give, read_all
from tests.support.desk import sign_in
from tests.support.programs import ALLOWED, with_key
from tests.support.study import ACTOR, Trial
from tests.support.web import browsing

MEASURE: Final = "47.13"
"""T2* of K-001's knee, as it was read."""
MEASURED: Final = re.compile(rf"(?<!\d)(?<!\d:){re.escape(MEASURE)}0*(?!\d)")
"""It, and no instant's seconds: a table of the audit once had 17:53:47.132Z in it."""
SCORE: Final = re.compile(r"\b(?:7\.31|73\.1)0*\b")
"""K-001's pain before the injection, as it stands, raw and of 100."""
WHOSE: Final = "K-001"
ROWS: Final = {"visits": 3} | dict.fromkeys(
    ("assessments", "attempts", "alerts", "call_tasks", "read_lists"), 1
)
"""Where the ids in addresses come from, and how many of each."""
SEE_ONE: Final = ("ines", "mona", "dora", "rita")
"""Those whose role shows scores, or measures as they are read."""


async def plant(trial: Trial) -> None:
    """A measure and a score of K-001 that are told apart from every other figure."""
    listed = await give(trial, "rita")
    await read_all(trial, listed, lambda code: MEASURE if code == WHOSE else "11.00")
    await trial.owner_does(
        "INSERT INTO pro.scores SELECT s.study_id, gen_random_uuid(), s.participant_id,"
        " s.assessment_id, s.attempt_id, s.basis, s.scale, s.revision + 1, s.instrument,"
        " s.instrument_version, s.scoring_version, 7.31, 73.1, s.lowest, s.highest, s.answered,"
        " s.substituted, s.absent_reason, pro.now(), 'test' FROM pro.scores AS s"
    )


async def addresses(trial: Trial) -> list[str]:
    """Every address of the application that may be got, with K-001 and rows of theirs filled in."""
    ids = [
        str(one)
        for table, most in ROWS.items()
        for (one,) in await trial.fetch(f"SELECT id FROM {table} ORDER BY id LIMIT {most}")
    ]
    assert trial.server.app is not None
    found: dict[str, None] = {}
    for route in trial.server.app.router.routes():
        if route.method == hdrs.METH_GET and isinstance(route.resource, web.DynamicResource):
            found |= dict.fromkeys(filled(route.resource.canonical, ids))
        elif route.method == hdrs.METH_GET and route.resource is not None:
            found[route.resource.canonical] = None
    return list(found)


def filled(path: str, ids: list[str]) -> Iterator[str]:
    """The addresses of one route: nobody's, where something else would have to be known."""
    path = path.replace("{code}", WHOSE)
    for one in ids if "{id}" in path else ("",):
        address = path.replace("{id}", one)
        if "{" not in address:
            yield address


async def programs(trial: Trial) -> dict[str, MadeKey]:
    """A key of a program with the role of each member of staff, for whatever it may ask."""
    made = {}
    for login, (role, site) in STAFF.items():
        entering = Entering("ines", Role(role), site)
        wish = KeyWish(f"{login}-program", frozenset(Scope), 1, 100_000, entering, ALLOWED)
        made[login] = await make_key(trial.operator, trial.study_id, wish, actor=ACTOR)
    return made


async def text_of(browser: aiohttp.ClientSession, address: str, made: MadeKey) -> str:
    """What an address answers, of a stream its beginning; to a program what is for programs."""
    headers = with_key(made) if address.startswith(BASE) else {}
    async with browser.get(address, headers=headers) as answer:
        assert answer.status < 500, (address, answer.status)
        if answer.content_type == "text/event-stream":
            try:
                async with asyncio.timeout(0.2):
                    return (await answer.content.read(10_000)).decode()
            except TimeoutError:
                return ""
        return (await answer.read()).decode("utf-8", "replace")


async def seen(
    trial: Trial, keys: Mapping[str, MadeKey], logins: Sequence[str]
) -> dict[str, set[str]]:
    """By address: who sees the measure, the score, and both there, as `login:what`."""
    found: dict[str, set[str]] = {}
    for login in logins:
        async with browsing(trial.server) as browser:
            await sign_in(browser, login)
            for address in await addresses(trial):
                text = await text_of(browser, address, keys[login])
                measure = MEASURED.search(text) is not None
                score = SCORE.search(text) is not None
                for what, shown in (("measure", measure), ("score", score)):
                    if shown:
                        found.setdefault(address, set()).add(f"{login}:{what}")
                if measure and score:
                    found[address].add(f"{login}:both")
    return found


def who(found: dict[str, set[str]], what: str) -> set[str]:
    """Who sees so much somewhere."""
    return {one.split(":")[0] for shown in found.values() for one in shown if one.endswith(what)}


@pytest.mark.parametrize(
    "logins",
    [
        pytest.param(SEE_ONE, id="roles"),
        pytest.param(tuple(STAFF), id="everybody", marks=pytest.mark.thorough),
    ],
)
async def test_nobody_sees_a_measure_beside_a_score_but_whom_the_protocol_names_after_the_lock(
    trial: Trial, logins: Sequence[str]
) -> None:
    await plant(trial)
    keys = await programs(trial)
    before = await seen(trial, keys, logins)
    assert who(before, "both") == set(), before
    assert who(before, "score") == {"ines", "mona", "dora"}
    assert "rita" not in who(before, "measure")
    # Programs were asked too: what their roles see of one kind, they see by itself.
    assert f"{BASE}/participants/{WHOSE}/scores" in before
    await lock_reads(trial.operator, trial.study_id, actor=ACTOR, reason="all have been read")
    after = await seen(trial, keys, logins)
    assert who(after, "both") == {"dora"}, after
    shown = {address for address, who_sees in after.items() if "dora:both" in who_sees}
    assert shown <= {f"/desk/participants/{WHOSE}", f"/desk/participants/{WHOSE}/trajectory"}
