"""A text leaves the list with a call, an alert, its answer or a reason; what each writes."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import pytest

from pro_service.services import rounds
from tests.integration.desk.texts.conftest import Browsers, plain, settled, shown, text_of
from tests.support.desk import page, press
from tests.support.record.words import spoken
from tests.support.study import SENDER, Trial, phone

WORDS = "could my sister bring me on tuesday"


async def act(
    browser: aiohttp.ClientSession, address: str, what: str, **filled: str
) -> tuple[int, str]:
    """Send one of the forms of a text's page."""
    _, html = await page(browser, address)
    status, after = await press(browser, html, f"{address}/{what}", **filled)
    return status, plain(after)


async def waiting(browser: aiohttp.ClientSession) -> bool:
    return "No text is waiting to be read." not in await shown(browser, "/desk/texts")


async def test_a_call_is_asked_for_once_and_stays_until_somebody_was_reached(
    trial: Trial, at: Browsers
) -> None:
    anna = await at("anna")
    for note in ("ask who drives", ""):
        address = await text_of(trial, WORDS)
        status, text = await act(anna, address, "call", note=note)
        assert status == 200
        assert "K-001 is to be called about the text, and it is off the list." in text
        assert "A call was asked for, by anna" in text
    assert not await waiting(anna)
    calls = await trial.fetch("SELECT reason, visit_id, closed_at, actor FROM call_tasks")
    assert calls == [("asked_by_text", None, None, "staff:anna")]
    assert await settled(trial) == [
        ("call", "", "staff:anna"),
        ("call", "no_words", "staff:anna"),
    ]
    assert "“ask who drives”" in await shown(anna, "/desk/participants/K-001")
    today = await shown(anna, "/desk")
    assert "A text of theirs needs talking about" in today
    read = await trial.fetch("SELECT DISTINCT read_by FROM inbounds WHERE read_at IS NOT NULL")
    assert read == [("staff:anna",)]
    # The words stand nowhere in the clear, and say why in the audit.
    audited = await trial.fetch(
        "SELECT left(reason, 5) FROM audit_entries WHERE table_name = 'text_settlements'"
        " ORDER BY id"
    )
    assert audited == [("note:",), ("no_wo",)]


async def test_an_alert_needs_words_and_names_the_text(trial: Trial, at: Browsers) -> None:
    anna = await at("anna")
    address = await text_of(trial, "something is odd about it, come and look")
    status, text = await act(anna, address, "alert", note=" ")
    assert (status, "This needs a reason" in text) == (422, True)
    assert await settled(trial) == []
    status, text = await act(anna, address, "alert", note="sounds like a fall")
    assert (status, "An urgent alert of K-001 is raised" in text) == (200, True)
    alerts = await trial.fetch(
        "SELECT rule, severity, uncertain_who, actor, inbound_id FROM alerts"
    )
    text_id = await trial.fetchval("SELECT inbound_id FROM text_settlements")
    assert alerts == [("read_in_text", "urgent", False, "staff:anna", text_id)]
    reason = await trial.fetchval("SELECT reason FROM text_settlements")
    assert await spoken(trial.operator, trial.context, reason) == "sounds like a fall"
    assert "A sign of harm, read in a text by staff" in await shown(anna, "/desk")


@pytest.mark.parametrize(
    ("reason", "note", "status"),
    [
        ("courtesy", "", 200),
        ("settled", "told her at the clinic", 200),
        ("other", "her son wrote", 200),
        ("other", "", 422),
        ("", "x", 422),
        ("whatever", "x", 422),
    ],
)
async def test_nothing_is_needed_only_for_a_reason(
    trial: Trial, at: Browsers, reason: str, note: str, status: int
) -> None:
    anna = await at("anna")
    address = await text_of(trial, WORDS)
    found, text = await act(anna, address, "nothing", reason=reason, note=note)
    assert found == status
    if status == 200:
        kept = reason if not note else f"{reason}: "
        assert await settled(trial) == [("nothing", kept, "staff:anna")]
        assert note in text
    else:
        assert await settled(trial) == []
        assert await waiting(anna)
        assert note in text


async def test_on_a_shared_telephone_it_is_chosen_whose_text_it_is(
    trial: Trial, at: Browsers
) -> None:
    anna = await at("anna")
    address = await text_of(trial, WORDS, "K-002")
    text = await shown(anna, address)
    assert "Several participants use this number" in text
    assert "Whose text is it" in text
    assert "Raise an urgent alert" not in text
    _, html = await page(anna, f"{address}?whose=K-001")
    assert "Say first whose text it is" in html
    _, html = await page(anna, f"{address}?whose=K-003")
    status, text = await press(anna, html, f"{address}/call", note="x")
    assert status == 200
    whose = await trial.fetch("SELECT participant_id FROM text_settlements")
    assert whose == [(trial.participants["K-003"],)]
    assert await trial.fetch("SELECT participant_id FROM call_tasks") == whose
    # From now on it is in the conversation of hers alone.
    assert WORDS in await shown(anna, "/desk/participants/K-003")
    assert WORDS not in await shown(anna, "/desk/participants/K-002")


async def test_a_form_without_whose_it_is_writes_nothing(trial: Trial, at: Browsers) -> None:
    anna = await at("anna")
    address = await text_of(trial, WORDS, "K-002")
    _, html = await page(anna, f"{address}?whose=K-003")
    for whose in ("", "K-001", "NOBODY"):
        status, text = await press(anna, html, f"{address}/call", note="x", whose=whose)
        assert (status, "Say first whose text it is" in text) == (422, True)
    assert await settled(trial) == []


async def test_a_strangers_text_is_somebodys_once_staff_say_so(trial: Trial, at: Browsers) -> None:
    anna = await at("anna")
    await trial.provider.phone_sends(phone(77), SENDER, "my father is unwell since the visit")
    (address,) = set(re.findall(r"/desk/texts/[0-9a-f-]{36}", (await page(anna, "/desk/texts"))[1]))
    text = await shown(anna, address)
    assert "From a number nobody is enrolled with" in text
    _, html = await page(anna, f"{address}?whose=K-001")
    assert "No reply can go there" in html
    status, text = await press(anna, html, f"{address}/alert", note="his daughter writes")
    assert status == 200
    alerts = await trial.fetch("SELECT participant_id, uncertain_who FROM alerts")
    assert alerts[-1] == (trial.participants["K-001"], True)
    assert "my father is unwell" in await shown(anna, "/desk/participants/K-001")


async def test_nobodys_text_is_set_aside_as_such(trial: Trial, at: Browsers) -> None:
    anna = await at("anna")
    await trial.provider.phone_sends(phone(77), SENDER, "cheap loans call now")
    (address,) = set(re.findall(r"/desk/texts/[0-9a-f-]{36}", (await page(anna, "/desk/texts"))[1]))
    status, text = await act(anna, address, "nothing", reason="not_theirs")
    assert (status, "Nothing needed: An advertisement" in text) == (200, True)
    kept = await trial.fetch("SELECT participant_id, kind, reason, actor FROM text_settlements")
    assert kept == [(None, "nothing", "not_theirs", "staff:anna")]
    _, html = await page(anna, "/desk/texts")
    assert "No text is waiting" in html


async def test_a_settled_text_ends_the_call_that_nobody_has_read_it(
    trial: Trial, at: Browsers
) -> None:
    anna = await at("anna")
    address = await text_of(trial, "no fever")
    assert await trial.fetch("SELECT urgent FROM inbounds") == [(True,)]
    assert await trial.count("alerts") == 0
    text = await shown(anna, "/desk/texts")
    assert "Read at once" in text
    assert "waiting since Wed 7 Jan 2026, 18:30" in text
    await trial.move(timedelta(hours=5))

    async def calls() -> list[tuple[object, ...]]:
        await rounds.call_round(trial.pools.worker, trial.context)
        return await trial.fetch("SELECT reason, closed_at IS NULL FROM call_tasks")

    assert await calls() == [("text_unread", True)]
    await act(anna, address, "nothing", reason="settled", note="rang her, she is well")
    assert await calls() == [("text_unread", False)]


async def test_a_monitor_reads_and_settles_nothing(trial: Trial, at: Browsers) -> None:
    address = await text_of(trial, WORDS)
    mo = await at("mo")
    text = await shown(mo, address)
    assert WORDS in text
    assert "What is to be done" not in text
    assert "Nothing is needed" not in text


async def test_a_text_marked_as_read_by_an_older_release_stays_settled(
    trial: Trial, at: Browsers
) -> None:
    anna = await at("anna")
    address = await text_of(trial, WORDS)
    _, before = await page(anna, address)
    await trial.owner_does("UPDATE pro.inbounds SET read_at = pro.now(), read_by = 'staff:old'")
    text = await shown(anna, address)
    assert "read by old" in text
    status, _ = await press(anna, before, f"{address}/call", note="x")
    assert status == 409
