"""SEND by text: what is all answered is sent, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.advance import advance, begin
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, Given

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
WOMAC = load_instruments()["womac-nrs-3.1"]
PAIN = load_instruments()["pain-nrs"]
ALL: dict[str, int | None] = {item.code: 3 for item in WOMAC.items}


def unsent(*, may_change: bool = False) -> AgendaEntry:
    return AgendaEntry(
        assessment_id=UUID(int=1),
        instrument=WOMAC,
        target="left_knee",
        text_mode="item",
        answered=ALL,
        unsent=True,
        may_change=may_change,
    )


def to_ask() -> AgendaEntry:
    return AgendaEntry(
        assessment_id=UUID(int=2),
        instrument=PAIN,
        target="left_knee",
        text_mode="item",
        answered={},
    )


@pytest.mark.parametrize(
    "text",
    [
        *("SEND", "send", " Send. ", "please send", "send it", "Send my answers", "submit"),
        *("发送", "提交", "请提交", "发送答案", "提交吧", "确认提交", "ＳＥＮＤ"),
    ],
)
def test_everyday_ways_of_saying_it_are_understood(text: str) -> None:
    assert recognise(text) is Command.send


@pytest.mark.parametrize(
    "text",
    [
        "send a link",
        "停止发送",
        "don't send me anything",
        "stop sending",
        "发送链接",
        "发链接",
        "sent",
    ],
)
def test_what_merely_sounds_like_it_is_something_else(text: str) -> None:
    assert recognise(text) is not Command.send


def test_it_sends_what_is_answered_and_thanks() -> None:
    step = advance(Dialogue(), [unsent()], "SEND", NOW)
    assert (step.sent, step.answers, step.completed) == ((UUID(int=1),), (), ())
    assert [part.key for part in step.reply] == ["send.thanks"]


def test_it_goes_on_with_what_is_still_to_be_asked() -> None:
    step = advance(Dialogue(), [unsent(), to_ask()], "SEND", NOW)
    assert step.sent == (UUID(int=1),)
    assert [part.key for part in step.reply] == ["send.sent", "prompt.item"]
    assert step.dialogue.prompt is not None


def test_nothing_is_sent_whose_questions_are_open() -> None:
    dialogue, _ = begin([to_ask()], NOW)
    step = advance(dialogue, [to_ask()], "SEND", NOW)
    assert step.sent == ()
    assert [part.key for part in step.reply] == ["send.not_yet", "prompt.item"]


def test_with_nothing_open_it_says_so() -> None:
    step = advance(Dialogue(), [], "SEND", NOW)
    assert (step.sent, [part.key for part in step.reply]) == ((), ["nothing_open"])


def test_after_the_last_answer_the_rest_is_offered_to_be_sent() -> None:
    dialogue, _ = begin([to_ask(), unsent()], NOW)
    step = advance(dialogue, [to_ask(), unsent()], "4", NOW)
    assert (step.completed, step.sent) == ((UUID(int=2),), ())
    assert [part.key for part in step.reply] == ["send.waiting"]


@pytest.mark.parametrize("text", ["4", "ok", "my knee is better", "help", "link"])
def test_anything_else_sends_nothing_and_says_how(text: str) -> None:
    """S2: "4" is told that all is answered, not that no question waits."""
    step = advance(Dialogue(), [unsent()], text, NOW)
    assert (step.sent, step.answers) == ((), ())
    assert step.reply[-1].key == "send.waiting"


@pytest.mark.parametrize("may_change", [True, False])
def test_back_changes_an_answer_only_while_it_may_be_changed_and_sends_nothing(
    may_change: bool,
) -> None:
    last = Given(assessment_id=UUID(int=1), items=("pain_1",))
    agenda = [unsent(may_change=may_change)]
    step = advance(Dialogue(last=last), agenda, "back", NOW)
    keys = [part.key for part in step.reply]
    if not may_change:
        assert keys == ["back.nothing"]
        return
    assert keys == ["back.again", "prompt.item"]
    step = advance(step.dialogue, agenda, "7", NOW)
    assert ([one.value for one in step.answers], step.completed, step.sent) == ([7], (), ())
    assert [part.key for part in step.reply] == ["correction.noted", "send.waiting"]
