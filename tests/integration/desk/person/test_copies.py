"""The copy an investigator takes along: whole, readable alone, recorded, blind where they are."""

from __future__ import annotations

import re

import aiohttp
import pytest

from pro_service.domain.study.consenting.parts import ConsentPart
from pro_service.services.record import SaidConsent, say_part
from tests.integration.desk.person.sheets import PAGE
from tests.support.desk import page
from tests.support.forms import form_to
from tests.support.study import ACTOR, STARTED_AT, Trial, row
from tests.support.versions import EXAMPLE, store_version

COPY = f"{PAGE}/copy"
BLIND = EXAMPLE.replace(
    'scores_visible_to = ["investigator", "data_manager", "monitor"]',
    'scores_visible_to = ["data_manager"]',
)


async def taken(
    browser: aiohttp.ClientSession, form: str = "html", theirs: str = PAGE
) -> tuple[aiohttp.ClientResponse, bytes]:
    """Press the button on the page; the answer and its body."""
    _, html = await page(browser, theirs)
    fields = [*form_to(html, f"{theirs}/copy").fields, ("as", form)]
    async with browser.post(f"{theirs}/copy", data=fields) as answer:
        return answer, await answer.read()


def part(html: str, title: str) -> str:
    """One part of the copy."""
    return html.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]


async def answer_some(trial: Trial, code: str, *answers: str) -> None:
    """Ask somebody, and let them answer."""
    await trial.ask()
    for one in answers:
        await trial.says(code, one)


async def test_it_holds_the_record_whole_and_needs_nothing_beside_itself(
    trial: Trial, investigator: aiohttp.ClientSession
) -> None:
    await answer_some(trial, "K-001", "4", "5")
    said = SaidConsent(STARTED_AT.date(), ACTOR, "she rang")
    await say_part(trial.who("K-001"), ConsentPart.cross_border, said, given=True)
    answer, body = await taken(investigator)
    html = body.decode()
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="record-K-001.html"'
    assert not re.search(r"<script|<link|<img|src=|href=|url\(", html)
    assert "Provider abroad: agreed on Mon 5 Jan 2026" in part(html, "Consent")
    wording = await trial.fetchval("SELECT wording_sha256 FROM attempts LIMIT 1")
    assert wording in part(html, "Sittings")
    assert "by themselves" in part(html, "Sittings")
    answers = part(html, "Answers")
    assert await trial.count("responses") == answers.count("<tr>") - 1 > 0
    assert wording[:16] in answers
    assert "<td>Injection" in part(html, "Schedule") or "<td>" in part(html, "Schedule")
    assert "<td>responses</td>" in part(html, "Extract of the audit")
    about = await trial.count(
        "audit_participants", f"participant_id = '{trial.participants['K-001']}'"
    )
    assert part(html, "Extract of the audit").count("<tr>") - 1 == about
    kept = await trial.fetch("SELECT what, narrowed_by, actor FROM data_out")
    assert kept == [("record", "code=K-001", "staff:ivan")]
    audited = "SELECT count(*) FROM audit_entries WHERE table_name = 'data_out'"
    assert await trial.fetchval(audited) == 1


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_it_comes_as_a_pdf_in_the_language_of_who_reads(
    trial: Trial, investigator: aiohttp.ClientSession, language: str
) -> None:
    investigator.cookie_jar.update_cookies({"desk_language": language})
    await answer_some(trial, "K-001", "4")
    answer, body = await taken(investigator, "pdf")
    assert (answer.status, answer.content_type) == (200, "application/pdf")
    assert body.startswith(b"%PDF-")
    assert body.count(b"/Type /Page\n") > 1


async def test_whoever_may_not_see_answers_gets_the_same_copy_whatever_was_answered(
    trial: Trial, investigator: aiohttp.ClientSession
) -> None:
    await store_version(trial, BLIND, for_later=False)
    await trial.enrol(row("K-002"), row("K-003"))
    await trial.ask()
    await trial.says("K-002", "3")
    await trial.says("K-003", "9")
    shown = []
    for code in ("K-002", "K-003"):
        _, body = await taken(investigator, theirs=PAGE.replace("K-001", code))
        html = body.decode()
        assert "this role may not see what was answered" in part(html, "Answers")
        assert "this role may not see what was answered" in part(html, "Scores")
        # But for what names each of them and the entries of the audit.
        told = html.partition("<h2>Extract of the audit</h2>")[0].replace(code, "CODE")
        shown.append(re.sub(r"\d\d:\d\d", "", told))
    assert shown[0] == shown[1]


async def test_a_coordinator_takes_none_and_a_form_that_is_wrong_gives_none(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    _, html = await page(desk, PAGE)
    assert COPY not in html
    answer, _ = await taken(investigator, "docx")
    assert answer.status == 400
    assert await trial.count("data_out") == 0
