"""Stop means stop: for the line, at once, in any reasonable wording."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.study import open_trial, phone, row


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
