"""What replies mean: a table of real-looking texts in both languages, and laws over all texts."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.commands import recognise
from pro_service.domain.conversation.reply import read_alone, understand, understand_several
from pro_service.domain.instruments.model import LANGUAGES, Choice, Instrument, Item

DATA = Path(__file__).parents[2] / "data" / "replies"
INSTRUMENTS = load_instruments()


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def item_of(place: str) -> Item:
    instrument, _, code = place.partition("/")
    return INSTRUMENTS[instrument].item(code)


def items_of(place: str) -> list[Item]:
    instrument, _, span = place.partition("/")
    codes = [item.code for item in INSTRUMENTS[instrument].items]
    first, _, last = span.partition("-")
    chosen = codes[codes.index(first) : codes.index(last) + 1]
    return [INSTRUMENTS[instrument].item(code) for code in chosen]


NRS = item_of("pain-nrs/pain")
LK = item_of("womac-lk-3.1/pain_1")
VAS = item_of("womac-vas-3.1/pain_1")
SIGN = item_of("safety/hot_or_red_knee")
FREQUENCY = item_of("koos/symptoms_1")
DEGREE = item_of("koos/qol_2")
ITEMS = (NRS, LK, VAS, SIGN, FREQUENCY, DEGREE)
SINGLE = rows("single.csv")
SEVERAL = rows("several.csv")


@pytest.mark.parametrize("row", SINGLE, ids=lambda row: f"{row['item']}:{row['text']!a}")
def test_single_reply_means_what_the_table_says(row: dict[str, str]) -> None:
    expected = int(row["expected"]) if row["expected"] else None
    assert understand(item_of(row["item"]), row["text"]).value == expected


@pytest.mark.parametrize("row", SEVERAL, ids=lambda row: f"{row['items']}:{row['text']!a}")
def test_reply_to_several_means_what_the_table_says(row: dict[str, str]) -> None:
    answers = understand_several(items_of(row["items"]), row["text"]).answers
    shown = " ".join(str(answer) for answer in answers) if answers else ""
    assert shown == row["expected"]


def test_tables_hold_enough_of_both_languages() -> None:
    assert len({(row["item"], row["text"]) for row in SINGLE}) >= 200
    for language in ("en", "zh_CN"):
        assert sum(row["language"] == language for row in SINGLE) >= 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7分", 7),
        ("七", 7),
        ("7-8", None),
        ("7.5", None),
        ("11", None),
        ("07", 7),
        ("７", 7),
        ("10/10", 10),
        ("", None),
    ],
)
def test_e34_a_rating_is_one_whole_number_or_asked_again(text: str, value: int | None) -> None:
    assert understand(NRS, text).value == value


def test_words_are_kept_apart_from_bare_bad_numbers() -> None:
    assert understand(NRS, "my knee is swollen").reason == "words"
    assert understand(NRS, "膝盖肿了").reason == "words"
    assert understand(NRS, "11").reason == "out_of_range"
    assert understand(NRS, "4 or 5").reason == "several"
    assert understand(NRS, "-1").reason == "unclear"
    assert read_alone("I feel pain now") == "words"
    assert read_alone("thank you") == "unclear"


def test_word_of_two_choices_means_neither() -> None:
    item = Item(
        code="x",
        label={"en": "x", "zh_CN": "x"},
        minimum=0,
        maximum=1,
        choices=(
            Choice(value=0, label={"en": "same", "zh_CN": "甲"}),
            Choice(value=1, label={"en": "Same", "zh_CN": "乙"}),
        ),
    )
    assert understand(item, "same").value is None
    assert understand(item, "乙").value == 1


def test_value_that_is_no_choice_is_out_of_range() -> None:
    item = Item(
        code="x",
        label={"en": "x", "zh_CN": "x"},
        minimum=0,
        maximum=2,
        choices=(
            Choice(value=0, label={"en": "low", "zh_CN": "低"}),
            Choice(value=2, label={"en": "high", "zh_CN": "高"}),
        ),
    )
    assert understand(item, "1").reason == "out_of_range"
    assert understand(item, "2").value == 2


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *"0123456789一二三四五六七八九十百分点／/.-,，、；~?% \n🙂４①²½",
            *(
                "mm",
                "or",
                "four",
                "ten",
                "twenty",
                " mild ",
                "没有",
                "有",
                "疼",
                "我",
                "about ",
                "10",
            ),
        ]
    ),
    max_size=8,
).map("".join)
TEXTS = st.one_of(st.text(), FRAGMENTS)


@given(TEXTS)
def test_understood_value_is_in_range_and_nothing_raises(text: str) -> None:
    recognise(text)
    for item in ITEMS:
        value = understand(item, text).value
        assert value is None or item.minimum <= value <= item.maximum
    several = understand_several([LK, LK, NRS], text).answers
    assert several is None or len(several) == 3


def numbers_in(text: str) -> list[int]:
    spread = "".join(
        c if unicodedata.category(c) == "Nd" else f" {unicodedata.normalize('NFKC', c)} "
        for c in text
    )
    return [int(run) for run in re.findall(r"\d+", spread)]


@given(TEXTS)
def test_two_different_numbers_are_never_one_answer(text: str) -> None:
    said = numbers_in(text)
    for item in ITEMS:
        if understand(item, text).value is not None and len(set(said)) > 1:
            assert len(said) == 2
            assert said[1] == item.maximum
            assert "/" in unicodedata.normalize("NFKC", text) or "out of" in text


@given(st.sampled_from(ITEMS), st.data())
def test_every_plain_answer_in_digits_is_understood(item: Item, data: st.DataObject) -> None:
    value = data.draw(st.integers(item.minimum, item.maximum))
    form = data.draw(
        st.sampled_from(["{}", " {} ", "{}.", "{}分", "0{}", "{}/" + str(item.maximum)])
    )
    wide = data.draw(st.booleans())
    text = form.format(value)
    if wide:
        text = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789./"})
    if len(text.strip()) > 3 and form.startswith("0"):
        text = str(value)
    assert understand(item, text).value == value


NUMERALS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "zh_CN": ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"],
}


@pytest.mark.parametrize("language", NUMERALS)
def test_every_number_in_words_is_understood(language: str) -> None:
    for item in (NRS, LK, VAS):
        for value, word in enumerate(NUMERALS[language]):
            expected = value if value <= item.maximum else None
            for text in (word, word.upper(), f" {word}。"):
                assert understand(item, text).value == expected, (item.code, text)


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda one: one.id)
def test_every_choice_s_own_words_are_understood_in_both_languages(instrument: Instrument) -> None:
    for item in instrument.items:
        for choice in item.choices:
            for language in LANGUAGES:
                for word in (choice.label[language], *choice.words.get(language, ())):
                    for text in (word, word.upper(), f" {word}. "):
                        found = understand(item, text).value
                        assert found == choice.value, (item.code, text)


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda one: one.id)
def test_every_number_of_every_item_s_range_is_understood_and_no_other(
    instrument: Instrument,
) -> None:
    for item in instrument.items:
        for value in range(item.minimum, item.maximum + 12):
            expected = value if value <= item.maximum else None
            assert understand(item, str(value)).value == expected


def test_a_number_between_two_steps_is_out_of_range() -> None:
    item = VAS.model_copy(update={"step": 10})
    assert understand(item, "40").value == 40
    assert understand(item, "45").reason == "out_of_range"


@given(
    st.lists(st.integers(0, 4), min_size=4, max_size=4), st.sampled_from(["", " ", ",", "、", "\n"])
)
def test_as_many_numbers_as_items_are_their_answers(values: list[int], between: str) -> None:
    text = between.join(map(str, values))
    assert understand_several([LK] * 4, text).answers == tuple(values)
    assert understand_several([LK] * 3, text).answers is None


FRAMES = (
    "{}\nSent from my iPhone",
    "{}\n\n--\nSent from my Samsung Galaxy S21",
    "{} Sent from my iPad",
    "{}\nGet Outlook for iOS",
    "{}\n发自我的手机",
    "{}\n发自我的华为手机",
    "{}\n從我的 iPhone 傳送",
    "Re: {}",
    "Answer: {}",
    "A: {}",
    "回复{}",
    "答：{}",
    "【王小明】{}",
    "【王小明】回复 {}\n发自我的iPhone 13",
)
"""What telephones and habits put around a reply (T5)."""


@given(st.sampled_from(FRAMES), st.sampled_from(ITEMS), st.data())
def test_t5_a_signature_or_a_prefix_changes_no_answer(
    frame: str, item: Item, data: st.DataObject
) -> None:
    value = data.draw(st.integers(item.minimum, item.maximum))
    assert understand(item, frame.format(value)).value == value


@given(st.sampled_from(FRAMES), TEXTS)
def test_t5_what_is_no_answer_becomes_none_by_a_frame(frame: str, text: str) -> None:
    for item in ITEMS:
        bare = understand(item, text).value
        framed = understand(item, frame.format(text)).value
        assert framed is None or framed == bare, (item.code, text)


@given(st.text(), st.sampled_from(FRAMES))
def test_t5_a_frame_turns_no_text_into_another_command(text: str, frame: str) -> None:
    assert recognise(frame.format(text)) in (recognise(text), None, recognise(frame))


EVERYDAY = [
    (instrument, item)
    for instrument in INSTRUMENTS.values()
    for item in instrument.items
    if item.low_said or item.high_said
]


@pytest.mark.parametrize(
    ("instrument", "item"), EVERYDAY, ids=lambda one: getattr(one, "id", getattr(one, "code", ""))
)
def test_t6_every_everyday_word_means_its_own_anchor(instrument: Instrument, item: Item) -> None:
    for value, said in ((item.minimum, item.low_said), (item.maximum, item.high_said)):
        for language in LANGUAGES:
            for word in said.get(language, ()):
                for text in (word, word.upper(), f" {word}. "):
                    assert understand(item, text).value == value, (instrument.id, text)


def test_t6_no_pain_says_nothing_where_zero_means_something_else() -> None:
    for instrument in INSTRUMENTS.values():
        for item in instrument.items:
            about_pain = "no pain" in {*item.low_anchor.values(), *item.low_said.get("en", ())}
            for text in ("no pain", "不疼", "一点都不疼"):
                expected = item.minimum if about_pain else None
                assert understand(item, text).value == expected, (instrument.id, item.code, text)
            assert not about_pain or "pain" in item.code
