"""Own words of staff and texts to be taken, measured on labelled lines in each language (R7)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.conversation.staff_words import forbidden_in
from pro_service.domain.conversation.taking import one_value
from pro_service.domain.instruments.model import LANGUAGES, Language

DATA = Path(__file__).parents[2] / "data"
PAIN = load_instruments()["pain-nrs"].items[0]
FEWEST = 150
"""Lines of a list, a language."""
FALSE_ALARMS_ALLOWED = 0.03
"""Of harmless words, at most so many are refused."""
CLEAR_REFUSED_ALLOWED = 0.2
"""Of clear answers, at most so many are left to be asked again: cautious rather than complete."""


def rows(name: str, language: Language) -> list[dict[str, str]]:
    with (DATA / name / f"{language}.csv").open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


@pytest.mark.parametrize("name", ["staff_words", "taken"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_list_is_large_and_says_nothing_twice(name: str, language: Language) -> None:
    listed = [row["text"] for row in rows(name, language)]
    assert len(set(listed)) == len(listed) >= FEWEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_r7_no_words_about_treatment_symptoms_or_scores_go_out(language: Language) -> None:
    listed = rows("staff_words", language)
    never = [row["text"] for row in listed if row["label"] == "never"]
    assert len(never) >= 80
    assert [text for text in never if forbidden_in(text) is None] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_words_about_days_places_and_calls_few_are_refused(language: Language) -> None:
    harmless = [row["text"] for row in rows("staff_words", language) if row["label"] == "ok"]
    false = [text for text in harmless if forbidden_in(text) is not None]
    assert len(false) <= FALSE_ALARMS_ALLOWED * len(harmless), false


@pytest.mark.parametrize("language", LANGUAGES)
def test_r7_nothing_is_taken_that_is_not_the_one_number(language: Language) -> None:
    wrong = []
    for row in rows("taken", language):
        found = one_value(PAIN, row["text"]).value
        if found is not None and str(found) != row["value"]:
            wrong.append((row["text"], found))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_clear_answers_can_be_taken(language: Language) -> None:
    clear = [row["text"] for row in rows("taken", language) if row["value"]]
    assert len(clear) >= 60
    refused = [text for text in clear if one_value(PAIN, text).value is None]
    assert len(refused) <= CLEAR_REFUSED_ALLOWED * len(clear), refused


@pytest.mark.parametrize("text", ["星期二来", "周三可以吗", "礼拜五我有空"])
def test_a_weekday_is_no_number(text: str) -> None:
    assert one_value(PAIN, text).why_not == "no_number"
