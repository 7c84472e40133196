"""A sender whose number was corrected is one sender, and its line to somebody one line (R7, R8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from pro_service.services.study.senders import NewSender, add_sender, correct_sender
from tests.integration.receiving.test_inbound import asked, values
from tests.support.study import ACTOR, SENDER, Trial, open_trial, row

NEXT: Final = "+12025550177"
STORY: Final = ("4", "back", "5", "my knee feels strange", "3", "STOP", "6", "START", "2", "8")
WITHOUT, AT_THE_NEWEST, AT_THE_FIRST, AT_THE_LAST_BUT_ONE = "K-001", "K-002", "K-003", "K-004"


async def correct(trial: Trial, old: str, new: str) -> None:
    """Our address is another from now on, as `sender correct` and the desk's form say it."""
    place = (trial.operator, trial.context.channels, trial.study_id)
    await correct_sender(*place, old, new, actor=ACTOR, reason="another contract")


async def writes(trial: Trial, code: str, text: str, address: str) -> None:
    """A participant's text to one of our addresses; what is queued in return goes out."""
    await trial.provider.phone_sends(trial.phones[code], address, text)
    await trial.retry_now()
    await trial.provider.drain()


async def record(trial: Trial, code: str) -> list[Any]:
    """All that is kept of somebody's conversation, and what their telephone got."""
    one = trial.participants[code]
    return [
        await values(trial, code),
        await trial.fetch(
            "SELECT disposition, command FROM inbounds WHERE participant_id = $1 ORDER BY id", one
        ),
        await trial.fetch(
            "SELECT ended_at IS NULL FROM opt_outs WHERE participant_id = $1 ORDER BY id", one
        ),
        await trial.fetch(
            "SELECT reason, outcome FROM call_tasks WHERE participant_id = $1 ORDER BY id", one
        ),
        await trial.fetch(
            "SELECT dialogue #>> '{prompt,items}' FROM conversations"
            " WHERE participant_id = $1 AND closed_at IS NULL",
            one,
        ),
        await trial.texts(code),
    ]


async def test_a_story_is_the_same_whenever_our_number_is_corrected_and_wherever_one_answers(
    database_url: str,
) -> None:
    """Corrected before every step: a question of one number is answered at another each time."""
    async with open_trial(database_url) as trial:
        told = (WITHOUT, AT_THE_NEWEST, AT_THE_FIRST, AT_THE_LAST_BUT_ONE)
        await asked(trial, *told)
        for said in STORY:
            await writes(trial, WITHOUT, said, SENDER)
        ours = [SENDER]
        for number, said in enumerate(STORY):
            ours.append(f"+120255502{number:02}")
            await correct(trial, *ours[-2:])
            for code, place in zip(told[1:], (-1, 0, -2), strict=True):
                before = len(await trial.texts(code))
                await writes(trial, code, said, ours[place])
                got = await trial.provider.texts_of(trial.phones[code])
                assert {one.our_address for one in got[before:]} <= {ours[-1]}, (code, said)
        expected = await record(trial, WITHOUT)
        assert expected[0][:2] == [("pain_1", 4), ("pain_1", 5)]
        assert expected[3] == [("another_way", "reached again")]
        for code in told[1:]:
            assert await record(trial, code) == expected, code
        assert await trial.count("lines") == len(told)
        # The reminder after it goes from the number of now, and is answered where one likes.
        await trial.move(timedelta(days=2))
        await trial.remind()
        await trial.provider.drain()
        for code in told:
            (*_, last) = await trial.provider.texts_of(trial.phones[code])
            assert last.our_address == ours[-1]


async def test_a_stop_said_to_the_old_number_holds_for_the_new_one_and_so_does_a_start(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await writes(trial, "K-001", "STOP", SENDER)
        await correct(trial, SENDER, NEXT)
        before = len(await trial.texts("K-001"))
        await trial.move(timedelta(days=3))
        await trial.remind()
        await writes(trial, "K-001", "4", NEXT)
        assert len(await trial.texts("K-001")) == before
        await writes(trial, "K-001", "START", NEXT)
        assert await trial.count("opt_outs", "ended_at IS NULL") == 0
        await writes(trial, "K-001", "6", SENDER)
        assert await values(trial, "K-001") == [("pain_1", 6)]


async def test_who_answers_on_a_shared_telephone_is_known_at_both_numbers(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=row("K-001")["phone"]))
        await trial.ask()
        first, second = [(await trial.facts(code)).personal_code for code in ("K-001", "K-002")]
        await writes(trial, "K-001", first, SENDER)
        await correct(trial, SENDER, NEXT)
        await writes(trial, "K-001", "4", NEXT)
        await writes(trial, "K-001", second, NEXT)
        await writes(trial, "K-001", "5", SENDER)
        assert await values(trial, "K-001") == [("pain_1", 4)]
        assert await values(trial, "K-002") == [("pain_1", 5)]


async def test_another_sender_of_the_study_is_another_line(database_url: str) -> None:
    elsewhere = "+12025550166"
    async with open_trial(database_url) as trial:
        await asked(trial)
        place = (trial.operator, trial.context.channels, trial.study_id)
        await add_sender(*place, NewSender("simulator", elsewhere), actor=ACTOR)
        await correct(trial, SENDER, NEXT)
        await writes(trial, "K-001", "4", elsewhere)
        assert await values(trial, "K-001") == []
        await writes(trial, "K-001", "4", NEXT)
        assert await values(trial, "K-001") == [("pain_1", 4)]
        assert await trial.count("lines") == 2
