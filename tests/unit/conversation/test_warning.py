"""Words that warn: a labelled set in each language, and laws over all texts (rule R8, case T4)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.conversation.warning import Sign, read_warning
from pro_service.domain.instruments.model import LANGUAGES, Language

DATA = Path(__file__).parents[2] / "data" / "warnings"
FALSE_ALARMS_ALLOWED = 0.05
"""Of the texts without a sign, at most so many may raise an alert; see README.md of the data."""


def rows(language: Language, part: str | None = None) -> list[dict[str, str]]:
    with (DATA / f"{language}.csv").open(newline="", encoding="utf-8") as source:
        return [row for row in csv.DictReader(source) if part in (None, row["part"])]


def raised(text: str) -> set[str]:
    return {sign.value for sign in read_warning(text).signs}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labelled_set_is_large_and_names_every_sign(language: Language) -> None:
    labelled = rows(language)
    assert len({row["text"] for row in labelled}) >= 400
    assert sum(not row["signs"] for row in labelled) >= 100
    named = {sign for row in labelled for sign in row["signs"].split()}
    assert named == {sign.value for sign in Sign}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_true_sign_of_the_labelled_set_is_missed(language: Language) -> None:
    """T4: red-flag words raise an alert."""
    missed = [
        (row["text"], sign)
        for row in rows(language)
        for sign in row["signs"].split()
        if sign not in raised(row["text"])
    ]
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_false_alarms_of_the_labelled_set_stay_few(language: Language) -> None:
    harmless = [row["text"] for row in rows(language) if not row["signs"]]
    false = [text for text in harmless if raised(text)]
    assert len(false) <= FALSE_ALARMS_ALLOWED * len(harmless), false


@pytest.mark.parametrize(
    "text",
    [
        "热敷",
        "每天热敷两次",
        "天气热",
        "天气太热了",
        "hot-water bottle",
        "I use a hot water bottle",
        "热水袋",
    ],
)
def test_warmth_that_is_no_sign_raises_none(text: str) -> None:
    assert raised(text) == set()


def test_a_fever_that_has_not_gone_down_persists() -> None:
    assert raised("没有退烧") == {"fever"}
    assert raised("the fever has not gone") == {"fever"}


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("no fever", set()),
        ("没有发烧", set()),
        ("no fever, no redness", set()),
        ("不红不肿", set()),
        ("no fever but my knee is hot", {"hot_knee"}),
        ("没有发烧，但是膝盖烫", {"hot_knee"}),
        ("没有发烧，不过膝盖烫", {"hot_knee"}),
        ("not sure I have no fever", {"fever"}),
        ("no fever?", {"fever"}),
        ("no fever, I went shopping", {"fever"}),
        ("没有发烧，今天去买菜了", {"fever"}),
    ],
)
def test_a_denial_silences_only_its_own_word_and_only_as_the_whole_clause(
    text: str, signs: set[str]
) -> None:
    assert raised(text) == signs


@pytest.mark.parametrize("text", ["no fever", "没有发烧", "热敷", "hot water bottle helps", "红茶"])
def test_a_sign_s_word_that_raised_nothing_is_still_read_first(text: str) -> None:
    warned = read_warning(text)
    assert (warned.signs, warned.named) == ((), True)


@pytest.mark.parametrize(
    "text", ["4", "seven", "七分", "thank you", "谢谢", "4/10", "yes", "有", ""]
)
def test_an_answer_or_a_courtesy_names_no_sign(text: str) -> None:
    assert not read_warning(text).named


SIGNS_SAID = st.sampled_from(
    ["my knee is red and hot", "I have a fever", "I fell", "膝盖又红又肿", "发烧了", "胸口疼"]
)
AROUND = st.sampled_from(
    ["7", "thanks", "STOP", "no fever", "没有发烧", "ok", "谢谢", "hello doctor", ""]
)
BETWEEN = st.sampled_from([", ", ". ", "\n", "。", " - ", "; "])


@given(AROUND, BETWEEN, SIGNS_SAID, BETWEEN, AROUND)
def test_nothing_said_beside_a_sign_hides_it(
    before: str, one: str, sign: str, other: str, after: str
) -> None:
    assert set(read_warning(sign).signs) <= set(
        read_warning(f"{before}{one}{sign}{other}{after}").signs
    )


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [
                    "no",
                    "fever",
                    "没",
                    "发烧",
                    "红",
                    ",",
                    "。",
                    "not",
                    "hot",
                    "but",
                    "38.5",
                    "°",
                    "？",
                ]
            )
        ).map(" ".join),
    )
)
def test_reading_never_raises_an_error_and_a_raised_sign_is_named(text: str) -> None:
    warned = read_warning(text)
    assert warned.named or not warned.signs


@given(SIGNS_SAID)
def test_case_width_and_script_change_nothing(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert raised(text.upper()) == raised(wide) == raised(text)
