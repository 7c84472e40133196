"""A protocol document as far as it has its shape, and what its rules say of words and names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pro_service.domain.instruments.model import Instrument, Words
from pro_service.domain.measures.model import Measure
from pro_service.domain.study.checking.problems import Problem, suggestion
from pro_service.domain.study.coming import NOTHING_COMING, Coming
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import (
    InstrumentUse,
    Messaging,
    Safety,
    Study,
    VisitDefinition,
)


class Placed(NamedTuple):
    """A visit definition and its path in the document."""

    path: str
    visit: VisitDefinition
    dated: bool = True
    """Whether target and window are as written; if not, nothing is said about its days."""


class Draft(NamedTuple):
    """All of a document that has its shape; what has not is None or absent."""

    study: Study | None
    events: Mapping[EventKind, int] | None
    messaging: Messaging | None
    safety: Safety | None
    uses: Mapping[str, InstrumentUse]
    visits: tuple[Placed, ...]
    instruments: Mapping[str, Instrument]
    coming: Coming = NOTHING_COMING
    measures: Mapping[str, Measure] | None = None
    """None: whatever a name of a measure is, it is taken as known."""


def word_problems(draft: Draft, words: Words, path: str) -> Iterator[Problem]:
    """Say where a text lacks one of the study's languages."""
    if draft.study is None:
        return
    for language in draft.study.languages:
        if not words.get(language, "").strip():
            yield Problem(
                f"{path}.{language}",
                "is missing, though the study declares this language",
                "Add the words, or take the language out of study.languages.",
            )


def name_problems(draft: Draft, name: str, path: str) -> Iterator[Problem]:
    """Say so if an instrument of this name is not known."""
    if name not in draft.instruments:
        yield Problem(path, f"{name} is no known instrument", suggestion(name, draft.instruments))
