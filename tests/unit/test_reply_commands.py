"""Which texts are instructions, and which only look like them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pro_service.domain.conversation.commands import recognise

DATA = Path(__file__).parents[1] / "data" / "replies" / "commands.csv"


def rows() -> list[dict[str, str]]:
    with DATA.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['command']}:{row['text']!a}")
def test_command_is_recognised_as_the_table_says(row: dict[str, str]) -> None:
    command = recognise(row["text"])
    assert (command.value if command else "") == row["command"]
