"""Values of the audit in words: what looks like a day and is none must not close the whole page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.texts.catalogue import load_texts
from pro_service.web.desk.record.rows import Around, said
from pro_service.web.desk.words import Words

INSTRUMENTS = load_instruments()
WORDS = Words(load_texts("desk"), "en", INSTRUMENTS)
AROUND = Around(WORDS, ZoneInfo("Asia/Shanghai"), {}, INSTRUMENTS)


def test_days_and_instants_are_said_as_people_say_them() -> None:
    assert said(AROUND, "notes", "told", "2026-02-28") == "Sat 28 Feb 2026"
    assert "08:00" in said(AROUND, "notes", "told", "2026-02-28T00:00:00+00:00")


def test_by_whom_is_a_name_and_by_what_is_not() -> None:
    assert said(AROUND, "statuses", "recorded_by", "staff:anna") == "anna"
    assert (
        said(AROUND, "data_out", "narrowed_by", "site=BJ01&visit=week_2")
        == "site=BJ01&visit=week_2"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("2026-02-30", "2026-13-01", "0000-00-00", "٢٠٢٦-٠٢-٣٠"),
        *("2026-02-30T10:00:00+00:00", "9999-12-31T23:00:00-01:00"),
    ],
)
def test_what_somebody_wrote_that_looks_like_one_stays_as_they_wrote_it(text: str) -> None:
    assert said(AROUND, "notes", "told", text) == text
