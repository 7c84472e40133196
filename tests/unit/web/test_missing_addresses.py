"""Where a page of the log of deviations goes on, as an address says it."""

from __future__ import annotations

from uuid import UUID

import pytest

from pro_service.web.desk.missing.asked import LOG_PATH, Asked, asked_of

ROW = UUID("0195b0e2-0000-7000-8000-000000000000")


def test_a_place_is_read_as_it_was_written() -> None:
    asked = asked_of({"after": f"2026-11-27T08:00:00+08:00 {ROW} moved"}, [])
    assert asked.after is not None
    assert asked.after.at.isoformat() == "2026-11-27T00:00:00+00:00"
    assert "after=2026-11-27T00%3A00%3A00%2B00%3A00" in Asked().address(LOG_PATH, asked.after)


@pytest.mark.parametrize(
    "at",
    [
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *("2026-02-30T00:00:00+00:00", "2026-11-27T08:00:00", "zz"),
    ],
)
def test_what_names_no_instant_is_the_first_page(at: str) -> None:
    assert asked_of({"after": f"{at} {ROW} moved"}, []).after is None
