"""Whole exchanges through the real webhook, word by word, as phones see them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.transcripts import Transcript
from tests.support.twilio.trial import open_twilio_trial

FOLDER = Path(__file__).parents[2] / "data" / "transcripts"
CASES = {
    *("two_texts_at_once_en", "out_of_order_en", "before_the_question_was_accepted_en"),
    *("after_closing_en", "unknown_number_en", "shared_line_one_open_zh"),
    *("unknown_number_stop_en", "shared_line_none_open_en"),
    *("shared_line_two_open_en", "reaction_en", "picture_en", "empty_zh", "long_1600_en"),
    *("emoji_zh", "symptom_en", "symptom_zh", "stop_start_help_en", "stop_start_help_zh"),
    *("changed_number_en", "short_code_en", "later_and_pause_en", "later_and_pause_zh"),
    *("silent_for_months_en", "back_weeks_later_en"),
    *("answer_weeks_later_en", "answer_weeks_later_zh", "first_text_en", "first_text_zh"),
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
async def test_an_exchange_goes_word_by_word_as_written(database_url: str, path: Path) -> None:
    script = _read(path)
    async with open_twilio_trial(database_url) as trial:
        lived = await Transcript(trial).live(script)
    if os.environ.get("PRO_WRITE_TRANSCRIPTS"):  # then read what changed before keeping it
        _keep(path, lived)
    assert lived == script


def _read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _keep(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_every_case_that_was_asked_for_is_written_down() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} >= CASES
