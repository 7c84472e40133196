"""Blank forms to print: code, visit and the questions word for word, and no answer."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp

from tests.integration.desk.entering.test_entry import ENTRY, begin, keep, send_address
from tests.integration.desk.entering.test_entry import begun as begun
from tests.integration.desk.entering.test_entry import desk as desk
from tests.integration.desk.entering.test_entry import trial as trial
from tests.support.desk import page, press
from tests.support.study import Trial, row

PAGE = "/desk/participants/K-001/blank"


def labels(html: str) -> list[str]:
    """The questions of an entry form or a blank one, in order."""
    found = re.findall(r'<span class="number">\d+</span> (?:<span[^>]*>)?([^<]+)', html)
    return [one.strip() for one in found]


async def test_a_blank_form_asks_what_the_entry_form_asks_word_for_word(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    (visit,) = (await trial.fetch("SELECT id FROM visits WHERE definition = 'baseline'"))[0]
    status, html = await page(desk, f"{PAGE}?visit={visit}")
    assert status == 200
    forms = html.split('<article class="blank"')[1:]
    asked = "SELECT count(*) FROM assessments WHERE visit_id = $1"
    assert [(len(forms),)] == await trial.fetch(asked, visit)
    womac = next(one for one in forms if "in the last 48 hours" in one)
    assert "<strong>K-001</strong>" in womac
    assert "Day:" in womac
    _, entry = await begin(trial, desk, "womac-nrs-3.1")
    assert labels(womac) == labels(entry)
    assert len(labels(womac)) == 24
    # In the words of another language where that is asked for.
    _, chinese = await page(desk, f"{PAGE}?visit={visit}&language=zh_CN")
    assert "由谁填写" in chinese
    assert f'href="{PAGE}"' in (await page(desk, ENTRY))[1]


async def test_it_holds_no_answer_and_what_was_sent_is_not_asked_again(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    (visit,) = (await trial.fetch("SELECT id FROM visits WHERE definition = 'baseline'"))[0]
    _, before = await page(desk, f"{PAGE}?visit={visit}")
    _, html = await begin(trial, desk)
    _, html = await keep(desk, html, pain="7")
    _, after = await page(desk, f"{PAGE}?visit={visit}")
    assert after.split("<article")[1:] == before.split("<article")[1:]
    assert (await press(desk, html, send_address(html)))[0] == 200
    _, later = await page(desk, f"{PAGE}?visit={visit}")
    assert later.count("<article") == before.count("<article") - 1
    assert await trial.count("attempts") == 1


async def test_the_week_leads_to_the_forms_of_a_clinic_day(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.enrol(row("K-002"))
    await trial.move(timedelta(days=4))
    _, week = await page(desk, "/desk/week")
    days = re.findall(r'href="(/desk/blank\?day=[^"]+)"', week)
    assert days
    status, html = await page(desk, days[0])
    assert status == 200
    for code in ("K-001", "K-002"):
        assert f"<strong>{code}</strong>" in html, code
    assert (await page(desk, "/desk/blank?day=soon"))[0] == 404
    _, empty = await page(desk, "/desk/blank?day=2026-12-24")
    assert "There is nothing to print" in empty
