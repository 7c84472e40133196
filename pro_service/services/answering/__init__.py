"""Answers, whichever way they came, and everything that follows from them."""

from __future__ import annotations

from pro_service.services.answering.answers import (
    AnswersPlan,
    GivenAnswer,
    Sitting,
    UnknownAssessmentError,
    empty_document,
    find_assessment,
    plan_answers,
    score_rows,
    sitting_goes_on,
    standing_answers,
)
from pro_service.services.answering.asking import (
    OpenQuestion,
    agenda,
    as_offered,
    is_open,
    open_questions,
    text_context,
    urgent_parts,
)
from pro_service.services.answering.baselines import read_baselines

__all__ = [
    "AnswersPlan",
    "GivenAnswer",
    "OpenQuestion",
    "Sitting",
    "UnknownAssessmentError",
    "agenda",
    "as_offered",
    "empty_document",
    "find_assessment",
    "is_open",
    "open_questions",
    "plan_answers",
    "read_baselines",
    "score_rows",
    "sitting_goes_on",
    "standing_answers",
    "text_context",
    "urgent_parts",
]
