"""Reasons the program itself writes into the record, in the reader's language."""

from __future__ import annotations

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.services.keeping.replay import REASON as REPLAYED
from pro_service.services.pages.preferences import REASON as CHOSEN
from pro_service.texts.catalogue import load_texts
from pro_service.web.desk.words import Words

ZH = Words(load_texts("desk"), "zh_CN", load_instruments())


@pytest.mark.parametrize("reason", ["enrolled", "the schedule follows an event", REPLAYED, CHOSEN])
def test_a_reason_of_the_program_is_not_shown_as_it_is_stored(reason: str) -> None:
    assert not ZH.reason(reason).isascii()


@pytest.mark.parametrize("kind", ["opt_out", "end"])
def test_what_a_replay_put_back_is_said_of_numbers_and_calls_too(kind: str) -> None:
    assert not ZH.word(kind, REPLAYED).isascii()


def test_words_of_staff_are_shown_as_they_wrote_them() -> None:
    assert ZH.reason("she moved to Leeds") == "she moved to Leeds"
