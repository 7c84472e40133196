"""Answers told by telephone or on paper, typed in at the desk: by HTTP, as without scripts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.record.words import spoken
from tests.support.study import ACTOR, STARTED_AT, Left, Trial, go_on_with, row
from tests.support.web import browsing

PAGE = "/desk/participants/K-001"
ENTRY = f"{PAGE}/entry"
WOMAC = [
    *(f"pain_{n}" for n in range(1, 6)),
    *(f"stiffness_{n}" for n in range(1, 3)),
    *(f"function_{n}" for n in range(1, 18)),
]


async def begin_trial(running: Trial) -> None:
    """A participant whose baseline is open, and staff of three roles at the site."""
    await running.enrol(row("K-001"))
    for login, role in (
        ("anna", "coordinator"),
        ("ines", "investigator"),
        ("dora", "data_manager"),
    ):
        await make_staff(
            running.operator,
            running.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
            actor=ACTOR,
        )


begun = begun_by(begin_trial)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


async def begin(
    trial: Trial,
    desk: aiohttp.ClientSession,
    instrument: str = "pain-nrs",
    visit: str = "baseline",
    **said: str,
) -> tuple[int, str]:
    """Fill in what is asked before the first answer."""
    _, html = await page(desk, ENTRY)
    filled = {
        "assessment": str(await trial.assessment("K-001", visit, instrument)),
        "mode": "telephone",
        "respondent": "self",
        "language": "en",
    } | said
    return await press(desk, html, f"{ENTRY}/questions", **filled)


async def keep(desk: aiohttp.ClientSession, html: str, **answers: str) -> tuple[int, str]:
    """Type answers into the form, and keep them."""
    typed = {f"a.{item}": value for item, value in answers.items()}
    return await press(desk, html, f"{ENTRY}/keep", **{"then": "on"} | typed)


def send_address(html: str) -> str:
    found = re.search(r'action="([^"]+/send)"', html)
    assert found is not None
    return found[1]


async def test_answers_told_by_telephone_are_kept_scored_and_sent(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    status, html = await begin(trial, desk, "womac-nrs-3.1")
    assert status == 200
    assert await trial.count("attempts") == 0
    for words in (
        "word for word",
        "in the last 48 hours",
        "by telephone, the participant, in English",
        "anna",
    ):
        assert words in html
    assert html.count('<fieldset class="row') == 24
    assert " checked" not in html
    status, html = await keep(desk, html, **dict.fromkeys(WOMAC[:10], "3"))
    assert (status, "10 of 24 are kept" in html) == (200, True)
    assert "An answer that is kept is not shown again" in html
    assert await trial.count("scores") == 0
    status, html = await keep(desk, html, **dict.fromkeys(WOMAC[10:-1], "4"), function_17="-")
    assert "24 of 24 are kept" in html
    status, html = await press(desk, html, send_address(html))
    assert status == 200
    assert "The answers of K-001 are sent in." in html
    # What else the visit asks is chosen, told as this was.
    following = re.search(r'<option value="([^"]+)" selected>Before the injection', html)
    assert following is not None
    assert 'value="telephone" required checked' in html
    ((mode, who, login, interviewer, authentication, sent, started, said),) = await trial.fetch(
        "SELECT mode, respondent, actor, interviewer, authentication, submitted_at, started_at,"
        " sending_entered_at IS NOT NULL FROM attempts"
    )
    assert (mode, who, login, interviewer) == ("telephone", "self", "staff:anna", "staff:anna")
    assert (authentication, sent, said) == ("staff", started, True)
    scores = await trial.fetch("SELECT scale, basis, raw FROM scores ORDER BY scale")
    assert [(scale, basis, round(raw)) for scale, basis, raw in scores] == [
        ("function", "complete", 65),
        ("pain", "complete", 15),
        ("stiffness", "complete", 6),
        ("total", "complete", 86),
    ]
    answers = await trial.fetch(
        "SELECT DISTINCT entered_by, entered_at IS NOT NULL, raw_sealed IS NOT NULL,"
        " answered_offset_minutes FROM responses"
    )
    assert answers == [("staff:anna", True, True, 480)]
    facts = await trial.facts("K-001")
    done = next(one for one in facts.visits[1].assessments if one.instrument == "womac-nrs-3.1")
    assert done.submitted_at is not None


async def test_nothing_stored_is_shown_again_and_only_who_began_goes_on(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await begin(trial, desk, "womac-nrs-3.1")
    status, html = await keep(desk, html, pain_1="7", pain_2="9")
    assert status == 200
    address = send_address(html).removesuffix("/send")
    for _ in range(2):
        assert " checked" not in html
        assert html.count('tag mark">kept') == 2
        _, html = await page(desk, address)
    _, room = await page(desk, ENTRY)
    assert address in room
    async with browsing(trial.server) as other:
        await sign_in(other, "ines")
        assert (await page(other, address))[0] == 404
        _, theirs = await page(other, ENTRY)
        assert address not in theirs
    # Whoever began may correct a slip before it is sent; what was typed first is kept.
    await keep(desk, html, pain_1="6")
    values = await trial.fetch("SELECT value, replaces IS NULL FROM responses ORDER BY id")
    assert values == [(7, True), (9, True), (6, False)]


async def test_what_cannot_be_kept_stays_in_the_form_and_stores_nothing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await begin(trial, desk, "womac-nrs-3.1")
    status, html = await keep(desk, html, pain_1="7", pain_2="11")
    assert (status, "These could not be kept" in html) == (422, True)
    assert html.count(" checked") == 1
    assert await trial.count("attempts") == 0
    status, html = await keep(desk, html, pain_2="10")
    assert status == 200
    status, html = await keep(desk, html)
    assert (status, "There is no answer to keep yet" in html) == (422, True)
    status, html = await keep(desk, html, then="on", pain_1="half")
    assert status == 422


async def test_the_same_form_sent_twice_is_kept_once(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await begin(trial, desk)
    seen = set()
    for _ in range(2):
        status, after = await keep(desk, html, pain="4")
        assert status == 200
        seen.add(send_address(after))
    assert len(seen) == 1
    assert (await trial.count("attempts"), await trial.count("responses")) == (1, 1)
    for _ in range(2):
        status, _ = await press(desk, after, send_address(after))
        assert status == 200
    assert await trial.count("scores") == 1


async def test_paper_says_where_the_original_lies_and_when_it_was_filled_in(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    told = {"told_on": "2026-01-05", "told_time": "08:15"}
    status, html = await begin(trial, desk, mode="paper", **told)
    assert (status, "where the original lies" in html) == (422, True)
    status, html = await begin(trial, desk, mode="paper", original="binder 3", told_on="2026-01-05")
    assert (status, "at which hour" in html) == (422, True)
    assert "binder 3" in html
    status, html = await begin(trial, desk, mode="paper", original="binder 3", **told)
    assert (status, "word for word" in html) == (200, False)
    assert "Type what is written there" in html
    await keep(desk, html, pain="u")
    ((mode, original, started),) = await trial.fetch(
        "SELECT mode, original, started_at FROM attempts"
    )
    assert await spoken(trial.operator, trial.context, original) == "binder 3"
    assert (mode, started) == ("paper", STARTED_AT - timedelta(hours=1, minutes=45))
    assert await trial.fetch("SELECT gap, answered_at FROM responses") == [("unreadable", started)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"told_on": "2027-01-05", "told_time": "08:15"}, "later than now"),
        ({"told_on": "2025-12-05", "told_time": "08:15"}, "had not opened then"),
        ({"told_on": "soon", "told_time": "08:15"}, "on which day"),
        ({"mode": "pigeon"}, "by telephone or on paper"),
        ({"respondent": "neighbour"}, "who answered"),
        ({"assessment": "7"}, "what was answered"),
        ({"assessment": "00000000-0000-0000-0000-000000000000"}, "Nothing more is entered there"),
    ],
)
async def test_a_head_that_cannot_be_is_named_and_stays_filled_in(
    trial: Trial, desk: aiohttp.ClientSession, said: dict[str, str], words: str
) -> None:
    status, html = await begin(trial, desk, **said)
    assert (status, words in html) == (422, True)
    assert await trial.count("attempts") == 0


async def test_an_answer_that_alarms_is_an_alert_at_once_and_is_told(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(timedelta(days=1))
    _, html = await begin(trial, desk, "safety", "safety_1")
    item = re.search(r'name="a\.(\w+)"', html)
    assert item is not None
    # Even where they stop there, the page says what to do now.
    status, html = await keep(desk, html, **{item[1]: "1", "then": "on"})
    assert (status, "An answer here alarms" in html) == (200, True)
    assert "Rest, and put as little weight on the leg as you can" in html
    alerts = await trial.fetch("SELECT rule, severity, actor FROM alerts")
    assert alerts == [("warning_sign", "urgent", "staff:anna")]


async def test_who_enters_is_the_protocol_s_to_say(trial: Trial) -> None:
    """The table lets data managers at most; the example's protocol does not name them."""
    for login, status in (("anna", 200), ("ines", 200), ("dora", 403)):
        async with browsing(trial.server) as browser:
            await sign_in(browser, login)
            assert (await page(browser, ENTRY))[0] == status, login


async def test_links_name_visit_and_questionnaire_and_nothing_else(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    asked = str(await trial.assessment("K-001", "baseline", "pain-nrs"))
    _, html = await page(desk, PAGE)
    assert f'href="{ENTRY}?assessment={asked}"' in html
    (visit,) = (await trial.fetch("SELECT visit_id FROM assessments WHERE id = $1", asked))[0]
    for named in (f"assessment={asked}", f"visit={visit}&instrument=pain-nrs"):
        _, html = await page(desk, f"{ENTRY}?{named}")
        chosen = re.findall(r'<option value="([^"]*)" selected', html)
        # The language of the participant's pages is chosen as ever.
        assert chosen == [asked, "en"], named
        assert " checked" not in html
    _, html = await page(desk, f"{ENTRY}?visit={visit}&instrument=other")
    assert re.findall(r'<option value="([^"]*)" selected', html) == ["en"]
