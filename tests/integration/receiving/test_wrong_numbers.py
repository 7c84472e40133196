"""A text to the wrong number (T3): it rests, nothing is asked there, the right one is sought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pro_service.domain.delivery.addresses import phone as phone_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.services.keeping.replay import Hands, replay
from pro_service.services.texting import contacts, numbers
from pro_service.store.ids import new_id
from pro_service.store.journal import journal_in, read_journal
from tests.support.study import ACTOR, SENDER, STARTED_AT, Trial, open_trial, phone, row

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
SORRY = {
    "en": "Sorry to have troubled you. We will not write to this number again.",
    "zh_CN": "打扰您了，抱歉。我们不会再给这个号码发短信。",
}


async def asked(trial: Trial, *codes: str, **cells: str) -> None:
    await trial.enrol(*(row(code, **cells) for code in codes or ("K-001",)))
    await trial.ask()


async def open_calls(trial: Trial, code: str = "K-001") -> list[str]:
    return [
        reason
        for (reason,) in await trial.fetch(
            "SELECT reason FROM call_tasks WHERE closed_at IS NULL AND participant_id = $1"
            " ORDER BY id",
            trial.participants[code],
        )
    ]


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("wrong number", "en"),
        ("Sorry, you have the wrong person", "en"),
        ("打错了", "zh_CN"),
        ("发错了", "zh_CN"),
        ("你打错了", "zh_CN"),
        ("我不认识你", "zh_CN"),
    ],
)
async def test_whoever_says_wrong_number_is_asked_nothing_and_counted_for_nobody(
    database_url: str, words: str, language: str
) -> None:
    """T3: was the command BACK, which sent the next health question, and a "4" after it counted."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        assert await trial.says("K-001", words) == SORRY[language]
        facts = await trial.facts("K-001")
        assert (facts.reach.why_not, facts.contact) == ("wrong_number", None)
        assert await open_calls(trial) == ["find_number"]
        assert not await trial.says("K-001", "4")
        assert await trial.count("responses") == 0
        said = await trial.fetch(
            "SELECT disposition, command, participant_id FROM inbounds ORDER BY id"
        )
        assert said == [
            ("command", "wrong_number", trial.participants["K-001"]),
            ("needs_reading", None, None),
        ]
        before = len(await trial.texts("K-001"))
        await trial.ask()
        assert len(await trial.texts("K-001")) == before
        last = "SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL ORDER BY ended_at DESC"
        assert await trial.fetchval(last) == "wrong_number"


async def test_mistyped_just_after_an_answer_changes_that_answer(database_url: str) -> None:
    """T3's neighbour: 打错了 a moment after an answer is BACK, as it was."""
    async with open_trial(database_url) as trial:
        await asked(trial, language="zh_CN")
        await trial.says("K-001", "4")
        reply = await trial.says("K-001", "打错了")
        assert reply is not None
        assert reply != SORRY["zh_CN"]
        await trial.says("K-001", "6")
        stands = "SELECT value FROM responses ORDER BY id DESC LIMIT 1"
        assert await trial.fetchval(stands) == 6
        assert await trial.count("call_tasks") == 0


async def test_mistyped_a_quarter_of_an_hour_after_the_answer_is_a_wrong_number(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "4")
        await trial.move(timedelta(minutes=16))
        assert await trial.says("K-001", "打错了") == SORRY["zh_CN"]
        assert await trial.count("responses") == 1


async def test_words_about_the_number_are_a_wrong_number_even_just_after_an_answer(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "4")
        assert await trial.says("K-001", "you have the wrong number") == SORRY["en"]


async def test_a_wrong_number_rests_for_everybody_thought_to_share_it(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002", phone=phone(1))
        revision = (await trial.facts("K-002")).revision
        assert await trial.says("K-001", "wrong number") == SORRY["en"]
        for code in ("K-001", "K-002"):
            assert (await trial.facts(code)).reach.why_not == "wrong_number"
            assert await open_calls(trial, code) == ["find_number"]
        assert (await trial.facts("K-002")).revision > revision
        assert await trial.count("conversations", "closed_at IS NULL") == 0


async def test_the_next_contact_in_order_is_texted_when_the_first_was_a_wrong_number(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=STARTED_AT.date())
        newcomer = contacts.Newcomer(
            phone_address(phone(70)), "spouse", agreed, participant_agreed_on=STARTED_AT.date()
        )
        await contacts.add_contact(trial.who("K-001"), newcomer, ACTOR, "the wife agreed")
        await numbers.confirm_by_staff(trial.who("K-001"), ACTOR, "rang her", which=2)
        await trial.says("K-001", "wrong number")
        before = len(await trial.texts("K-001"))
        await trial.ask()
        assert len(await trial.texts("K-001")) == before
        assert len(await trial.provider.texts_of(phone(70))) == 1


async def test_a_number_that_was_not_confirmed_yet_rests_too(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await numbers.change_number(trial.who("K-001"), phone(60), ACTOR, "another telephone")
        assert await open_calls(trial) == ["confirm_number"]
        reply = await trial.provider.phone_sends(phone(60), SENDER, "wrong number")
        assert reply == SORRY["en"]
        assert await open_calls(trial) == ["find_number"]
        assert await trial.fetchval(
            "SELECT outcome FROM call_tasks WHERE reason = 'confirm_number'"
        ) == ("wrong number")


async def test_another_number_given_ends_the_search_and_is_confirmed_first(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "wrong number")
        await numbers.change_number(trial.who("K-001"), phone(60), ACTOR, "the daughter said it")
        assert await open_calls(trial) == ["confirm_number"]
        assert await trial.fetchval(
            "SELECT outcome FROM call_tasks WHERE reason = 'find_number'"
        ) == ("another number given")


async def test_a_number_taken_for_wrong_can_be_given_anew_and_is_confirmed_first(
    database_url: str,
) -> None:
    """The participant's grandson had answered: staff give the same number again."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "wrong number")
        await numbers.change_number(trial.who("K-001"), phone(1), ACTOR, "it was the grandson")
        assert (await trial.facts("K-001")).reach.why_not == "number_unconfirmed"
        await numbers.confirm_by_staff(trial.who("K-001"), ACTOR, "rang there")
        assert (await trial.facts("K-001")).reach.why_not is None


async def test_wrong_number_and_stop_in_one_text_are_both(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", "Wrong number, please stop texting me")
        assert reply == SORRY["en"]
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
        assert await trial.fetchval("SELECT disposition FROM inbounds") == "command"


async def test_what_is_said_beside_a_wrong_number_is_read_by_somebody(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "Wrong number. He moved to his son's in May")
        assert await trial.fetchval("SELECT disposition FROM inbounds") == "needs_reading"


async def test_a_second_copy_of_wrong_number_changes_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "wrong number")
        assert not await trial.says("K-001", "wrong number")
        assert await open_calls(trial) == ["find_number"]
        assert await trial.count("call_tasks") == 1


async def test_a_wrong_number_is_in_the_journal_and_rests_again_after_a_restore(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002")
        with journal_in(tmp_path):
            await trial.says("K-001", "wrong number")
        (line,) = [one for one in read_journal(tmp_path, EPOCH).lines if one.kind == "number_wrong"]
        first, second = await trial.facts("K-001"), await trial.facts("K-002")
        assert (line.participant_id, line.contact_id) == (first.id, first.contacts[0].id)
        # As if the backup did not know: the same line about somebody whose number still works.
        lost = line.model_copy(
            update={
                "id": new_id(),
                "participant_id": second.id,
                "contact_id": second.contacts[0].id,
            }
        )
        async with trial.pools.worker.acquire() as worker:
            hands = Hands(trial.operator, worker, trial.context)
            assert [one.outcome for one in await replay(hands, [line, lost])] == ["stands", "done"]
        assert (await trial.facts("K-002")).reach.why_not == "wrong_number"
        assert await open_calls(trial, "K-002") == ["find_number"]
