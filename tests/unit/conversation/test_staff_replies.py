"""What staff may say in a text: the protocol's replies, own words only where it allows them."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.conversation.staff_replies import (
    LONGEST_OWN_WORDS,
    OWN,
    ReplyWordsError,
    WordsProblem,
    choices,
    choose,
    ending,
    goes_at,
)
from pro_service.domain.study.coming import NOTHING_COMING
from pro_service.domain.study.protocol import Messaging

PROTOCOL = load_protocol_file(example_protocol_file()).protocol


def problem(words: str, choice: str = OWN) -> WordsProblem:
    with pytest.raises(ReplyWordsError) as caught:
        choose(PROTOCOL, "en", choice, words)
    return caught.value.problem


def test_a_reply_of_the_protocol_is_said_in_the_participants_language() -> None:
    assert choose(PROTOCOL, "zh_CN", "thanks", "").words == "谢谢您的短信，我们已经看到了。"
    assert choose(PROTOCOL, "en", "thanks", "x").template == "staff.thanks"
    assert problem("", "no_such_reply") is WordsProblem.empty


def test_a_protocol_without_replies_lets_staff_send_none() -> None:
    messaging = PROTOCOL.messaging.model_copy(update={"own_words": False})
    silent = PROTOCOL.model_copy(update={"messaging": messaging, "coming": NOTHING_COMING})
    assert choices(silent, "en") == ()
    with pytest.raises(ReplyWordsError) as caught:
        choose(silent, "en", OWN, "Yes, on Tuesday.")
    assert caught.value.problem is WordsProblem.not_allowed


@pytest.mark.parametrize(
    "words",
    [
        "Your score has improved",
        "That pain is normal",
        "Take two tablets",
        "Skip the dose today",
        "您的评分很好",
        "先吃点药",
        "肿是正常的",
    ],
)
def test_own_words_never_speak_of_treatment_symptoms_or_scores(words: str) -> None:
    assert problem(words) is WordsProblem.forbidden


def test_own_words_have_a_length_and_hold_no_address() -> None:
    assert problem("x" * (LONGEST_OWN_WORDS + 1)) is WordsProblem.too_long
    assert problem(" \n ") is WordsProblem.empty
    for address in ("https://a.example", "see www.site.example", "mail me at x.com"):
        assert problem(address) is WordsProblem.link
    kept = choose(PROTOCOL, "en", OWN, "Yes,  she may.\nTuesday at ten.")
    assert kept == ("staff.own", "Yes, she may. Tuesday at ten.")


def test_every_reply_says_when_texts_are_read_or_that_they_are_not_always() -> None:
    assert ending(PROTOCOL.messaging).parameters == {"read_from": "08:00", "read_until": "17:00"}
    assert ending(Messaging()).key == "staff.ring"
    assert ending(Messaging(read_from=time(9), read_until=time(16))).key == "staff.hours"


@pytest.mark.parametrize(
    ("local_hour", "goes"),
    [("12:00", "12:00"), ("20:29", "20:29"), ("20:30", "08:30"), ("03:00", "08:30")],
)
def test_a_reply_waits_for_the_end_of_quiet_hours(local_hour: str, goes: str) -> None:
    hour, minute = map(int, local_hour.split(":"))
    now = datetime(2026, 3, 2, hour, minute, tzinfo=UTC)
    at = goes_at(Messaging(), now, "UTC")
    assert f"{at:%H:%M}" == goes
    assert at >= now
