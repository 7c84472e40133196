"""Staff see by whom a participant is reached and what was agreed, and no number."""

from __future__ import annotations

import aiohttp

from tests.support.desk import page, seed_line
from tests.support.seed import SeededParticipant


async def test_contacts_stand_in_order_with_consent_and_silence_and_without_their_numbers(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await seed_line(participant)
    await seed_line(participant, "+12025550170", place=2, whose="child", texts=True)
    await seed_line(participant, "+12025550180", place=3, whose="other", texts=False)
    await participant.study.owner.execute(
        "WITH why AS (SELECT set_config('pro.reason', 'a shop answered', true))"
        " UPDATE pro.contact_points SET wrong_at = pro.now() FROM why WHERE ordinal = 3"
    )
    status, text = await page(desk, "/desk/participants/P-001")
    assert status == 200
    own, hers, other = (text.index(f"<li>{one} · telephone") for one in WHOSE)
    assert own < hers < other
    assert "son or daughter · telephone · may be texted · may be told about the participant" in text
    assert "somebody else · telephone · has not agreed to texts" in text
    assert "the number is somebody else&#39;s" in text
    assert "555" not in text[own : text.index("</ol>", own)]


WHOSE = ("the participant&#39;s own", "son or daughter", "somebody else")
