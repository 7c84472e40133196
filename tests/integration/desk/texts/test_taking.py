"""A text taken as the answer: only what the parser reads, for the question that was open (R7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pro_service.domain.study.facts import Status
from tests.integration.desk.texts.conftest import Browsers, plain, settled, shown, text_of
from tests.integration.receiving.test_inbound import values
from tests.support.desk import page, press
from tests.support.study import Trial

ANSWER = "nurse my knee is 6 today while walking"


async def take(at: Browsers, address: str) -> tuple[int, str]:
    browser = await at("anna")
    _, html = await page(browser, address)
    status, after = await press(browser, html, f"{address}/take")
    return status, plain(after)


async def forced(at: Browsers, address: str) -> tuple[int, str]:
    """Send the form though the page offers none: the secret is borrowed from another form."""
    browser = await at("anna")
    _, html = await page(browser, address)
    kept = html.replace(f"{address}/nothing", f"{address}/take")
    status, after = await press(browser, kept, f"{address}/take")
    return status, plain(after)


async def test_one_value_in_their_words_is_the_answer_and_says_who_took_it(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, ANSWER)
    assert await values(trial, "K-001") == []
    said_at = await trial.fetchval("SELECT received_at FROM inbounds")
    await trial.move(timedelta(hours=1))
    text = await shown(await at("anna"), address)
    assert "Their words hold exactly one value." in text
    assert "answer to question 1 of 24" in text
    status, text = await take(at, address)
    assert status == 200
    assert "The text of K-001 is taken as the answer, with your name" in text
    assert await values(trial, "K-001") == [("pain_1", 6)]
    row = await trial.fetch(
        "SELECT r.entered_by, r.actor, r.answered_at, r.inbound_id = s.inbound_id, t.mode,"
        " t.authentication, t.respondent FROM responses AS r"
        " JOIN attempts AS t ON t.id = r.attempt_id CROSS JOIN text_settlements AS s"
    )
    assert row == [("staff:anna", "staff:anna", said_at, True, "text", "known_number", "self")]
    assert await settled(trial) == [("answer", "one_value", "staff:anna")]
    # The next text answers the next question, as if the service had read the first one.
    reply = await trial.says("K-001", "4")
    assert reply is not None
    assert (await values(trial, "K-001"))[-1][0] in ("pain_1", "pain_2")
    assert ("pain_1", 6) in await values(trial, "K-001")


async def owed(trial: Trial) -> list[str]:
    """What K-001 still owes at baseline."""
    return [
        one
        for (one,) in await trial.fetch(
            "SELECT a.instrument FROM assessments AS a JOIN visits AS v ON v.id = a.visit_id"
            " WHERE a.participant_id = $1 AND v.definition = 'baseline' AND a.submitted_at IS NULL"
            " ORDER BY a.id",
            trial.participants["K-001"],
        )
    ]


async def test_the_last_answer_completes_and_ends_the_reminders(trial: Trial, at: Browsers) -> None:
    while await owed(trial) != ["pga"]:
        await trial.says("K-001", "4")
    address = await text_of(trial, "well i think nurse 2 for today")
    status, _ = await take(at, address)
    assert (status, await owed(trial)) == (200, [])
    open_reminders = await trial.fetchval(
        "SELECT count(*) FROM reminders AS r JOIN visits AS v ON v.id = r.visit_id"
        " WHERE r.participant_id = $1 AND v.definition = 'baseline' AND r.ended_at IS NULL",
        trial.participants["K-001"],
    )
    assert open_reminders == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("it is 4 or maybe 5 nurse", "more than one number"),
        ("nurse it is not 4", "deny it, compare it"),
        ("nurse i took 2 pills", "counts something else"),
        ("walking is about 14 nurse", "not within the question"),
        ("walking hurts nurse", "no number in these words"),
    ],
)
async def test_what_the_parser_does_not_read_is_not_taken(
    trial: Trial, at: Browsers, words: str, why: str
) -> None:
    address = await text_of(trial, words)
    text = await shown(await at("anna"), address)
    assert why in text
    assert "Reply, or have them called, so that they answer themselves." in text
    status, text = await forced(at, address)
    assert (status, why in text) == (409, True)
    assert await values(trial, "K-001") == []
    assert await settled(trial) == []


async def test_a_question_that_was_answered_since_takes_no_older_words(
    trial: Trial, at: Browsers
) -> None:
    address = await text_of(trial, ANSWER)
    await trial.says("K-001", "3")
    status, text = await forced(at, address)
    assert (status, "has been answered since" in text) == (409, True), text
    assert await values(trial, "K-001") == [("pain_1", 3)]


async def test_words_older_than_the_sitting_lasts_are_not_taken(trial: Trial, at: Browsers) -> None:
    address = await text_of(trial, ANSWER)
    await trial.move(timedelta(hours=49))
    status, text = await forced(at, address)
    assert (status, "no longer open" in text) == (409, True)
    assert await values(trial, "K-001") == []


async def test_who_has_left_gives_no_answers_any_more(trial: Trial, at: Browsers) -> None:
    address = await text_of(trial, ANSWER)
    await trial.status("K-001", Status.withdrew_follow_up)
    status, text = await forced(at, address)
    assert (status, "no longer open" in text) == (409, True)


async def test_on_a_shared_telephone_nobody_is_credited(trial: Trial, at: Browsers) -> None:
    address = await text_of(trial, ANSWER, "K-002")
    browser = await at("anna")
    text = await shown(browser, f"{address}?whose=K-002")
    assert "No question counted as asked when this text came." in text


async def test_what_a_taken_answer_raises_is_raised_and_said_at_once(
    trial: Trial, at: Browsers
) -> None:
    await trial.happened("K-001")
    await trial.ask()
    assert "1 = I have this" in (await trial.texts("K-001"))[-1]
    address = await text_of(trial, "nurse i put 1 for that")
    before = len(await trial.texts("K-001"))
    status, _ = await take(at, address)
    assert status == 200
    raised = await trial.fetch("SELECT rule, severity, actor FROM alerts")
    assert raised == [("warning_sign", "urgent", "staff:anna")]
    await trial.retry_now()
    told = await trial.texts("K-001")
    assert len(told) == before + 1
    assert "needs attention today" in told[-1]
    # It is no message of staff: the next question is answered as ever.
    assert await trial.count("messages", "kind = 'staff'") == 0
