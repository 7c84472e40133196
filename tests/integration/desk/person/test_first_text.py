"""The first text at the desk: sent once with the participant beside one; its reply proves (R23)."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from pro_service.services.texting.contacts import list_contacts
from tests.integration.desk.person.sheets import PAGE, confirm, fill, problem, said
from tests.support.desk import page
from tests.support.study import Trial, phone

NEW = phone(77)


async def go(trial: Trial) -> None:
    """What is queued goes out."""
    await trial.retry_now()
    await trial.provider.drain()


async def send_first(trial: Trial, desk: aiohttp.ClientSession) -> str:
    """Look at the first text and send it: the sentence that says so."""
    status, html = await fill(desk, "first-text")
    assert status == 200, problem(html)
    _, html = await confirm(desk, html, "first-text")
    await go(trial)
    return said(html)


def not_joined(html: str) -> str:
    """Today's list of who has not joined yet."""
    return html.partition('<section id="not_joined">')[2].partition("</section>")[0]


async def proven(trial: Trial) -> list[tuple[str, ...]]:
    """By whom each number was proven, and the record's reason."""
    return await trial.fetch(
        "SELECT n.verified_by, e.reason FROM contact_points AS n JOIN audit_entries AS e"
        " ON e.table_name = 'contact_points' AND e.operation = 'UPDATE'"
        " WHERE n.verified_at IS NOT NULL"
    )


async def test_the_words_that_go_out_are_shown_and_one_digit_back_proves_the_number(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, today = await page(desk, "/desk")
    assert "Not proven yet: no first text" in not_joined(today)
    assert f'href="{PAGE}/first-text"' in not_joined(today)
    _, html = await fill(desk, "first-text")
    words = "our texts come from this number. Questions: call +12025550198."
    for shown in (words, "Site BJ01", "reply with one digit"):
        assert shown in html
    assert await trial.count("messages") == 0
    assert await send_first(trial, desk) == (
        "The first text to K-001 goes now. Ask them to reply with one digit."
    )
    (first,) = await trial.texts("K-001")
    assert words in first
    for html in ((await page(desk, PAGE))[1], not_joined((await page(desk, "/desk"))[1])):
        assert "Waiting for the first text&#39;s answer" in html

    reply = await trial.says("K-001", " ５ ")
    assert reply is not None
    assert "Your telephone is set up." in reply
    assert "The next questions come to this number soon." in reply
    assert await proven(trial) == [("provider:simulator", "the first text was answered from it")]
    assert await trial.count("responses") == 0
    assert await trial.count("attempts") == 0
    assert not_joined((await page(desk, "/desk"))[1]) == ""
    assert "Proven by a text" in (await page(desk, PAGE))[1]
    status, html = await fill(desk, "first-text")
    assert "proven already" in problem(html), status


async def test_it_never_goes_twice_but_where_it_surely_did_not_arrive(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(desk, "first-text")
    _, sent = await confirm(desk, html, "first-text")
    _, again = await confirm(desk, html, "first-text")
    assert said(again) == said(sent) != ""
    assert await trial.count("messages") == 1
    status, html = await fill(desk, "first-text")
    assert "never goes twice" in problem(html), status
    await trial.owner_does("UPDATE messages SET state = 'failed' WHERE kind = 'first'")
    assert "did not arrive" in not_joined((await page(desk, "/desk"))[1])
    assert (await send_first(trial, desk)).startswith("The first text to K-001 goes now")
    assert len(await trial.texts("K-001")) == 1


async def test_in_quiet_hours_it_waits_and_is_gone_where_a_question_was_asked_meanwhile(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    now = await trial.now()
    await trial.move(now.replace(hour=15, minute=30))  # half past eleven at night there
    _, html = await fill(desk, "first-text")
    assert "It is a quiet hour now." in html
    _, html = await confirm(desk, html, "first-text")
    assert said(html).startswith("It is a quiet hour: the first text to K-001 goes on ")
    await go(trial)
    assert await trial.texts("K-001") == []
    await trial.move(timedelta(hours=10))
    await go(trial)
    assert len(await trial.texts("K-001")) == 1


async def test_no_first_text_goes_where_nothing_may_or_a_question_waits(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    status, html = await fill(desk, "first-text")
    assert "A question waits there" in problem(html), status
    await trial.says("K-001", "STOP")
    _, html = await fill(desk, "first-text")
    assert "wants no texts" in problem(html)
    assert await trial.count("messages", "kind = 'first'") == 0


async def test_what_is_no_digit_is_asked_again_and_words_are_read_by_somebody(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await send_first(trial, desk)
    assert await trial.says("K-001", "12") == (
        "Please reply with one digit from 0 to 9, for example 5."
    )
    assert "one digit" in (await trial.says("K-001", "is this the clinic?") or "")
    assert await trial.count("inbounds", "disposition = 'needs_reading'") == 1
    assert await proven(trial) == []
    await trial.says("K-001", "seven")
    assert len(await proven(trial)) == 1


async def test_once_a_question_was_asked_a_digit_answers_that_and_nothing_else(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await send_first(trial, desk)
    await trial.ask()
    await trial.says("K-001", "4")
    assert await trial.count("responses") == 1
    assert await proven(trial) == []
    # The first answer came by it: nothing is left to prove.
    assert not_joined((await page(desk, "/desk"))[1]) == ""


async def test_a_new_number_is_confirmed_by_the_reply_to_its_first_text(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await fill(
        desk, "new-number", contact="1", number=NEW, said="tested", reason="Bought another"
    )
    assert status == 200, problem(html)
    assert said(html).startswith("The number of K-001 is changed, and the first text goes there")
    await go(trial)
    trial.phones["K-001"] = NEW
    assert len(await trial.texts("K-001")) == 1
    assert [one.texted for one in await list_contacts(trial.who("K-001"))] == [False]
    assert "Waiting for the first text" in (await page(desk, PAGE))[1]
    # Whoever else holds it is a stranger, who is told nothing of the study.
    assert "we do not know this number" in (await trial.says("K-001", "who is this") or "")
    assert await trial.count("invitations") == 0
    assert "set up" in (await trial.says("K-001", "3") or "")
    assert [one.texted for one in await list_contacts(trial.who("K-001"))] == [True]
    assert await trial.count("call_tasks", "reason = 'confirm_number' AND closed_at IS NULL") == 0
