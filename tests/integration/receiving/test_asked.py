"""What a text may answer, through the real webhook: T1, T2, T11, R7, and the three seconds."""

from __future__ import annotations

from datetime import timedelta

from pro_service.domain.conversation.asking import PACE
from pro_service.domain.study.facts import Status
from pro_service.store.ids import new_id
from tests.integration.receiving.test_inbound import asked, dispositions, values
from tests.support.study import Trial, open_trial, row

CROSSED = "crossed on the way"


async def settle(trial: Trial, seconds: float = 3.0) -> None:
    """Let so much machine time pass for every text a provider has."""
    await trial.owner_does(
        "UPDATE pro.messages SET accepted_at = accepted_at - $1::float8 * interval '1 second'",
        seconds,
    )


async def prompts(trial: Trial) -> list[str | None]:
    """What is remembered as asked on each line: the items, or None."""
    return [
        one
        for (one,) in await trial.fetch(
            "SELECT dialogue #>> '{prompt,items}' FROM pro.conversations ORDER BY id"
        )
    ]


async def test_a_question_counts_as_asked_three_seconds_after_the_provider_took_it(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        trial.context.pace = PACE
        await asked(trial)
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert CROSSED in reply
        assert "Reply with one number" in reply
        await settle(trial, 2.5)
        assert CROSSED in (await trial.says("K-001", "6") or "")
        assert await values(trial, "K-001") == []
        await settle(trial)
        reply = await trial.says("K-001", "7")
        assert reply is not None
        assert CROSSED not in reply
        assert await values(trial, "K-001") == [("pain_1", 7)]
        assert await dispositions(trial) == ["needs_reading", "needs_reading", "answer"]


async def test_t1_after_a_stop_and_months_of_silence_nothing_is_an_answer(
    database_url: str,
) -> None:
    """T1: 4, 6, 8 out of the blue: no answer, no reply, and somebody reads each of them."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "STOP")
        await trial.move(timedelta(days=95))
        for text in ("4", "6", "8"):
            assert await trial.says("K-001", text) is None
        assert await values(trial, "K-001") == []
        assert await dispositions(trial) == ["command", *["needs_reading"] * 3]
        assert await prompts(trial) == [None]


async def test_t1_on_the_day_of_a_stop_only_the_question_that_was_sent_can_be_answered(
    database_url: str,
) -> None:
    """T1's neighbour: what they had read they may answer; the next question was never sent."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "STOP")
        for text in ("4", "6", "8"):
            assert await trial.says("K-001", text) is None
        assert await values(trial, "K-001") == [("pain_1", 4)]
        assert await dispositions(trial) == ["command", "answer", *["needs_reading"] * 2]


async def test_t1_whoever_comes_back_is_asked_anew_first(database_url: str) -> None:
    """T1: START months later; the numbers before the new question are nobody's answers."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "STOP")
        await trial.move(timedelta(days=2))
        await trial.says("K-001", "4")
        reply = await trial.says("K-001", "START")
        assert reply is not None
        assert "Reply with one number" in reply
        await trial.says("K-001", "5")
        assert await values(trial, "K-001") == [("pain_1", 5)]
        assert (await dispositions(trial))[1:] == ["needs_reading", "command", "answer"]


async def test_t1_a_question_kept_by_an_older_release_without_a_text_is_not_asked(
    database_url: str,
) -> None:
    """T1: rows of a release that remembered questions nobody had been sent."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.owner_does(
            "UPDATE pro.conversations"
            " SET dialogue = jsonb_set(dialogue, '{prompt,message_id}', 'null')"
        )
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert "Reply with one number" in reply
        assert await values(trial, "K-001") == []
        assert await dispositions(trial) == ["needs_reading"]
        await trial.says("K-001", "4")
        assert await values(trial, "K-001") == [("pain_1", 4)]


async def test_t1_a_question_the_provider_could_not_deliver_was_not_asked(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.owner_does("UPDATE pro.messages SET state = 'undelivered'")
        await trial.says("K-001", "4")
        assert await values(trial, "K-001") == []
        await trial.says("K-001", "5")
        assert await values(trial, "K-001") == [("pain_1", 5)]


async def test_t2_one_text_delivered_twice_is_one_answer(database_url: str) -> None:
    """T2: the same words within ten seconds under another id, however quick our question was."""
    async with open_trial(database_url) as trial:
        trial.context.pace = PACE
        await asked(trial)
        await settle(trial)
        await trial.says("K-001", "5")
        at_once = await trial.says("K-001", "5")
        assert at_once is not None
        assert CROSSED in at_once
        await settle(trial)
        again = await trial.says("K-001", " ５ ")
        assert again is not None
        assert CROSSED in again
        assert "stairs" in again, "the question is asked anew"
        assert await values(trial, "K-001") == [("pain_1", 5)]
        await settle(trial)
        await trial.says("K-001", "6")
        await settle(trial)
        late_copy = await trial.says("K-001", "5")
        assert late_copy is not None
        assert CROSSED in late_copy
        assert await values(trial, "K-001") == [("pain_1", 5), ("pain_2", 6)]


async def test_t2_the_same_number_ten_seconds_later_is_an_answer(database_url: str) -> None:
    """T2's neighbour: two questions may well have the same answer."""
    async with open_trial(database_url) as trial:
        trial.context.pace = PACE._replace(repeats=timedelta(milliseconds=1))
        await asked(trial)
        for _ in range(2):
            await settle(trial)
            await trial.says("K-001", "5")
        assert await values(trial, "K-001") == [("pain_1", 5), ("pain_2", 5)]


async def test_r7_after_a_text_of_staff_nothing_is_an_answer_until_we_ask_again(
    database_url: str,
) -> None:
    """R7: what comes goes to who wrote; our next question opens answers again."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await _staff_write(trial)
        reply = await trial.says("K-001", "3")
        assert reply is not None
        assert "will read your message" in reply
        assert "Reply with one number" not in reply
        await trial.says("K-001", "skip")
        assert await values(trial, "K-001") == []
        assert await dispositions(trial) == ["needs_reading", "needs_reading"]
        await trial.ask()
        await trial.says("K-001", "4")
        assert await values(trial, "K-001") == [("pain_1", 4)]


async def _staff_write(trial: Trial) -> None:
    """A text of staff on the line, as a row: there is no room yet that writes one."""
    await trial.owner_does(
        "INSERT INTO pro.messages SELECT (jsonb_populate_record(m, jsonb_build_object("
        "'id', $1::uuid, 'kind', 'staff', 'template', 'staff'))).* FROM pro.messages AS m",
        new_id(),
    )


async def test_t11_back_reaches_nothing_of_an_earlier_visit(database_url: str) -> None:
    """T11: all of baseline answered; weeks later BACK brings up none of it."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "4")
        first = await trial.says("K-001", "back")
        assert first is not None
        assert "change your last answer" in first
        await trial.says("K-001", "5")
        await trial.move(timedelta(days=25))
        reply = await trial.says("K-001", "back")
        assert reply is not None
        assert "no earlier answer" in reply


async def test_whoever_writes_before_anything_was_asked_hears_what_is_true(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert reply.startswith("We have not asked you anything yet")
        assert "no longer open" not in reply
        assert await values(trial, "K-001") == []
        assert await dispositions(trial) == ["unknown"]
        await trial.enrol(row("K-002", planned_injection_on="2026-03-12"))
        early = await trial.says("K-002", "4")
        assert early is not None
        assert early.startswith("We have not asked you anything yet")
        assert "from Thursday 26 February 2026 on" in early
        assert "+12025550198" in early
        # Whoever was asked hears of a question that is over as before.
        await trial.ask()
        await trial.happened("K-001", statuses=[Status.active])
        await trial.move(timedelta(days=40))
        late = await trial.says("K-001", "4")
        assert late is None or "not asked you anything yet" not in late
