"""When a participant sees their own scores over time, by the plan's word (R21)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.endpoints.plan import Shown
from pro_service.domain.endpoints.trend import sees_trend
from pro_service.domain.instruments.model import LANGUAGES
from pro_service.domain.study.facts import VisitFacts
from pro_service.texts.catalogue import load_texts
from tests.support.example import example_study

PROTOCOL = example_study().protocol
LAST_CLOSES = datetime(2027, 1, 26, 16, tzinfo=UTC)
PLANNED = [one.id for one in PROTOCOL.visits if one.kind == "scheduled" and one.asks]


def visit(definition: str, closes_at: datetime | None, *, provisional: bool = False) -> VisitFacts:
    """A dated visit that asks something."""
    closing = None if closes_at is None else closes_at.isoformat()
    asked = {
        "id": "00000000-0000-0000-0000-000000000001",
        "instrument": "pain-nrs",
        "target": "left_knee",
        "answers": [],
    }
    return VisitFacts.model_validate_json(
        json.dumps(
            {
                "id": "00000000-0000-0000-0000-000000000002",
                "definition": definition,
                "schedule_revision": 1,
                "provisional": provisional,
                "opens_at": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
                "target_on": date(2026, 1, 12).isoformat(),
                "closes_at": closing,
                "assessments": [asked],
                "reminders": [],
            }
        )
    )


def lived(*, last: datetime = LAST_CLOSES, but: str = "") -> list[VisitFacts]:
    """Every visit the protocol plans, all but the last long closed."""
    early = datetime(2026, 6, 1, tzinfo=UTC)
    dated = dict.fromkeys(PLANNED, early) | {"month_12": last}
    return [visit(name, closes) for name, closes in dated.items() if name != but]


def sees(
    shown: Shown | None, visits: list[VisitFacts], now: datetime, *, asked: bool = True
) -> bool:
    """Whether the trend is shown."""
    return sees_trend(shown, PROTOCOL, visits, now=now, may_answer=asked)


def test_r21_without_the_plan_there_is_no_trend_at_any_time() -> None:
    for now in (LAST_CLOSES - timedelta(days=200), LAST_CLOSES + timedelta(days=200)):
        assert not sees(None, lived(), now)
        assert not sees(None, lived(), now, asked=False)


def test_r21_from_the_start_is_at_any_time() -> None:
    assert sees("from the start", [], datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "shown"),
    [(LAST_CLOSES - timedelta(seconds=1), False), (LAST_CLOSES, True)],
)
def test_r21_after_the_last_visit_is_once_it_has_closed(now: datetime, *, shown: bool) -> None:
    assert sees("after the last visit", lived(), now) is shown


def test_r21_a_visit_not_dated_yet_or_dated_from_a_plan_is_still_to_come() -> None:
    later = LAST_CLOSES + timedelta(days=1)
    assert not sees("after the last visit", lived(but="month_12"), later)
    planned = [*lived(but="month_12"), visit("month_12", LAST_CLOSES, provisional=True)]
    assert not sees("after the last visit", planned, later)


def test_r21_whom_nothing_may_be_asked_any_more_has_had_their_last_visit() -> None:
    early = LAST_CLOSES - timedelta(days=200)
    assert not sees("after the last visit", lived(), early)
    assert sees("after the last visit", lived(), early, asked=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scale_has_words_on_participants_pages(language: str) -> None:
    texts = load_texts("pages")
    for instrument in load_instruments().values():
        for scored in instrument.results:
            key = f"page.trend.scale.{scored.code}"
            assert texts.text(key, "zh_CN" if language == "zh_CN" else "en")
