"""What is stored of an attempt is enough to get its scores again, for every instrument."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.instruments.model import Instrument
from pro_service.services.answering.rescoring import recompute
from pro_service.services.answering.scores import Place, score_rows
from pro_service.store.answering.rescoring import RescoringWrite, SittingAnswer, StandingScore
from pro_service.store.ids import new_id

INSTRUMENTS = load_instruments()
SCORABLE = [instrument for instrument in INSTRUMENTS.values() if instrument.scales]


@st.composite
def attempts(draw: st.DrawFn) -> tuple[Instrument, dict[str, int | None]]:
    """Answers to any instrument: values, gaps, and items never reached."""
    instrument = draw(st.sampled_from(SCORABLE))
    answers: dict[str, int | None] = {}
    for item in instrument.items:
        kind = draw(st.sampled_from(["value", "value", "value", "value", "gap", "not reached"]))
        if kind != "not reached":
            number = st.integers(item.minimum, item.maximum)
            answers[item.code] = draw(number) if kind == "value" else None
    return instrument, answers


@given(attempts())
def test_a_score_recomputed_from_stored_responses_is_the_stored_one(
    case: tuple[Instrument, dict[str, int | None]],
) -> None:
    instrument, answers = case
    attempt_id = new_id()
    stored = [
        StandingScore(
            **{name: value for name, value in vars(row).items() if name in StandingScore._fields},
            visit="week_2",
            target="left_knee",
        )
        for row in score_rows(
            instrument, answers, Place(new_id(), attempt_id, "test"), basis="complete"
        )
    ]
    responses = [SittingAnswer(attempt_id, code, v, new_id()) for code, v in answers.items()]
    found = recompute(INSTRUMENTS, "K-001", stored, responses, actor="test")
    assert (found.write, found.differences) == (RescoringWrite(), [])
    assert found.scores == len(instrument.results)


@given(attempts())
def test_stored_scores_have_twelve_places_and_lie_in_their_range(
    case: tuple[Instrument, dict[str, int | None]],
) -> None:
    for row in score_rows(*case, Place(new_id(), new_id(), "test"), basis="complete"):
        if row.raw is not None:
            assert isinstance(row.raw, Decimal)
            assert row.raw.as_tuple().exponent == -12
            assert row.lowest <= row.raw <= row.highest
