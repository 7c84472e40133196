"""A sender whose number was corrected is one sender, and its line to somebody one line (R7, R8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from pro_service.catalog.channel_files import load_channels
from pro_service.services.study.senders import (
    NewSender,
    add_sender,
    correct_sender,
    move_sender,
)
from pro_service.services.study.sites import TakenError
from pro_service.store.ids import new_id
from tests.integration.receiving.test_inbound import asked, values
from tests.integration.receiving.test_pushes import NUMBER, asked_by, open_pushed
from tests.integration.receiving.test_pushes import add_sender as add_sender_at
from tests.support.china.aliyun import inbound
from tests.support.study import ACTOR, SENDER, Trial, open_trial, row

NEXT: Final = "+12025550177"
SECOND_LINE: Final = """
    INSERT INTO pro.lines (study_id, id, sender_id, their_index, their_address_sealed,
        their_address_key, actor)
    SELECT l.study_id, $1, s.id, l.their_index, l.their_address_sealed, l.their_address_key, 'test'
    FROM pro.lines AS l JOIN pro.senders AS s ON s.address = $2"""
"""As it was before 0360: a line of its own for every address."""
STAFF_WROTE: Final = """
    INSERT INTO pro.messages SELECT (jsonb_populate_record(m, jsonb_build_object('id', $1::uuid,
        'line_id', $2::uuid, 'kind', 'staff', 'template', 'words', 'claimed_at', pro.now()))).*
    FROM pro.messages AS m WHERE m.kind = 'reminder'"""
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


async def test_an_address_another_sender_left_joins_no_strangers(database_url: str) -> None:
    """Only in one's own past, and beside senders in use, is there an address to go to."""
    left, now = "+12025550166", "+12025550167"
    async with open_trial(database_url) as trial:
        place = (trial.operator, trial.context.channels, trial.study_id)
        site = await trial.fetchval(
            "SELECT t.code FROM senders AS s JOIN sites AS t ON t.id = s.site_id"
        )
        await add_sender(*place, NewSender("simulator", left, site), actor=ACTOR)
        await correct(trial, left, now)
        with pytest.raises(TakenError, match="was before"):
            await correct(trial, SENDER, left)
        moves = await trial.count("sender_moves")
        for old, new in ((SENDER, NEXT), (NEXT, SENDER), (now, left)):
            await correct(trial, old, new)
        assert await trial.count("sender_moves") == moves + 3
        # What is in use is joined openly: two numbers become one.
        await move_sender(
            *(*place, SENDER, NewSender("simulator", left)), actor=ACTOR, reason="one contract"
        )
        in_use = await trial.fetch("SELECT address FROM senders_in_use")
        assert in_use == [(left,)]


async def test_of_two_lines_from_before_they_were_one_the_one_written_on_last_is_meant(
    database_url: str,
) -> None:
    """Staff wrote on it last: a 4 is for them, whichever of the numbers is ours now."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        await correct(trial, SENDER, NEXT)
        line = new_id()
        await trial.owner_does(SECOND_LINE, line, NEXT)
        await trial.owner_does(STAFF_WROTE, new_id(), line)
        await correct(trial, NEXT, SENDER)
        await writes(trial, "K-001", "4", SENDER)
        assert await values(trial, "K-001") == []
        assert await trial.fetch("SELECT disposition, line_id FROM inbounds") == [
            ("needs_reading", line)
        ]
        # A wave finds the same one, and writes on it from the number of now.
        await trial.ask()
        reminders = "SELECT line_id FROM messages WHERE kind = 'reminder' ORDER BY id"
        assert (await trial.fetch(reminders))[1:] == [(line,)]
        (*_, last) = await trial.provider.texts_of(trial.phones["K-001"])
        assert last.our_address == SENDER


async def test_an_unnamed_route_is_the_only_senders_though_its_signature_was_corrected(
    database_url: str,
) -> None:
    async with open_pushed(database_url) as pushed:
        trial = pushed.trial
        await asked_by(trial, "aliyun")
        place = (trial.operator, load_channels(), trial.study_id)
        await correct_sender(
            *place, "康复随访", "康复研究", actor=ACTOR, reason="another signature"
        )
        await pushed.fake.push_texts(
            inbound(NUMBER, "退订", "1", dest_code="9"),
            inbound(NUMBER, "膝盖红肿发热", "2", dest_code="9"),
        )
        await pushed.work()
        assert await pushed.inbounds() == [("command", True), ("needs_reading", True)]
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
        assert await trial.count("alerts") > 0
        assert await trial.count("lines") == 1
        assert await pushed.pushes() == [(2, 0, 0, True, False)]
        # Beside another of the provider's it is nobody's again, and waits for somebody.
        await add_sender_at(trial, "北医三院")
        await pushed.fake.push_texts(inbound(NUMBER, "请回电", "3", dest_code="9"))
        await pushed.work()
        assert (await pushed.pushes())[1:] == [(0, 0, 1, True, True)]
