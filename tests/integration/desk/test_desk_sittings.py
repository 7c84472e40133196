"""Staff see every sitting, and which is the record; a blinded role sees that and no more."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from pro_service.store.pools import Pools
from tests.integration.sittings import Sitter
from tests.support.desk import page, seed_staff, sign_in
from tests.support.seed import SeededParticipant

DAY = timedelta(days=1)


@pytest.fixture
async def sitter(participant: SeededParticipant, pools: Pools) -> Sitter:
    """Someone who answered all, never sent it, and gave one number three days later."""
    made = Sitter(participant, pools)
    await made.answer(dict.fromkeys(made.items, 3))
    await made.move(3 * DAY)
    await made.answer({"pain_1": 9})
    return made


async def test_a_blinded_role_reads_which_sitting_is_the_record_and_no_answer(
    sitter: Sitter, desk: aiohttp.ClientSession
) -> None:
    for _ in range(2):
        _, text = await page(desk, "/desk/participants/P-001")
        assert "Sitting 1 of 2 is the record: more of it can be scored" in text
        assert "another sitting" not in text
        await sitter.move(3 * DAY)
        await sitter.close()


async def test_answers_and_scores_of_the_other_sitting_are_marked_and_nothing_is_replaced(
    sitter: Sitter, browser: aiohttp.ClientSession
) -> None:
    await seed_staff(sitter.participant.study, role="investigator")
    await sign_in(browser)
    await sitter.move(3 * DAY)
    await sitter.close()
    _, text = await page(browser, "/desk/participants/P-001")
    assert "Sitting 1 of 2 is the record: more of it can be scored" in text
    assert "replaced later" not in text
    # One answer, and the four scores that could not be had from it.
    assert text.count("another sitting") == 5
    assert text.count("(not sent)") == 4
