"""Which words tell that a text came to somebody else, and which only look like them (T3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pro_service.domain.conversation.advance import advance
from pro_service.domain.conversation.commands import Command, recognise, wants_to_stop
from pro_service.domain.conversation.dialogue import Dialogue
from pro_service.domain.conversation.wrong_numbers import (
    is_own_slip,
    may_be_own_slip,
    says_more_than_wrong_number,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)

TOLD = """wrong number|Wrong number.|WRONG NUMBER!!|sorry, wrong number|Sorry wrong number
you have the wrong number|You've got the wrong number|I think you have the wrong person
wrong person|not me|that's not me|This is not me|I don't know you|wrong phone number
No one by that name here|I'm not Mrs. Li|this is not mr zhang|I just got this number
this number no longer belongs to him|wrong number mate|Hi, you texted the wrong number
打错了|发错了|你打错了|您发错了|发错人了|打错电话了|号码错了|我不认识你|不认识你们|不是我
你找错人了|查无此人|我不是李女士|不好意思，你打错了|对不起打错了|这个号码换人了|没有这个人
你们发错了！|打错号码了|您好，您打错电话了|非本人|不是本人|你们搞错人了"""
ELSE = """wrong|wrong answer|I pressed the wrong number|I typed the wrong number|错了|答错了
wrong number, I meant 4|打错了，应该是4|打错了 4|我打错了|我发错了|not bad|I am not well
this is not good|not me, my wife|我不舒服|不是我的左膝|不是很疼|who is this|我认识你
my number is 5|not my knee|发烧了|no|the wrong knee|左膝不是右膝|this is Mr Zhang|I'm Mrs. Li
我是李女士|I am not in pain|not me 4"""


def parts(listed: str) -> list[str]:
    return [one.strip() for line in listed.splitlines() for one in line.split("|")]


@pytest.mark.parametrize("text", parts(TOLD))
def test_words_about_number_or_person_are_a_wrong_number(text: str) -> None:
    assert recognise(text) is Command.wrong_number


@pytest.mark.parametrize("text", parts(ELSE))
def test_a_mistake_a_symptom_and_a_name_are_no_wrong_number(text: str) -> None:
    assert recognise(text) is not Command.wrong_number


def test_whoever_says_it_of_themselves_corrects_an_answer() -> None:
    for text in ("我打错了", "我发错了", "I pressed the wrong number", "I mistyped"):
        assert recognise(text) is Command.back


def test_only_words_without_you_may_be_the_writers_own_slip() -> None:
    assert [may_be_own_slip(one) for one in ("打错了", "发错了", "不好意思打错了")] == [True] * 3
    assert not any(map(may_be_own_slip, ("你打错了", "wrong number", "打错电话了", "4")))


def test_a_slip_is_one_within_a_quarter_of_an_hour_of_the_answer() -> None:
    assert is_own_slip("打错了", NOW - timedelta(minutes=15), NOW)
    assert not is_own_slip("打错了", NOW - timedelta(minutes=16), NOW)
    assert not is_own_slip("打错了", None, NOW)
    assert not is_own_slip("wrong number", NOW, NOW)


def test_stop_beside_it_holds_and_other_words_are_to_be_read() -> None:
    assert wants_to_stop("wrong number, please stop texting me")
    assert not wants_to_stop("wrong number")
    assert not says_more_than_wrong_number("Sorry, wrong number. Please stop")
    assert says_more_than_wrong_number("wrong number. My knee is swollen")


def test_the_step_asks_nothing_and_opens_no_question() -> None:
    step = advance(Dialogue(), (), "wrong number", NOW)
    assert [one.key for one in step.reply] == ["wrong_number.noted"]
    assert (step.answers, step.command) == ((), Command.wrong_number)
