"""I take this (R10), wherever an urgent alert is met: Today, the alerts, the participant's page."""

from __future__ import annotations

import aiohttp
import asyncpg
import pytest

from tests.support.desk import page, press, seed_alert
from tests.support.seed import SeededParticipant

ROOMS = ("/desk", "/desk/alerts", "/desk/participants/P-001")


@pytest.mark.parametrize("room", ROOMS)
async def test_an_urgent_alert_is_taken_where_it_is_met_and_each_room_says_by_whom(
    desk: aiohttp.ClientSession,
    participant: SeededParticipant,
    owner: asyncpg.Connection,
    room: str,
) -> None:
    assessment = participant.assessments["baseline", "pain-nrs", "left_knee"]
    taken = f"/desk/alerts/{await seed_alert(participant, assessment)}/taken"
    _, html = await page(desk, room)
    status, html = await press(desk, html, taken)
    assert (status, "anna takes this until" in html) == (200, True)
    assert await owner.fetchval("SELECT actor FROM pro.alert_takes") == "staff:anna"
    for other in ROOMS:
        _, html = await page(desk, other)
        assert "anna takes this until" in html
        assert taken not in html, "whoever has taken it is not asked again"
