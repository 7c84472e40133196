"""Stop means stop: for the line, at once, in any reasonable wording."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pro_service.services.texting.numbers import change_number, confirm_by_staff
from pro_service.services.texting.opt_outs import opt_in_by_staff
from tests.support.study import ACTOR, open_trial, phone, row


@pytest.mark.parametrize("wording", ["STOP", "please stop texting me", "不要再发短信了", "退订"])
async def test_stop_holds_for_the_line_at_once(database_url: str, wording: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
        await trial.ask()
        before = len(await trial.texts("K-001"))
        reply = await trial.says("K-001", wording)
        assert reply is not None
        assert await trial.fetch("SELECT command FROM inbounds") == [("stop",)]
        await trial.move(timedelta(days=2, hours=1))
        await trial.remind()
        assert len(await trial.texts("K-001")) == before + 1
        reasons = await trial.fetch(
            "SELECT end_reason FROM reminders WHERE end_reason NOT IN ('sent', 'rescheduled')"
        )
        assert reasons == [("opted_out",), ("opted_out",)]
        for code in ("K-001", "K-002"):
            assert (await trial.facts(code)).opted_out_at is not None


async def test_stop_said_twice_is_one_opt_out(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "stop")
        await trial.says("K-001", "stop")
        assert await trial.count("opt_outs") == 1
        assert await trial.count("inbounds") == 2


async def test_start_brings_the_reminders_back(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "stop")
        reply = await trial.says("K-001", "START")
        assert reply is not None
        assert (await trial.facts("K-001")).opted_out_at is None
        before = len(await trial.texts("K-001"))
        await trial.ask()
        assert len(await trial.texts("K-001")) == before + 1


async def test_an_opt_out_is_shown_in_the_record_with_the_text_that_said_so(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "stop")
        shown = await trial.fetch(
            "SELECT o.participant_id, o.ended_at, i.command FROM opt_outs o"
            " JOIN inbounds i ON i.id = o.inbound_id"
        )
        assert shown == [(trial.participants["K-001"], None, "stop")]


async def test_a_stranger_who_says_stop_is_held_back_too(database_url: str) -> None:
    from tests.support.study import SENDER

    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.provider.phone_sends(phone(50), SENDER, "stop")
        await trial.enrol(row("K-050"))
        await trial.ask()
        assert (await trial.facts("K-050")).opted_out_at is not None
        assert [text for text in await trial.texts("K-050") if "questions" in text] == []


async def test_words_about_stopping_are_no_opt_out(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "the pain won't stop at night")
        assert await trial.count("opt_outs") == 0
        assert await trial.fetch("SELECT disposition FROM inbounds") == [("needs_reading",)]


async def test_the_call_for_another_way_ends_once_there_is_one_and_not_before(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
        calls = "SELECT closed_by, outcome FROM call_tasks WHERE reason = 'another_way' ORDER BY id"
        waits, again = (None, None), "reached again"
        await trial.ask()
        await trial.says("K-001", "stop")
        assert await trial.fetch(calls) == [waits, waits]  # of both who share the telephone
        await trial.says("K-001", "START")
        ended = await trial.fetch(calls)
        assert [outcome for _, outcome in ended] == [again, again]

        await trial.says("K-001", "stop")
        await opt_in_by_staff(trial.who("K-002"), ACTOR, "said so on the telephone")
        assert (await trial.fetch(calls))[2:] == [(ACTOR, again)] * 2

        await trial.says("K-001", "stop")
        await change_number(trial.who("K-001"), phone(61), ACTOR, "a new one")
        assert (await trial.fetch(calls))[4:] == [waits, waits], "nobody has confirmed it"
        await confirm_by_staff(trial.who("K-001"), ACTOR, "rang them")
        found = await trial.fetch(calls)
        assert sorted(found[4:], key=str) == [(ACTOR, again), waits], "K-002 has no other way"
        # Texts go on to a contact who may be texted: whether that is enough, a person says.
        await trial.says("K-002", "help")
        assert (await trial.fetch(calls)) == found
