"""Which sitting is the record (rule R3): sent, scorable, nearest the target, earlier."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.sittings import (
    Due,
    SittingFacts,
    SittingTimes,
    StandingReason,
    as_if_answered,
    is_settled,
    sitting_facts,
    standing_sitting,
)

WOMAC = load_instruments()["womac-nrs-3.1"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
TARGET = date(2026, 3, 10)
OPENS = datetime(2026, 3, 1, tzinfo=UTC)
CLOSES = datetime(2026, 3, 20, tzinfo=UTC)
OPEN = Due(TARGET, SHANGHAI, None)
CLOSED = Due(TARGET, SHANGHAI, CLOSES)
SCALES = 4


def sitting(ordinal: int, day: int, *, hour: int = 2, **how: Any) -> SittingFacts:
    """A whole sitting on a day of March; `sent` true: at once, or an instant."""
    at = datetime(2026, 3, day, hour, tzinfo=UTC)
    sent = how.pop("sent", None)
    given = {
        "id": UUID(int=ordinal),
        "ordinal": ordinal,
        "started_at": at,
        "sent_at": at if sent is True else sent,
        "last_answer_at": at,
        "answered": 24,
        "scored": SCALES,
        "scales": SCALES,
    }
    return SittingFacts.model_validate(given | how)


def chosen(due: Due, *sittings: SittingFacts) -> tuple[int, str, bool]:
    """The ordinal of the one that stands, why, and whether for good."""
    found = standing_sitting(sittings, due)
    assert found is not None
    return found.id.int, str(found.reason), found.for_good


def test_where_nothing_was_begun_nothing_stands() -> None:
    assert standing_sitting((), OPEN) is None
    assert standing_sitting((), CLOSED) is None


def test_an_only_sitting_stands_whatever_it_holds() -> None:
    assert chosen(OPEN, sitting(1, 5, answered=0, scored=0)) == (1, "only", False)


def test_a_full_sitting_is_not_displaced_by_a_poorer_later_one() -> None:
    """S1: all answered and never sent; days later one number is replied."""
    full, poor = sitting(1, 5), sitting(2, 10, answered=1, scored=0)
    assert chosen(OPEN, full, poor) == (1, "scorable", False)
    assert chosen(CLOSED, full, poor) == (1, "scorable", True)


def test_a_sent_sitting_stands_before_a_fuller_one_that_was_not_sent() -> None:
    sent = sitting(1, 5, sent=True, answered=3, scored=0)
    assert chosen(OPEN, sent, sitting(2, 10)) == (1, "sent", False)


def test_of_two_sent_the_one_that_can_be_scored_stands() -> None:
    poor = sitting(1, 10, sent=True, answered=20, scored=2)
    assert chosen(OPEN, poor, sitting(2, 2, sent=True)) == (2, "scorable", False)


def test_of_two_alike_the_one_nearest_the_target_stands() -> None:
    early, near = sitting(1, 5, sent=True), sitting(2, 11, sent=True)
    assert chosen(OPEN, early, near) == (2, "nearest", False)


def test_days_are_those_of_the_participants_zone() -> None:
    # 17:00 UTC on the 9th is the 10th in Shanghai: the target day itself.
    on_target, day_before = sitting(2, 9, hour=17), sitting(1, 9, hour=2)
    assert chosen(OPEN, on_target, day_before) == (2, "nearest", False)
    london = Due(TARGET, ZoneInfo("Europe/London"), None)
    assert chosen(london, on_target, day_before) == (1, "earlier", False)


def test_the_earlier_stands_where_nothing_else_tells_them_apart() -> None:
    assert chosen(OPEN, sitting(1, 8), sitting(2, 12)) == (1, "earlier", False)


def test_where_neither_can_be_scored_whole_the_fuller_stands() -> None:
    """S3 by half: thirteen answers, then the link is opened again and three are given."""
    thirteen = sitting(1, 5, answered=13, scored=2)
    assert chosen(OPEN, thirteen, sitting(2, 10, answered=3, scored=0)) == (1, "scorable", False)
    assert chosen(OPEN, thirteen, sitting(2, 10, answered=8, scored=2)) == (1, "fuller", False)


def test_where_both_can_be_scored_whole_a_substituted_item_does_not_matter() -> None:
    assert chosen(OPEN, sitting(1, 5), sitting(2, 10, answered=23)) == (2, "nearest", False)


def test_what_comes_after_closing_displaces_nothing() -> None:
    poor = sitting(1, 10, answered=1, scored=0)
    late = sitting(2, 21, sent=True)
    assert chosen(CLOSED, poor, late) == (1, "only", True)


def test_what_was_there_and_is_sent_late_counts_as_it_was_at_closing() -> None:
    full, poor = sitting(1, 5), sitting(2, 19, answered=1, scored=0, sent=CLOSES)
    assert chosen(CLOSED, full, poor) == (1, "scorable", True)
    assert chosen(OPEN, full, poor) == (2, "sent", False)


def test_at_a_missed_visit_the_first_sitting_sent_late_stands() -> None:
    skipped = sitting(1, 10, answered=0, scored=0)
    unsent, first, second = sitting(2, 21), sitting(3, 23, sent=True), sitting(4, 25, sent=True)
    assert chosen(CLOSED, skipped, unsent) == (2, "scorable", False)
    assert chosen(CLOSED, skipped, unsent, second, first) == (3, "late", True)


def test_a_sitting_sent_in_with_nothing_but_gaps_was_there() -> None:
    gaps = sitting(1, 10, answered=0, scored=0, sent=True)
    assert chosen(CLOSED, gaps, sitting(2, 21, sent=True)) == (1, "only", True)


def test_an_instrument_without_scales_is_fuller_or_not() -> None:
    """A safety check has no score, and is no less lost for it."""
    whole = sitting(1, 5, answered=6, scored=0, scales=0)
    part = sitting(2, 10, answered=1, scored=0, scales=0)
    assert chosen(OPEN, whole, part) == (1, "fuller", False)


INSTANTS = st.integers(0, 24 * 28).map(lambda hours: OPENS + timedelta(hours=hours))


@st.composite
def many_sittings(draw: st.DrawFn) -> list[SittingFacts]:
    """Up to five sittings, in the order they were begun."""
    found = []
    for ordinal, started_at in enumerate(sorted(draw(st.lists(INSTANTS, max_size=5))), start=1):
        last = started_at + timedelta(hours=draw(st.integers(0, 24)))
        scored = draw(st.integers(0, SCALES))
        found.append(
            SittingFacts(
                id=UUID(int=draw(st.integers(1, 10**6)) * 10 + ordinal),
                ordinal=ordinal,
                started_at=started_at,
                sent_at=draw(st.none() | st.just(last)),
                last_answer_at=last,
                answered=draw(st.integers(0, 24)) if scored < SCALES else 24,
                scored=scored,
                scales=SCALES,
            )
        )
    return found


DUES = st.sampled_from([OPEN, CLOSED])


@given(many_sittings(), DUES, st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_does_not_matter(
    sittings: list[SittingFacts], due: Due, random: Any
) -> None:
    shuffled = list(sittings)
    random.shuffle(shuffled)
    assert standing_sitting(sittings, due) == standing_sitting(shuffled, due)


@given(many_sittings(), DUES)
def test_where_there_is_any_exactly_one_of_them_stands(
    sittings: list[SittingFacts], due: Due
) -> None:
    found = standing_sitting(sittings, due)
    assert (found is None) == (not sittings)
    assert found is None or [one.id for one in sittings].count(found.id) == 1


@given(many_sittings())
def test_while_the_visit_is_open_nothing_unsent_or_less_scorable_stands_before_another(
    sittings: list[SittingFacts],
) -> None:
    found = standing_sitting(sittings, OPEN)
    by_id = {one.id: one for one in sittings}
    for other in sittings:
        assert found is not None
        stands = by_id[found.id]
        assert (stands.sent_at is not None, stands.scored) >= (
            other.sent_at is not None,
            other.scored,
        )


@given(many_sittings())
def test_what_is_chosen_for_good_at_closing_stays_whatever_comes_later(
    sittings: list[SittingFacts],
) -> None:
    by_then = [one for one in sittings if one.started_at < CLOSES]
    at_closing = [
        one.model_copy(update={"sent_at": None})
        if one.sent_at is not None and one.sent_at >= CLOSES
        else one
        for one in by_then
    ]
    before, after = standing_sitting(at_closing, CLOSED), standing_sitting(sittings, CLOSED)
    if before is not None and before.for_good:
        assert after == before


@given(many_sittings(), DUES)
def test_dropping_one_that_does_not_stand_changes_no_choice(
    sittings: list[SittingFacts], due: Due
) -> None:
    found = standing_sitting(sittings, due)
    for dropped in sittings:
        if found is not None and dropped.id != found.id:
            left = standing_sitting([one for one in sittings if one != dropped], due)
            assert left is not None
            assert left.id == found.id


@given(st.dictionaries(st.sampled_from([item.code for item in WOMAC.items]), st.integers(0, 10)))
def test_whether_scales_can_be_scored_is_told_by_the_items_alone(answers: dict[str, int]) -> None:
    times = SittingTimes(UUID(int=1), 1, OPENS, None, OPENS)
    told = sitting_facts(times, WOMAC, as_if_answered(WOMAC, answers.keys()))
    assert told == sitting_facts(times, WOMAC, dict(answers))


def test_answers_the_instrument_cannot_read_count_as_missing() -> None:
    times = SittingTimes(UUID(int=1), 1, OPENS, None, None)
    facts = sitting_facts(times, WOMAC, {"pain_1": 99, "no_such_item": 1, "pain_2": None})
    assert (facts.answered, facts.scored, facts.last_answer_at) == (0, 0, OPENS)


@pytest.mark.parametrize(
    ("answers", "settled"),
    [
        ({item.code: 1 for item in WOMAC.items}, True),
        ({item.code: None for item in WOMAC.items}, False),
        ({item.code: 1 for item in WOMAC.items[1:]}, False),
        ({item.code: 1 for item in WOMAC.items} | {"pain_1": None}, True),
    ],
)
def test_all_that_was_asked_is_answered_or_left_open_on_purpose(
    answers: dict[str, int | None], settled: bool
) -> None:
    assert is_settled(WOMAC, answers) is settled


def test_every_reason_has_a_word() -> None:
    assert [str(one) for one in StandingReason] == [
        *("only", "sent", "scorable", "fuller", "nearest", "earlier", "late")
    ]
