"""Every form of the desk with hostile values in every field: no failure, nothing believed.

What a role may send is sent by it, well filled in but for one field. `.ci/run` puts a value into
every other field, `.ci/thorough` a dozen into each.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, islice
from typing import Final

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.permissions import MAY, Role
from pro_service.services.desk.sign_in import form_secret
from pro_service.web.desk.guard import WITH_FILES
from pro_service.web.desk.routes import DOINGS, Doing
from tests.integration.desk.expected import CODE
from tests.integration.desk.rows import KEEPING, SITE
from tests.integration.desk.test_permissions import moved, open_rows, seat, well_filled
from tests.support.record.hostile import BELIEVED, CANARY, HOSTILE
from tests.support.seed import SeededParticipant, SeededStudy
from tests.support.web import browsing

__all__ = ["moved"]

ENDS_IT: Final = ("desk-sign-out", "desk-end-session", "desk-sessions-ended")
A_FEW: Final = (2, 1)
MANY: Final = (1, 12)
"""Of how many fields one is tried, and with how many values: other values in each."""
TRIED_BY: Final = (Role.coordinator, Role.investigator, Role.administrator, Role.data_manager)


def role_for(doing: Doing) -> Role:
    """Who sends it: the first of those who may."""
    return next((one for one in TRIED_BY if one in MAY[doing.action]), min(MAY[doing.action]))


async def refused(
    browser: aiohttp.ClientSession, doing: Doing, filled: dict[str, str], path: str
) -> str | None:
    """What is wrong with the answer to a form; None: nothing is."""
    data: dict[str, str] | aiohttp.FormData = filled
    if doing.name in WITH_FILES:
        data = aiohttp.FormData(filled, quote_fields=False)
        data.add_field("file", b"nothing", filename="empty.csv")
    async with browser.post(path, data=data, allow_redirects=False) as answer:
        text = await answer.text()
        if answer.status >= 500:
            return str(answer.status)
        if f"x-{CANARY}" in answer.headers:
            return "a header of its own"
        return next((one for one in BELIEVED if one in text), None)


async def tried(
    study: SeededStudy, server: TestServer, owner: asyncpg.Connection, much: tuple[int, int]
) -> tuple[int, list[tuple[str, str, str, str]]]:
    """How many forms were sent, and what went wrong: form, field, value, what."""
    until = ((await owner.fetchval("SELECT pro.now()")) + timedelta(days=9)).date().isoformat()
    wrong: list[tuple[str, str, str, str]] = []
    turn, sent, (step, values) = cycle(HOSTILE), 0, much
    for role in {role_for(doing): None for doing in DOINGS}:
        async with browsing(server) as browser:
            await seat(study, browser, role, "here", study.id)
            cookie = {one.key: one.value for one in browser.cookie_jar}["desk"]
            for doing in DOINGS:
                if role_for(doing) is not role or doing.name in ENDS_IT:
                    continue
                rows = await open_rows(owner)
                good = well_filled(doing, rows, until, form_secret(cookie))
                code = SITE if doing.action in KEEPING else CODE
                path = doing.path.format(code=code, id=rows.get(doing.name))
                for field in [one for one in good if one != "form"][::step]:
                    for value in islice(turn, values):
                        sent += 1
                        said = await refused(browser, doing, good | {field: value}, path)
                        if said is not None:
                            wrong.append((doing.name, field, value[:40], said))
    return sent, wrong


@pytest.mark.parametrize(
    "much",
    [pytest.param(A_FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.thorough)],
)
async def test_no_form_of_the_desk_fails_or_believes_what_it_is_sent(
    study: SeededStudy,
    moved: SeededParticipant,
    server: TestServer,
    owner: asyncpg.Connection,
    much: tuple[int, int],
) -> None:
    sent, wrong = await tried(study, server, owner, much)
    assert sent > (150 if much == A_FEW else 3_600)
    assert wrong == []
