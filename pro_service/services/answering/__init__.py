"""Answers, whichever way they came, and everything that follows from them."""

from __future__ import annotations

from pro_service.services.answering.answers import (
    AnsweringCase,
    AnswersPlan,
    Entered,
    GivenAnswer,
    Sitting,
    declining,
    plan_answers,
)
from pro_service.services.answering.asking import (
    OpenQuestion,
    agenda,
    allowed_this_way,
    as_offered,
    instrument_as_used,
    is_open,
    open_questions,
    owed_now,
    text_context,
    urgent_parts,
)
from pro_service.services.answering.baselines import read_baselines
from pro_service.services.answering.finding import UnknownAssessmentError, find_assessment
from pro_service.services.answering.scores import Place, score_rows
from pro_service.services.answering.unwell import Unwell, plan_unwell

__all__ = [
    "AnsweringCase",
    "AnswersPlan",
    "Entered",
    "GivenAnswer",
    "OpenQuestion",
    "Place",
    "Sitting",
    "UnknownAssessmentError",
    "Unwell",
    "agenda",
    "allowed_this_way",
    "as_offered",
    "declining",
    "find_assessment",
    "instrument_as_used",
    "is_open",
    "open_questions",
    "owed_now",
    "plan_answers",
    "plan_unwell",
    "read_baselines",
    "score_rows",
    "text_context",
    "urgent_parts",
]
