"""The steps of an alert, and what an assessment may say (R9)."""

from __future__ import annotations

from itertools import product
from uuid import UUID

import pytest

from pro_service.domain.study.follow_up.alert_steps import (
    AlertFacts,
    AlertStage,
    AssessmentFacts,
    LogReferenceError,
    Verdict,
    VerdictError,
    check_assessment,
    is_unmatched,
    may_close,
    stage_of,
)


def given(verdict: Verdict, reference: str | None = None) -> AssessmentFacts:
    return AssessmentFacts(id=UUID(int=1), verdict=verdict, reference=reference)


def test_an_alert_is_raised_seen_assessed_and_closed_in_this_order() -> None:
    stages = [
        stage_of(seen=seen, assessed=assessed, acted=acted)
        for seen, assessed, acted in (
            (False, False, False),
            (True, False, False),
            (True, True, False),
            (True, True, True),
            (True, False, True),
        )
    ]
    assert stages == list(AlertStage)


@pytest.mark.parametrize("reference", ["AE-014", "SAE 3/2026", "a", "2026.11_7#2"])
def test_a_reference_is_taken_for_an_event(reference: str) -> None:
    for verdict in (Verdict.ae, Verdict.sae):
        said = check_assessment(verdict, f" {reference} ")
        assert (said.verdict, said.reference) == (verdict, reference)


@pytest.mark.parametrize("reference", ["-1", "王医生", "a\nb", "x" * 41, "AE;1", "=1+1"])
def test_words_are_no_reference(reference: str) -> None:
    with pytest.raises(LogReferenceError):
        check_assessment("ae", reference)


def test_no_event_has_no_reference_and_nothing_else_is_a_verdict() -> None:
    assert check_assessment("no_ae", "  ").reference is None
    with pytest.raises(LogReferenceError):
        check_assessment("no_ae", "AE-1")
    for verdict in ("", "AE", "perhaps"):
        with pytest.raises(VerdictError):
            check_assessment(verdict, "")


def test_an_alert_is_closed_once_assessed_and_an_event_once_its_reference_is_there() -> None:
    for assessed, closes in (
        ((), False),
        ((given(Verdict.no_ae),), True),
        ((given(Verdict.ae),), False),
        ((given(Verdict.ae, "AE-1"),), True),
        ((given(Verdict.no_ae), given(Verdict.sae)), False),
        ((given(Verdict.sae), given(Verdict.sae, "AE-1")), True),
    ):
        facts = AlertFacts(seen=True, acted=False, assessments=assessed)
        assert may_close(facts) is closes
        assert not may_close(facts.model_copy(update={"acted": True}))


def test_what_lacks_assessment_or_reference_is_unmatched_but_for_the_time_before() -> None:
    for stage, verdict, reference in product(AlertStage, (None, *Verdict), (None, "AE-1")):
        expected = stage is not AlertStage.acted_before and (
            verdict is None or (verdict is not Verdict.no_ae and reference is None)
        )
        assert is_unmatched(stage, verdict, reference) is expected
