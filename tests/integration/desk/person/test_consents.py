"""Consent at the desk: the section with its history, both forms, and who owes a signature."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from tests.integration.desk.person.sheets import PAGE, by_staff, confirm, fill, problem, said, send
from tests.integration.desk.rooms.test_week import codes, section
from tests.support.desk import page
from tests.support.study import Trial, row
from tests.support.versions import EXAMPLE, store_version

DAY = "2026-01-05"
WHY = "She rang and said so"
AMENDED = (
    EXAMPLE
    + """
[[consent_version]]
id = "1"
valid_from = 2026-01-01

[[consent_version]]
id = "2"
valid_from = 2026-01-06
signed_again_by = "everybody"
within_days = 3
"""
)


async def test_texts_are_taken_back_after_a_look_and_the_section_tells_both(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await fill(desk, "consent-part", what="messages_taken", on=DAY, reason=WHY)
    assert status == 200, problem(html)
    assert "Safety follow-up goes on" in html
    assert "Nobody is left who may be texted" in html
    assert (await trial.facts("K-001")).reach.contact is not None
    status, html = await confirm(desk, html, "consent-part")
    assert status == 200
    assert said(html) == ("K-001 gets no more texts; safety follow-up goes on by telephone.")
    shown = section(html, "consent")
    assert "Version 1, signed Sun 4 Jan 2026" in shown
    assert "Texts: taken back on Mon 5 Jan 2026" in shown
    assert "by anna" in shown
    assert "She rang" not in shown
    assert await by_staff(trial, "consents") == 1
    assert (await trial.facts("K-001")).reach.contact is None
    status, html = await fill(desk, "consent-part", what="messages_taken", on=DAY, reason=WHY)
    assert (status, "choose one of what is offered" in problem(html)) == (422, True)


async def test_a_day_to_come_is_refused_at_its_field_with_what_was_typed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    later = "2026-03-01"
    status, html = await fill(desk, "consent-part", what="caregiver_given", on=later, reason=WHY)
    assert (status, "still to come" in problem(html)) == (422, True)
    assert f'value="{later}"' in html
    status, html = await fill(desk, "consent", version="1", on=DAY)
    assert (status, "signed already" in problem(html)) == (422, True)
    assert await by_staff(trial, "consents") == 0


async def test_who_owes_a_newer_version_is_named_in_the_week_until_they_sign_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await store_version(trial, AMENDED, for_later=False)
    await trial.enrol(row("K-002"), row("K-003"))
    _, html = await page(desk, "/desk/week")
    assert codes(html, "consents") == []
    await trial.move(timedelta(days=2))
    _, html = await page(desk, "/desk/week")
    assert codes(html, "consents") == ["K-002", "K-003"], "K-001 is under the version before"
    assert "To sign by Fri 9 Jan 2026: version 2." in section(html, "consents")
    _, html = await page(desk)
    assert '/desk/week#consents">2<' in section(html, "week")
    theirs = PAGE.replace("K-001", "K-002")
    _, html = await page(desk, theirs)
    assert "To sign by Fri 9 Jan 2026: version 2." in section(html, "consent")
    await trial.move(timedelta(days=5))
    _, html = await page(desk, theirs)
    assert "Overdue since Fri 9 Jan 2026" in section(html, "consent")
    status, html = await sign(desk, theirs, "2")
    assert (status, said(html)) == (200, "The consent K-002 signed is written down.")
    assert "Version 2, signed Mon 12 Jan 2026" in section(html, "consent")
    _, html = await page(desk, "/desk/week")
    assert codes(html, "consents") == ["K-003"]


async def sign(desk: aiohttp.ClientSession, theirs: str, version: str) -> tuple[int, str]:
    """Fill in that a version was signed on the twelfth."""
    form = f"{theirs}/consent"
    _, html = await page(desk, form)
    return await send(desk, html, form, {"version": version, "on": "2026-01-12"})
