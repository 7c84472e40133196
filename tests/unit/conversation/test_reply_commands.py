"""Which texts are instructions, and which only look like them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pro_service.domain.conversation.commands import Command, recognise, says_more

DATA = Path(__file__).parents[2] / "data" / "replies" / "commands.csv"


def rows() -> list[dict[str, str]]:
    with DATA.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['command']}:{row['text']!a}")
def test_command_is_recognised_as_the_table_says(row: dict[str, str]) -> None:
    command = recognise(row["text"])
    assert (command.value if command else "") == row["command"]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("STOP", False),
        ("Stop.", False),
        ("please stop texting me", False),
        ("不要再发短信了", False),
        ("STOP!!! my knee is swollen", True),
        ("退订。我的膝盖肿了", True),
        ("STOP\nSent from my iPhone", False),
        ("退订\n发自我的手机", False),
    ],
)
def test_a_stop_that_says_something_else_too_must_still_be_read(text: str, more: bool) -> None:
    assert recognise(text) is Command.stop
    assert says_more(text) is more
