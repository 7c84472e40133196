"""A text of unknown fate stays on the first page until staff say what they did about it."""

from __future__ import annotations

import aiohttp
import asyncpg

from tests.support.desk import page, press, seed_line, seed_message
from tests.support.record.words import spoken
from tests.support.seed import SeededParticipant

LISTED = 'id="uncertain"'


async def test_an_unconfirmed_text_leaves_the_list_with_a_reason_and_stays_in_the_record(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await seed_message(participant, await seed_line(participant), "unconfirmed")
    message = await owner.fetchval("SELECT id FROM pro.messages")
    action = f"/desk/messages/{message}/dealt"
    _, shown = await page(desk)
    status, _ = await press(desk, shown, action, note="  ")
    assert status == 422
    assert await owner.fetchval("SELECT dealt_at FROM pro.messages") is None
    _, text = await press(desk, shown, action, note="Rang her: it had come")
    assert LISTED not in text
    kept = await owner.fetchrow("SELECT state, dealt_by, dealt_note FROM pro.messages")
    assert tuple(kept)[:2] == ("unconfirmed", "staff:anna")
    said = await spoken(owner, participant.study.context, kept["dealt_note"])
    assert said == "Rang her: it had come"
    status, said = await press(desk, shown, action, note="again")
    assert (status, "already" in said) == (200, True)  # The same person hears what they did.
    again = await owner.fetchval("SELECT dealt_note FROM pro.messages")
    assert again == kept["dealt_note"]
    _, timeline = await page(desk, "/desk/participants/P-001")
    assert "Text of unknown fate dealt with" in timeline
    assert "Rang her: it had come" in timeline
    assert "text messages it counts as: 1" in timeline
    reason = await owner.fetchval(
        "SELECT reason FROM pro.audit_entries"
        " WHERE table_name = 'messages' AND operation = 'UPDATE'"
    )
    assert reason == kept["dealt_note"]


async def test_a_text_still_being_looked_for_cannot_be_put_aside(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await seed_message(participant, await seed_line(participant), "ambiguous")
    message = await owner.fetchval("SELECT id FROM pro.messages")
    _, shown = await page(desk)
    assert f"/desk/messages/{message}/dealt" not in shown
    assert LISTED in shown
