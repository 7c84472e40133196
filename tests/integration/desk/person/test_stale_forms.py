"""Forms that lay open, were pressed twice, or were filled in anew with the key of one before."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp

from pro_service.services.texting.contacts import list_contacts
from tests.integration.desk.person.sheets import (
    PAGE,
    Filled,
    by_staff,
    confirm,
    contact_at,
    fill,
    problem,
    said,
    send,
)
from tests.support.desk import page
from tests.support.study import Trial, add_site, phone, row

WIFE = phone(78)


async def with_a_wife(desk: aiohttp.ClientSession) -> None:
    """K-001's second contact: a wife who agreed and whose number is confirmed."""
    agreed = {"texts": "yes", "agreed_on": "2026-01-03", "participant_agreed_on": "2026-01-03"}
    await fill(desk, "contact", relation="spouse", number=WIFE, reason="Reads to him", **agreed)
    await fill(desk, "confirm-number", contact="2", reason="She rang us from it")


async def reached(trial: Trial) -> list[tuple[str, str]]:
    shown = await list_contacts(trial.who("K-001"))
    return [(one.contact.relation, one.address) for one in shown]


async def open_form(desk: aiohttp.ClientSession, name: str, contact: str) -> tuple[str, str]:
    """A form that lies open, and what it sends for the contact at a place of today's order."""
    _, html = await page(desk, f"{PAGE}/{name}")
    return html, contact_at(html, contact)


async def again(desk: aiohttp.ClientSession, html: str, name: str, **filled: str) -> str:
    """Send a form as it stands; the page it leads to."""
    status, after = await send(desk, html, f"{PAGE}/{name}", filled)
    assert status == 200, problem(after)
    return after


async def test_a_form_that_lay_open_acts_on_the_contact_it_showed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await with_a_wife(desk)
    end, wife = await open_form(desk, "contact-end", "2")
    agree, _ = await open_form(desk, "contact-agreement", "2")
    number, own = await open_form(desk, "new-number", "1")
    await fill(desk, "contact-first", contact="2", reason="She always has hers with her")
    assert [one for one, _ in await reached(trial)] == ["spouse", "self"]
    new = phone(79)
    await again(
        desk, number, "new-number", contact=own, number=new, said="waiting", reason="He said so"
    )
    assert await reached(trial) == [("spouse", WIFE), ("self", new)]
    await again(desk, agree, "contact-agreement", contact=wife, reason="No texts to her any more")
    assert await trial.fetchval(
        "SELECT NOT may_be_texted FROM contact_points WHERE valid_to IS NULL AND whose = 'spouse'"
    )
    await again(desk, end, "contact-end", contact=wife, why="over", reason="She has left")
    assert await reached(trial) == [("self", new)]
    # Who is no more is not chosen by a form that still shows them: it says so, and does nothing.
    status, html = await send(
        desk, number, f"{PAGE}/new-number", {"contact": own, "number": phone(80)} | {"reason": "x"}
    )
    assert status == 422
    status, html = await send(
        desk, agree, f"{PAGE}/contact-agreement", {"contact": wife, "key": "k1", "reason": "x"}
    )
    assert (status, "That contact is no more" in problem(html)) == (422, True), problem(html)
    assert await reached(trial) == [("self", new)]


async def test_no_consent_is_dated_in_the_future(trial: Trial, desk: aiohttp.ClientSession) -> None:
    later = (await trial.now() + timedelta(days=40)).date().isoformat()
    new = {"relation": "spouse", "number": WIFE, "texts": "yes", "reason": "Reads to him"}
    for agreed_on, participants in ((later, "2026-01-03"), ("2026-01-03", later)):
        filled = new | {"agreed_on": agreed_on, "participant_agreed_on": participants}
        status, html = await fill(desk, "contact", **filled)
        assert (status, "still to come" in problem(html)) == (422, True), problem(html)
    assert await by_staff(trial, "consents") == 0
    await with_a_wife(desk)
    status, html = await fill(
        desk, "contact-agreement", contact="2", texts="yes", agreed_on=later, reason="Signed anew"
    )
    assert (status, "still to come" in problem(html)) == (422, True), problem(html)


async def test_a_second_press_says_what_the_first_did(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    filled = {"ask": "pain-nrs:left_knee", "when": "now", "reason": "Wants to say more"}
    _, html = await page(desk, f"{PAGE}/extra-visit")
    first = said(await again(desk, html, "extra-visit", **filled))
    assert "its text goes on" in first
    assert said(await again(desk, html, "extra-visit", **filled)) == first
    assert await by_staff(trial, "visits") == 1
    _, look = await fill(desk, "status", status="stopped_treatment", reason="Stays away")
    sentences = [said((await confirm(desk, look, "status"))[1]) for _ in range(2)]
    assert sentences[0] == sentences[1] != ""
    assert await by_staff(trial, "statuses") == 1
    _, html = await page(desk, f"{PAGE}/new-number")
    number = {"contact": contact_at(html, "1"), "number": phone(77), "said": "waiting"}
    number |= {"reason": "By mail"}
    first = said(await again(desk, html, "new-number", **number))
    assert "waits" in first or "until it is confirmed" in first
    assert said(await again(desk, html, "new-number", **number)) == first


async def test_two_presses_at_once_do_it_once_and_both_say_that_it_is_done(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await page(desk, f"{PAGE}/contact")
    filled: Filled = {"relation": "other", "number": WIFE, "reason": "A neighbour"}
    both = await asyncio.gather(*(send(desk, html, f"{PAGE}/contact", filled) for _ in range(2)))
    for status, after in both:
        assert (status, "K-001" in said(after)) == (200, True), problem(after)
    assert await by_staff(trial, "contact_points") == 1


async def test_the_key_of_a_form_with_other_content_is_refused_with_what_was_typed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await page(desk, f"{PAGE}/contact")
    filled: Filled = {"relation": "other", "number": WIFE, "reason": "A neighbour"}
    await send(desk, html, f"{PAGE}/contact", filled)
    other: Filled = {"relation": "child", "number": phone(79), "reason": "A daughter"}
    status, after = await send(desk, html, f"{PAGE}/contact", other)
    assert (status, "sent before with other content" in problem(after)) == (422, True)
    assert "A daughter" in after
    assert await reached(trial) == [("self", trial.phones["K-001"]), ("other", WIFE)]
    await again(desk, after, "contact", relation="child", number=phone(79), reason="A daughter")
    assert await reached(trial) == [
        ("self", trial.phones["K-001"]),
        ("other", WIFE),
        ("child", phone(79)),
    ]
    owner_sees = await trial.fetch("SELECT idempotency_key FROM web_writes")
    assert not any(WIFE[1:] in str(one) for one in owner_sees)


async def test_another_site_is_another_and_pressed_twice_is_said_twice(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await add_site(trial.operator, trial.study_id, "SH02")
    status, html = await fill(desk, "site", site="BJ01", reason="Moved house")
    assert (status, "is at this site already" in problem(html)) == (422, True), problem(html)
    _, look = await fill(desk, "site", site="SH02", reason="Moved house")
    sentences = [said((await confirm(desk, look, "site"))[1]) for _ in range(2)]
    assert sentences[0] == sentences[1] != ""
    assert await trial.count("participant_sites", "actor = 'staff:anna'") == 1


async def test_a_number_of_somebody_else_is_asked_about_once(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await add_site(trial.operator, trial.study_id, "SH02")
    await trial.enrol(row("K-002", phone=phone(90)), row("K-500", site="SH02", phone=phone(91)))
    for number, named, hidden in (
        (phone(90), "K-002", "K-500"),
        (phone(91), "somebody at another site", "K-500"),
    ):
        filled = {"contact": "1", "number": number, "said": "waiting", "reason": "By mail"}
        status, html = await fill(desk, "new-number", **filled)
        assert status == 200, problem(html)
        assert f"K-001 has the same number as {named}" in html
        assert hidden not in html
        assert said(html) == ""
        status, html = await confirm(desk, html, "new-number")
        assert said(html).startswith("The number of K-001 is changed."), problem(html)
        assert await reached(trial) == [("self", number)]
    status, html = await fill(desk, "contact", relation="spouse", number=phone(90), reason="Both")
    assert (status, "the same number as K-002" in html, said(html)) == (200, True, "")
