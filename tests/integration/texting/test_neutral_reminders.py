"""Reminders that bring no question: nothing on a locked screen, no answer credited by mistake."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.study import Trial, open_trial, row


@pytest.fixture
async def neutral(database_url: str) -> AsyncIterator[Trial]:
    """A study whose protocol keeps questions out of reminders, with one participant by text."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        version = (await trial.facts("K-001")).protocol_version_id
        protocol = await trial.context.reader.protocol(trial.operator, trial.study_id, version)
        messaging = protocol.messaging.model_copy(update={"question_in_reminder": False})
        changed = protocol.model_copy(update={"messaging": messaging})
        trial.context.reader._protocols[version] = changed
        yield trial


async def test_a_reply_opens_the_questions_and_answers_none(neutral: Trial) -> None:
    await neutral.ask()
    (reminder,) = await neutral.texts("K-001")
    assert "knee" not in reminder.lower()
    assert "Reply 1 when you are ready." in reminder
    question = await neutral.says("K-001", "1")
    assert question is not None
    assert question.startswith("Left knee")
    assert await neutral.count("responses") == 0
    await neutral.says("K-001", "7")
    assert await neutral.fetch("SELECT value FROM responses") == [(7,)]
    assert await neutral.fetch("SELECT disposition FROM inbounds ORDER BY id") == [
        ("command",),
        ("answer",),
    ]


async def test_a_reminder_closes_the_question_before_it(neutral: Trial) -> None:
    await neutral.ask()
    await neutral.says("K-001", "1")
    await neutral.ask()
    question = await neutral.says("K-001", "1")
    assert question is not None
    assert question.startswith("Left knee")
    assert await neutral.count("responses") == 0


async def test_words_are_read_by_somebody_and_open_the_questions_too(neutral: Trial) -> None:
    await neutral.ask()
    reply = await neutral.says("K-001", "my knee is swollen")
    assert reply is not None
    assert "Left knee" in reply
    assert await neutral.fetch("SELECT disposition FROM inbounds") == [("needs_reading",)]
