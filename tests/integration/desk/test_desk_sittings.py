"""Staff see every sitting, and which is the record; a blinded role sees that and no more."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import pytest

from pro_service.domain.study.assessments import AssessmentState as State
from pro_service.domain.study.assessments import taken_together
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


async def test_what_is_answered_and_not_sent_is_a_state_of_its_own_in_grid_and_timeline(
    sitter: Sitter, desk: aiohttp.ClientSession
) -> None:
    """S1, S2: in the window and after it; with shape, letter and word, and in the legend."""
    for closed in (False, True):
        _, grid = await page(desk, "/desk/participants?state=unsent")
        assert "P-001" in grid
        assert "s-unsent" in grid  # In the legend; two further questionnaires were not begun.
        _, timeline = await page(desk, "/desk/participants/P-001")
        assert timeline.count("answered, not sent") >= 1
        if not closed:
            await sitter.move(3 * DAY)
            await sitter.close()
    _, grid = await page(desk, "/desk/participants?state=partial")
    assert "P-001" not in grid.partition('id="participants"')[2].partition("</tbody>")[0]


@pytest.mark.parametrize(
    ("states", "together"),
    [
        ((State.unsent, State.unsent), State.unsent),
        ((State.unsent, State.completed), State.unsent),
        ((State.unsent, State.due), State.started),
        ((State.unsent, State.missed), State.partial),
        ((State.unsent, State.declined), State.unsent),
    ],
)
def test_a_visit_all_of_which_is_answered_says_that_it_was_not_sent(
    states: tuple[State, ...], together: State
) -> None:
    assert taken_together(states) is together


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
    # The tables behind the charts say it as well.
    text = re.sub("<figure.*?</figure>", "", text, flags=re.DOTALL)
    assert text.count("another sitting") == 5
    assert text.count("(not sent)") == 4
