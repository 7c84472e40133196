"""The catalogues are whole, in both languages, and every text fits its purpose."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import AgendaEntry, TextPart
from pro_service.domain.delivery.segments import Segments, segments
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.texts.catalogue import (
    MissingTextError,
    TextContext,
    format_day,
    format_time,
    load_texts,
    placeholders,
)

TEXTS = load_texts()
INSTRUMENTS = load_instruments()
CONTEXT = TextContext(
    sender="Study team",
    site_telephone="+12025550143",
    emergency_number="112",
    instruments=INSTRUMENTS,
)


def test_every_key_has_words_with_the_same_placeholders_in_both_languages() -> None:
    assert TEXTS.keys("en") == TEXTS.keys("zh_CN")
    for key in TEXTS.keys("en"):
        assert placeholders(TEXTS.pattern(key, "en")) == placeholders(TEXTS.pattern(key, "zh_CN"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_shouts(language: Language) -> None:
    for key in TEXTS.keys(language):
        assert not re.search("[!！]", TEXTS.pattern(key, language)), key


def test_no_choice_of_any_instrument_is_a_word_that_carriers_act_on() -> None:
    acted_on = {"stop", "stopall", "unsubscribe", "end", "cancel", "quit"}
    acted_on |= {"start", "unstop", "yes", "help", "info"}
    for instrument in INSTRUMENTS.values():
        for item in instrument.items:
            for choice in item.choices:
                for language in LANGUAGES:
                    for word in (choice.label[language], *choice.words.get(language, ())):
                        assert word.casefold() not in acted_on
                        assert recognise(word) is None


def test_words_the_texts_tell_people_to_send_do_what_they_say() -> None:
    told = {
        "STOP": Command.stop,
        "START": Command.start,
        "LINK": Command.link,
        "BACK": Command.back,
    }
    told |= {"SKIP": Command.skip, "N/A": Command.not_applicable, "退订": Command.stop}
    told |= {
        "恢复": Command.start,
        "链接": Command.link,
        "返回": Command.back,
        "跳过": Command.skip,
    }
    told |= {"不适用": Command.not_applicable, "稍后": Command.later, "暂停": Command.pause}
    told |= {"LATER": Command.later, "PAUSE": Command.pause, "CONTINUE": Command.go_on}
    told |= {"继续": Command.go_on, "SELF": Command.in_person, "本人": Command.in_person}
    told |= {"READER": Command.with_reader, "代读": Command.with_reader}
    told |= {"SEND": Command.send, "发送": Command.send}
    told |= {"UNWELL": Command.unwell, "不舒服": Command.unwell}
    every = " ".join(TEXTS.pattern(key, one) for one in LANGUAGES for key in TEXTS.keys(one))
    for word, command in told.items():
        assert word in every
        assert recognise(word) is command
    quoted = re.findall(
        "“([^”]+)”", " ".join(TEXTS.pattern(k, "zh_CN") for k in TEXTS.keys("zh_CN"))
    )
    assert {recognise(word) for word in quoted} <= set(told.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_names_knee_recall_and_both_ends(language: Language) -> None:
    knee = {"en": "Right knee", "zh_CN": "右膝"}[language]
    for instrument in INSTRUMENTS.values():
        about_knee = instrument.asks_about == "knee"
        for code in (item.code for item in instrument.items):
            others = {item.code: item.minimum for item in instrument.items if item.code != code}
            entry = AgendaEntry(
                assessment_id=UUID(int=1),
                instrument=instrument,
                target="right_knee" if about_knee else "person",
                text_mode="item",
                answered=dict(others),
            )
            _, parts = begin([entry], datetime(2026, 1, 1, tzinfo=UTC))
            text = TEXTS.render(parts, language, CONTEXT)
            item = instrument.item(code)
            wanted = [instrument.recall[language], item.label[language]]
            ends = [one[language] for one in (item.low_anchor, item.high_anchor) if one]
            wanted += ends or [choice.label[language] for choice in item.choices]
            wanted += [str(item.minimum), str(item.maximum)] + ([knee] if about_knee else [])
            assert all(piece in text for piece in wanted), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_reminder_with_its_question_says_who_and_how_to_stop(language: Language) -> None:
    entry = AgendaEntry(
        assessment_id=UUID(int=1),
        instrument=INSTRUMENTS["pain-nrs"],
        target="left_knee",
        text_mode="item",
        answered={},
    )
    _, question = begin([entry], datetime(2026, 1, 1, tzinfo=UTC))
    parts = (TextPart(key="reminder.text"), *question, TextPart(key="reminder.stop"))
    text = TEXTS.render(parts, language, CONTEXT)
    assert text.startswith("Study team")
    assert (
        text.split("\n")[-1] == {"en": "Reply STOP to stop.", "zh_CN": "回复“退订”即停。"}[language]
    )
    assert segments(text).segments <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_reminder_lines_name_no_illness(language: Language) -> None:
    for key in ("reminder.text", "reminder.link", "reminder.card"):
        words = TEXTS.pattern(key, language)
        assert words.startswith("{sender}")
        assert not re.search("pain|knee|stem|inject|疼|膝|细胞|注射|病", words, re.IGNORECASE)


def test_missing_words_and_missing_values_are_named() -> None:
    with pytest.raises(MissingTextError, match=r"'no\.such\.key' in zh_CN"):
        TEXTS.text("no.such.key", "zh_CN")
    with pytest.raises(MissingTextError, match=r"'reminder\.link' in en lacks a value for: link"):
        TEXTS.render((TextPart(key="reminder.link"),), "en", CONTEXT)


def test_urgent_text_carries_both_numbers() -> None:
    for language in LANGUAGES:
        text = TEXTS.render((TextPart(key="safety.urgent"),), language, CONTEXT)
        assert "+12025550143" in text
        assert "112" in text


def test_days_are_said_with_weekday_as_in_the_language() -> None:
    assert format_day(date(2026, 3, 2), "en") == "Monday 2 March 2026"
    assert format_day(date(2026, 3, 2), "zh_CN") == "2026年3月2日星期一"
    assert format_time(time(18, 30), "en") == format_time(time(18, 30), "zh_CN") == "18:30"


@pytest.mark.parametrize(
    ("text", "encoding", "characters", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # an escape pair is not cut in two
        ("’", "UCS-2", 1, 1),
        ("疼" * 70, "UCS-2", 70, 1),
        ("疼" * 71, "UCS-2", 71, 2),
        ("疼" * 134, "UCS-2", 134, 2),
        ("疼" * 135, "UCS-2", 135, 3),
        ("🙂" * 35, "UCS-2", 70, 1),
        ("疼" * 66 + "🙂" + "疼" * 66, "UCS-2", 134, 3),  # nor is a surrogate pair
    ],
)
def test_segments_are_counted_as_carriers_count(
    text: str, encoding: str, characters: int, count: int
) -> None:
    expected = Segments.model_validate(
        {"encoding": encoding, "characters": characters, "segments": count}
    )
    assert segments(text) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_text_that_points_to_a_card_takes_two_segments_and_holds_no_address(
    language: Language,
) -> None:
    parts = (
        TextPart(key="reminder.for_card", parameters={"start": "K7M"}),
        TextPart(key="reminder.card"),
        TextPart(key="reminder.card_stop"),
    )
    chinese = replace(CONTEXT, sender={"en": "Study team", "zh_CN": "研究团队"}[language])
    text = TEXTS.render(parts, language, chinese)
    assert segments(text).segments <= 2
    assert not re.search(r"https?:|www\.|\.(?:com|org|cn)\b|/c\b", text)
