"""T10: what a provider took a text for is read, whatever its words; both books agree."""

from __future__ import annotations

import pytest

from tests.support.study import open_trial, row
from tests.support.twilio.trial import TwilioTrial, open_twilio_trial

VERDICTS = {"NO": "STOP", "ARRET": "STOP", "NO MORE PLEASE": "STOP", "YES": "START", "AIDE": "HELP"}


async def asked(trial: TwilioTrial) -> None:
    trial.fake.verdicts = dict(VERDICTS)
    await trial.due("K-001")
    await trial.remind()
    await trial.fake.drain()


async def counted(trial: TwilioTrial) -> list[tuple[str, str | None]]:
    """Disposition and command of each text, in order."""
    found = await trial.fetch("SELECT disposition, command FROM pro.inbounds ORDER BY id")
    return [(disposition, command) for disposition, command in found]


async def held(trial: TwilioTrial) -> int:
    """How many lines want no texts now."""
    ((count,),) = await trial.fetch("SELECT count(*) FROM pro.opt_outs WHERE ended_at IS NULL")
    return int(count)


@pytest.mark.parametrize("word", ["NO", "Arret"])
async def test_t10_what_the_provider_stopped_is_stopped_here(database_url: str, word: str) -> None:
    """T10: OptOutType=STOP with body NO or ARRET; its confirmation has been sent already."""
    async with open_twilio_trial(database_url) as trial:
        await asked(trial)
        assert await trial.says("K-001", word) is None
        assert await counted(trial) == [("command", "stop")]
        assert await held(trial) == 1
        calls = await trial.fetch("SELECT reason FROM pro.call_tasks")
        assert calls == [("another_way",)]


async def test_t10_a_verdict_on_more_than_a_word_is_read_by_somebody_too(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await asked(trial)
        assert await trial.says("K-001", "no more please") is None
        assert await counted(trial) == [("needs_reading", "stop")]
        assert await held(trial) == 1


async def test_t10_what_the_provider_let_go_is_let_go_here(database_url: str) -> None:
    """T10: OptOutType=START with body YES after STOP; the open question comes, no second hello."""
    async with open_twilio_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "STOP")
        reply = await trial.says("K-001", "YES")
        assert reply is not None
        assert reply.startswith("Left knee")
        assert await held(trial) == 0
        assert await counted(trial) == [("command", "stop"), ("command", "start")]
        calls = "SELECT reason, outcome FROM pro.call_tasks WHERE closed_at IS NOT NULL"
        assert await trial.fetch(calls) == [("another_way", "reached again")]
        await trial.says("K-001", "4")
        assert await trial.fetch("SELECT item, value FROM pro.responses") == [("pain_1", 4)]


async def test_t10_help_that_the_provider_gave_is_not_given_twice(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await asked(trial)
        assert await trial.says("K-001", "aide") is None
        assert await counted(trial) == [("command", "help")]
        await trial.says("K-001", "4")
        assert await trial.fetch("SELECT item, value FROM pro.responses") == [("pain_1", 4)]


async def test_t10_without_a_verdict_these_words_are_what_they_say(database_url: str) -> None:
    """An account without Advanced Opt-Out: NO and YES are words for somebody to read."""
    async with open_twilio_trial(database_url) as trial:
        await asked(trial)
        trial.fake.verdicts = {}
        await trial.says("K-001", "ARRET")
        await trial.says("K-001", "YES")
        assert [one for one, _ in await counted(trial)] == ["needs_reading", "needs_reading"]
        assert await held(trial) == 0


async def test_t10_a_strangers_verdict_holds_too(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await asked(trial)
        trial.phones["nobody"] = "+12025550177"
        assert await trial.says("nobody", "ARRET") is None
        assert await counted(trial) == [("command", "stop")]
        assert await held(trial) == 1


async def test_t10_the_simulated_provider_says_its_verdict_too(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        trial.provider.verdicts = {"NO": "stop", "YES": "start"}
        assert await trial.says("K-001", "no") is None
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1
        await trial.says("K-001", "yes")
        assert await trial.count("opt_outs", "ended_at IS NULL") == 0
