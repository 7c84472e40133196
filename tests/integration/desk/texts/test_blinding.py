"""Who may not see answers sees none in any conversation, on a shared telephone neither (R6)."""

from __future__ import annotations

from typing import Final

import pytest

from tests.integration.desk.texts.conftest import Browsers, plain, shown, text_of
from tests.support.desk import page, press
from tests.support.study import Trial

CANARY: Final = "walking today nurse the number is 7"
"""The words of a text that is taken for the answer."""
ROOMS: Final = (
    "/desk",
    "/desk/texts",
    "/desk/participants",
    "/desk/participants/K-001",
    "/desk/participants/K-002",
    "/desk/participants/K-003",
)


@pytest.mark.parametrize(
    ("login", "sees"), [("anna", False), ("bo", False), ("iris", True), ("mo", True)]
)
async def test_r6_a_text_that_became_an_answer_shows_which_question_and_no_more(
    trial: Trial, at: Browsers, login: str, sees: bool
) -> None:
    address = await text_of(trial, CANARY)
    anna = await at("anna")
    _, html = await page(anna, address)
    status, _ = await press(anna, html, f"{address}/take")
    assert status == 200
    await trial.says("K-001", "4 canary")
    reader = await at(login)
    for path in (address, *ROOMS):
        text = await shown(reader, path)
        assert (CANARY in text) is (sees and path in (address, "/desk/participants/K-001")), path
    text = await shown(reader, address)
    assert "answer to question 1 of 24" in text
    assert "taken from their words by anna" in text
    if not sees:
        assert "are not shown to your role" in text


async def test_r6_on_a_shared_line_the_other_ones_answers_are_as_hidden(
    trial: Trial, at: Browsers
) -> None:
    code = (await trial.fetch("SELECT personal_code FROM participants WHERE code = 'K-002'"))[0][0]
    await trial.says("K-002", code)
    for words in ("8", "no idea 88888"):
        await trial.says("K-002", words)
    assert await trial.fetchval("SELECT value FROM responses") == 8
    for login, sees in (("anna", False), ("iris", True)):
        reader = await at(login)
        _, html = await page(reader, "/desk/participants/K-002")
        theirs = plain(html[html.index('id="conversation"') : html.index('id="log"')])
        assert "answer to question 1 of 24" in theirs
        assert (" 8 answer to" in theirs) is sees
        # What she wrote beside it is for staff to read, and stands on no other page.
        assert "no idea 88888" in theirs
        other = await shown(reader, "/desk/participants/K-003")
        assert "no idea 88888" not in other


async def test_links_in_what_we_wrote_open_nothing(trial: Trial, at: Browsers) -> None:
    await trial.says("K-001", "LINK")
    token = (await trial.texts("K-001"))[-1].partition("/q/")[2].split()[0]
    assert len(token) > 20
    for login in ("anna", "iris", "mo"):
        text = await shown(await at(login), "/desk/participants/K-001")
        assert "/q/…" in text
        assert token not in text
