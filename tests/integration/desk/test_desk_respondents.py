"""Staff see who gave the answers wherever it was not the participant alone."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.support.desk import page
from tests.support.seed import SeededParticipant, seed_link
from tests.support.web import answer_everything, browsing, open_questions


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("self", None),
        ("self_with_reader", "helped by a reader"),
        ("proxy.child", "answered by son or daughter"),
    ],
)
async def test_who_answered_stands_beside_how(
    participant: SeededParticipant,
    server: TestServer,
    desk: aiohttp.ClientSession,
    who: str,
    said: str | None,
) -> None:
    token = await seed_link(participant)
    async with browsing(server) as phone:
        await answer_everything(phone, await open_questions(phone, token, who))
    _, text = await page(desk, "/desk/participants/P-001")
    assert ("helped by" in text or "answered by" in text) is (said is not None)
    assert said is None or said in text
