"""What is wrong with the measures a protocol takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pro_service.domain.measures.measuring import Measuring
from pro_service.domain.study.checking.draft import Draft
from pro_service.domain.study.checking.problems import Problem, suggestion


def measuring_problems(draft: Draft) -> Iterator[Problem]:
    """Say which visit or measure is not known or named twice, and who sees what they may not."""
    measuring = draft.coming.measures
    if measuring is None:
        return
    visits = {placed.visit.id: placed.visit for placed in draft.visits}
    for index, at in enumerate(measuring.at):
        path = f"measures.at[{index}]"
        visit = visits.get(at.visit)
        if visit is None:
            mend = suggestion(at.visit, visits)
            yield Problem(f"{path}.visit", "is no visit of this protocol", mend)
        for place, name in enumerate(at.measures):
            if draft.measures is not None and name not in draft.measures:
                mend = suggestion(name, draft.measures)
                yield Problem(f"{path}.measures[{place}]", f"{name} is no known measure", mend)
        for name, count in Counter(at.measures).items():
            if count > 1:
                yield Problem(f"{path}.measures", f"names {name} twice", "Name each once.")
    for name, count in Counter(at.visit for at in measuring.at).items():
        if count > 1:
            yield Problem("measures.at", f"{name} stands in {count} of them", "Make it one.")
    yield from _difference_problems(measuring)
    yield from _reader_problems(draft, measuring)


def _difference_problems(measuring: Measuring) -> Iterator[Problem]:
    for name, beyond in measuring.differs_beyond.items():
        path = f"measures.differs_beyond.{name}"
        if name not in measuring.names:
            mend = suggestion(name, measuring.names)
            yield Problem(path, "is no measure the protocol takes", mend)
        if beyond < 0:
            yield Problem(path, "is below 0", "0: every difference is settled by another reader.")
    if measuring.differs_beyond and measuring.readers_rule != "adjudicated":
        yield Problem(
            "measures.differs_beyond",
            f"stands beside readers_rule = {measuring.readers_rule}",
            "Make it adjudicated, or take the differences away.",
        )


def _reader_problems(draft: Draft, measuring: Measuring) -> Iterator[Problem]:
    scores = () if draft.study is None else draft.study.scores_visible_to
    for index, role in enumerate(measuring.beside_scores):
        for key, readers in (("measures.visible_to", measuring.visible_to),
                             ("study.scores_visible_to", scores)):  # fmt: skip
            if draft.study is not None and role not in readers:
                yield Problem(
                    f"measures.beside_scores[{index}]",
                    f"{role} is not among {key}",
                    "Name the role there too, or take it away here.",
                )
    if measuring.beside_scores_after and not measuring.beside_scores:
        yield Problem(
            "measures.beside_scores_after",
            "says when, and nobody sees both",
            "Name the roles in beside_scores, or take the key away.",
        )
