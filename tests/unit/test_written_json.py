"""Documents are written as JSON: what PostgreSQL reads back is what was meant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest

from pro_service.store.pools import encode_json


class Word(StrEnum):
    """A word of the program."""

    one = "one"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row with a value of each kind."""

    id: UUID
    at: datetime
    on: date
    hour: time
    score: Decimal
    sealed: bytes
    word: Word
    nothing: None
    words: tuple[str, ...]


def test_every_kind_of_value_keeps_its_meaning() -> None:
    at = datetime(2026, 1, 5, 2, 0, 0, 123, tzinfo=UTC)
    row = Row(
        id=UUID(int=7),
        at=at,
        on=date(2026, 1, 5),
        hour=time(18, 30),
        score=Decimal("1.500000000000"),
        sealed=b"\x00\xff",
        word=Word.one,
        nothing=None,
        words=("膝", '"'),
    )
    (read,) = json.loads(encode_json([row]))
    assert datetime.fromisoformat(read.pop("at")) == at
    assert read == {
        "id": "00000000-0000-0000-0000-000000000007",
        "on": "2026-01-05",
        "hour": "18:30:00",
        "score": "1.500000000000",
        "sealed": "00ff",
        "word": "one",
        "nothing": None,
        "words": ["膝", '"'],
    }


def test_what_has_no_form_is_refused_by_its_type_alone() -> None:
    class Canary:
        def __repr__(self) -> str:
            return "canary-4711"

    with pytest.raises(ValueError, match="Canary") as refused:
        encode_json({"value": Canary()})
    assert "4711" not in str(refused.value)
