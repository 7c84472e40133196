"""The proof sees what is missing, doubled, changed, or wrongly counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.demo.ledger import SentAnswer
from pro_service.demo.proof import Books, Check, Proof, compare_books, compare_scores
from pro_service.store.demo.demo import StoredAnswer, StoredScore

ASSESSMENT = UUID(int=1)
OTHER = UUID(int=2)
SITTING = UUID(int=3)


def sent(value: int, item: str = "pain", *, page: UUID | None = None) -> SentAnswer:
    """An answer by text, or on a page."""
    if page is not None:
        return SentAnswer("K-0001", "link", item, value, None, assessment_id=page)
    return SentAnswer("K-0001", "text", item, value, None, "pain-nrs", "left_knee")


def stored(value: int, item: str = "pain", **changes: Any) -> StoredAnswer:
    """A response that stands."""
    row = StoredAnswer(
        "K-0001",
        ASSESSMENT,
        SITTING,
        "pain-nrs",
        "left_knee",
        item,
        value,
        None,
        sent=True,
        replaced=False,
        stands=True,
    )
    return row._replace(**changes)


def test_equal_books_differ_in_nothing() -> None:
    assert compare_books([sent(4)], [stored(4)]) == Books(0, 0, 0, 0)
    assert compare_books([sent(4, page=ASSESSMENT)], [stored(4)]) == Books(0, 0, 0, 0)


def test_an_answer_that_is_missing_is_lost() -> None:
    assert compare_books([sent(4), sent(5)], [stored(4)]).lost == 1
    assert compare_books([sent(4, page=OTHER)], []).lost == 1


def test_an_answer_stored_twice_is_a_double() -> None:
    again = stored(4, assessment_id=OTHER)
    assert compare_books([sent(4)], [stored(4), again]).doubled == 1


def test_an_answer_nobody_sent_is_a_double() -> None:
    assert compare_books([], [stored(4)]).doubled == 1


def test_another_value_is_a_change() -> None:
    assert compare_books([sent(4)], [stored(5)]).changed == 1


def test_a_correction_leaves_only_the_last_answer_standing() -> None:
    both = [sent(4), sent(6)]
    first = stored(4, replaced=True, stands=False)
    assert compare_books(both, [first, stored(6)]) == Books(0, 0, 0, 0)
    assert compare_books(both, [first._replace(stands=True), stored(6)]).wrongly_standing == 2


def test_every_sitting_has_its_own_standing_answer_and_one_alone() -> None:
    both = [sent(4), sent(6)]
    elsewhere = stored(6, attempt_id=OTHER)
    assert compare_books(both, [stored(4), elsewhere]).wrongly_standing == 0
    assert compare_books(both, [stored(4), stored(6)]).wrongly_standing == 1
    assert compare_books([sent(4)], [stored(4, stands=False)]).wrongly_standing == 1


def test_a_sitting_that_was_not_sent_lends_no_answer_to_one_that_was() -> None:
    four, forty = Decimal("4.000000000000"), Decimal("40.000000000000")
    rows = [StoredScore(ASSESSMENT, "pain-nrs", "pain", four, forty)]
    books = [stored(4), stored(9, attempt_id=OTHER, sent=False)]
    assert compare_scores(load_instruments(), {ASSESSMENT: "pain-nrs"}, books, rows) == 0


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [
        ([("pain", Decimal("4.000000000000"), Decimal("40.000000000000"))], 0),
        ([("pain", Decimal("5.000000000000"), Decimal("50.000000000000"))], 1),
        ([], 1),
        ([("pain", Decimal("4.000000000000"), Decimal("40.000000000000"))] * 2, 1),
    ],
)
def test_a_completed_assessment_has_exactly_the_scores_its_answers_give(
    scores: list[tuple[str, Decimal, Decimal]], wrong: int
) -> None:
    rows = [StoredScore(ASSESSMENT, "pain-nrs", *one) for one in scores]
    found = compare_scores(load_instruments(), {ASSESSMENT: "pain-nrs"}, [stored(4)], rows)
    assert found == wrong


def test_scores_of_an_assessment_that_was_never_completed_are_wrong() -> None:
    rows = [StoredScore(OTHER, "pain-nrs", "pain", Decimal(4), Decimal(40))]
    assert compare_scores(load_instruments(), {}, [], rows) == 1


def test_one_violation_breaks_the_whole_proof() -> None:
    good, bad = Check("a", 1, 0), Check("b", 1, 1)
    assert Proof((good,), doubles=0, losses=0).holds
    assert not Proof((good, bad), doubles=0, losses=0).holds
