"""Everyday words of an anchor in an instrument's file: what is taken, and what is refused (T6)."""

from __future__ import annotations

import tomllib

import pytest

from pro_service.catalog.instrument_files import read_instrument

FILE = """
id = "example"
version = "1"
scoring_version = "1"
title = { en = "Example", zh_CN = "示例" }
recall = { en = "today", zh_CN = "今天" }
attempt_span_hours = 24
asks_about = "knee"
citation = "Made up."
licence = "Ours."
groups = [["one"]]

[kinds.low]
low_said.en = ["not a bit"]

[kinds.ends]
minimum = 0
maximum = 4
low_anchor = { en = "low", zh_CN = "低" }
high_anchor = { en = "high", zh_CN = "高" }
low_said.en = ["nothing of it"]

[[items]]
code = "one"
kind = KIND
label = { en = "one", zh_CN = "一" }
"""


def read(kind: str, more: str = "") -> tuple[object, tuple[str, ...]]:
    """The item and the mistakes of the file, its item being of this kind."""
    instrument, mistakes = read_instrument(tomllib.loads(FILE.replace("KIND", kind) + more))
    return (None if instrument is None else instrument.items[0].low_said), mistakes


def test_of_several_kinds_the_first_comes_first() -> None:
    assert read('["low", "ends"]') == ({"en": ("not a bit",)}, ())
    assert read('["ends", "low"]') == ({"en": ("nothing of it",)}, ())


@pytest.mark.parametrize(
    ("kind", "more", "mistake"),
    [
        ('["ends", "x"]', "", "items[0].kind: "),
        ('"ends"', 'low_said.en = ["7"]', "items[0].low_said.en: a word must"),
        ('"ends"', 'low_said.en = ["skip"]', "items[0].low_said.en: skip is an instruction"),
        ('"ends"', 'high_said.en = ["yes"]', "items[0].high_said.en: yes is an instruction"),
        ('"ends"', 'low_said.en = ["four"]', "items[0].low_said.en: four is not read as 0"),
        ('"ends"', 'low_said.en = ["high"]', "items[0].low_said.en: high is not read as 0"),
        ('"low"', "minimum = 0\nmaximum = 4", "kinds.low.low_said: there is no low_anchor"),
    ],
)
def test_a_word_that_could_mean_something_else_is_refused(
    kind: str, more: str, mistake: str
) -> None:
    _, mistakes = read(kind, more)
    assert any(line.startswith(mistake) for line in mistakes), mistakes
