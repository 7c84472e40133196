"""The states of what was asked, as every room shows them: shape, letter and word."""

from __future__ import annotations

from pro_service.domain.study.assessments import AssessmentState
from pro_service.web.desk.words import SHAPES, Words


def legend(words: Words) -> list[dict[str, str]]:
    """Every state with its shape, letter and word."""
    return [state_values(words, state) for state in AssessmentState]


def state_values(words: Words, state: AssessmentState) -> dict[str, str]:
    """One state: shape and letter for the eye, the word for everybody."""
    return {
        "code": state.value,
        "shape": SHAPES[state],
        "letter": words.text(f"letter.{state.value}"),
        "word": words.text(f"state.{state.value}"),
    }
