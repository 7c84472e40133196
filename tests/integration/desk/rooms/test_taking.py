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
    _, stale = await page(desk, room)
    held = "SELECT actor, held_until FROM pro.alert_takes"
    until = None
    for _ in range(2):  # The second time from the page as it stood before the first.
        status, html = await press(desk, stale, taken)
        assert (status, "anna takes this until" in html) == (200, True)
        ((actor, until_now),) = await owner.fetch(held)
        assert (actor, until_now) == ("staff:anna", until or until_now)
        until = until_now
    for other in ROOMS:
        _, html = await page(desk, other)
        assert "anna takes this until" in html
        assert taken not in html, "whoever has taken it is not asked again"
