"""The audit as staff read it: narrowed, page by page, in words, and of their own sites alone."""

from __future__ import annotations

import csv
import io
import re

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services.record.reading import Wish, read_audit
from pro_service.store.record.reading import Reading
from tests.integration.desk.record.conftest import SignedIn
from tests.support.desk import page
from tests.support.study import ACTOR, Trial, row

ROOM = "/desk/record"


def rows_of(html: str) -> list[str]:
    """The text of each entry on a page."""
    found = re.findall(r'<tr id="e\d+">(.*?)</tr>', html, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", one)) for one in found]


async def room(browser: aiohttp.ClientSession, query: str = "") -> list[str]:
    """The entries a query finds, on its first page."""
    status, html = await page(browser, f"{ROOM}?{query}")
    assert status == 200, html
    return rows_of(html)


async def test_an_entry_says_who_did_what_why_and_from_where(
    trial: Trial, seated: SignedIn
) -> None:
    await trial.status("K-001", Status.paused)
    mona = await seated("mona")
    (paused, *_) = await room(mona, "code=K-001&what=statuses")
    for part in ("Status", "recorded", "K-001", "paused", "told by the site"):
        assert part in paused, part
    # What was written first comes first in the list of all, and nothing of it is told twice.
    entries = await room(mona, "code=K-001")
    assert "Status" in entries[0] or "Words of staff" in entries[0]


async def test_old_and_new_stand_side_by_side_and_what_was_written_first_is_told_as_it_was(
    trial: Trial, seated: SignedIn
) -> None:
    await trial.ask()
    mona = await seated("mona")
    entries = await room(mona, "code=K-001&what=texts")
    changed = next(one for one in entries if "Reminder" in one and "changed" in one)
    assert re.search(r"how it ended before: – → after: sent", changed)
    made = next(one for one in entries if "Reminder" in one and "recorded" in one)
    assert "how it ended" not in made


async def test_filters_narrow_and_pages_lead_on_without_a_gap(
    trial: Trial, seated: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await trial.status("K-001", Status.paused)
        await trial.status("K-001", Status.active)
    mona = await seated("mona")
    whole = await room(mona, "code=K-001")
    monkeypatch.setattr("pro_service.web.desk.record.page.PAGE", 4)
    walked, address = [], f"{ROOM}?code=K-001"
    while address:
        _, html = await page(mona, address)
        walked += rows_of(html)
        found = re.search(r'href="([^"]+)" rel="next"', html)
        address = found[1].replace("&amp;", "&") if found else ""
    assert walked == whole
    assert len(walked) > 8
    monkeypatch.undo()
    assert await room(mona, "code=K-001&to=2001-01-01") == []
    assert await room(mona, "code=K-001&from=2001-01-01") == whole
    assert await room(mona, "who=nobody") == []
    by_commands = await room(mona, f"who={ACTOR}&code=K-001")
    assert by_commands
    assert all("by a command" in one for one in by_commands)
    # What cannot be read narrows nothing.
    assert await room(mona, "code=K-001&before=what&from=never&what=all") == whole


async def test_a_seat_reads_of_participants_at_its_sites_and_of_nobody_else(
    trial: Trial, seated: SignedIn
) -> None:
    other = await seated("other")
    assert not any("K-001" in one for one in await room(other))
    status, html = await page(other, f"{ROOM}?code=K-001")
    assert (status, rows_of(html)) == (200, [])
    adam = await seated("adam")
    entries = await room(adam)
    assert any("Role" in one for one in entries)
    assert not any("K-001" in one for one in entries)
    anna = await seated("anna")
    assert not any("Role" in one for one in await room(anna))
    hal = await seated("hal")
    assert (await page(hal, ROOM))[0] == 403


async def test_what_is_at_the_door_is_listed_for_who_reads_of_the_study(
    trial: Trial, seated: SignedIn
) -> None:
    await seated("anna")
    dana = await seated("dana")
    # What was done to an account is of no study; by whom of another one, this study is not told.
    await trial.owner_does(
        "INSERT INTO pro.staff_events (kind, person_id, actor)"
        " SELECT 'revoked', p.id, x.actor FROM pro.people AS p"
        " CROSS JOIN (VALUES ('staff:of-another-study'), ('staff:adam')) AS x (actor)"
        " WHERE p.login = 'anna'"
    )
    _, html = await page(dana, f"{ROOM}?what=sign_ins")
    assert "of-another-study" not in html
    assert html.count("staff of another study") == 1
    assert html.count("by adam") == 1
    assert html.count("Signed in") >= 2
    assert "anna" in html
    _, html = await page(dana, f"{ROOM}?what=sign_ins&who=anna")
    assert html.count("Signed in") == 1
    anna = await seated("anna")
    _, html = await page(anna, f"{ROOM}?what=sign_ins")
    assert "Signed in" not in html


async def test_the_file_holds_what_is_listed_and_the_record_says_who_took_it(
    trial: Trial, seated: SignedIn
) -> None:
    await trial.enrol(row("K-002", phone="+12025550149"))
    mona = await seated("mona")
    async with mona.get(f"{ROOM}.csv?code=K-001&what=statuses") as answer:
        assert answer.status == 200
        lines = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert {one["participant"] for one in lines} == {"K-001"}
    assert {one["kind"] for one in lines} <= {"statuses", "safety_ends"}
    assert {"status", "effective_at"} <= {one["column"] for one in lines}
    assert await trial.fetch("SELECT what, narrowed_by, actor FROM data_out") == [
        ("audit", "code=K-001&what=statuses", "staff:mona")
    ]
    (taken, *_) = await room(mona, "what=shown")
    assert "File taken out" in taken
    assert "audit" in taken


async def test_a_file_is_told_in_several_statements_without_a_gap(
    trial: Trial, seated: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    mona = await seated("mona")
    files = []
    for at_once in (200, 2):
        monkeypatch.setattr("pro_service.services.record.reading.TOLD_AT_ONCE", at_once)
        async with mona.get(f"{ROOM}.csv?code=K-001&what=participants") as answer:
            files.append(await answer.text())
    assert files[0] == files[1]
    assert len({one["entry"] for one in csv.DictReader(io.StringIO(files[0]))}) > 2


async def answer_by_text(trial: Trial, value: str) -> None:
    """K-001 is asked and answers the whole questionnaire with one value."""
    await trial.ask()
    for _ in range(40):
        reply = await trial.says("K-001", value)
        if reply is None or "last question" in reply:
            break


async def test_of_an_answer_its_question_is_told_and_its_value_to_who_may_see_it(
    trial: Trial, seated: SignedIn
) -> None:
    await answer_by_text(trial, "2")
    mona, anna = await seated("mona"), await seated("anna")
    open_rows = await room(mona, "code=K-001&what=answers")
    shut_rows = await room(anna, "code=K-001&what=answers")
    assert len(open_rows) == len(shut_rows)
    answers = [one for one in open_rows if "Answer" in one]
    assert answers
    assert all(re.search(r"value 2\b", one) for one in answers)
    hidden = [one for one in shut_rows if "Answer" in one]
    assert all("Not shown to your role" in one for one in hidden)
    assert not any(re.search(r"\bvalue\b", one) for one in hidden)
    whole = " ".join(await room(anna, "code=K-001"))
    _, file = await page(anna, f"{ROOM}.csv?code=K-001")
    for text in (whole, file):
        assert not re.search(r"\bvalue\b|normalised|\braw\b|\b0-100\b", text)


async def test_the_command_tells_of_an_answer_its_question_alone(
    trial: Trial,
) -> None:
    await answer_by_text(trial, "2")
    reading = Reading(trial.operator, trial.study_id, everything=True, nobodys=True)
    wish = Wish(participant=trial.participants["K-001"], group="answers")
    found = await read_audit(reading, trial.context, wish, 500)
    told = [row.new for one in found.entries if one.kind == "responses" for row in one.rows]
    assert told
    assert all("item" in one and "value" not in one for one in told)
    reasons = Wish(participant=trial.participants["K-001"], group="statuses")
    (entry, *_) = (await read_audit(reading, trial.context, reasons)).entries
    assert entry.reason == "told by the site"
