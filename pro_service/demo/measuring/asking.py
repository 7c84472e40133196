"""The trial's own question, asked of the simulated study, beside what the answer must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pro_service.demo.measuring.exams import Examinee
from pro_service.demo.measuring.keeping import ACTOR, Office
from pro_service.demo.measuring.truth import (
    LAYER,
    MEASURE,
    MS_A_POINT,
    REGION,
    SCORE,
    Truth,
    truth_of,
)
from pro_service.demo.proof import Check
from pro_service.domain.measures.analyses import Figure
from pro_service.services.measuring import correlating
from pro_service.services.measuring.correlating import Asked, Found, Looking, Wish
from pro_service.store.base import operations

ENOUGH: Final = 20
"""Participants with two pairs from whom an interval is held against the truth: of fewer a bootstrap
over participants is too narrow to be believed."""
CLAIM: Final = "the interval of scores beside images covers the truth"


class Answered(NamedTuple):
    """What was found, and what must be found."""

    found: Found
    truth: Truth | None
    repeated: int
    """How many participants have a knee with two pairs."""

    @property
    def figure(self) -> Figure:
        """Within knees over time."""
        return self.found.analyses[0].figures[0]

    @property
    def check(self) -> Check:
        """Whether the interval covers the truth; nothing is looked at where too few have pairs."""
        drawn = self.figure.interval
        if self.truth is None or drawn.low is None or drawn.high is None or self.repeated < ENOUGH:
            return Check(CLAIM, 0, 0)
        covered = drawn.low <= self.truth.correlation <= drawn.high
        return Check(CLAIM, len(self.found.pairing.pairs), int(not covered))

    def as_report(self) -> dict[str, float]:
        """The figures, for a report: what measures were made by, what must be found, what was."""
        estimate, drawn = self.figure.estimate, self.figure.interval
        told = {
            "made ms a point": MS_A_POINT,
            "participants": self.found.participants,
            "pairs": len(self.found.pairing.pairs),
            "true r": None if self.truth is None else self.truth.correlation,
            "true slope": None if self.truth is None else self.truth.slope,
            "r": estimate.r,
            "low": drawn.low,
            "high": drawn.high,
            "slope": estimate.slope,
        }
        return {name: round(one, 6) for name, one in told.items() if one is not None}


async def ask(office: Office, examinees: Sequence[Examinee]) -> Answered:
    """Set pain beside UTE T2*, over time within knees; kept as a run, like any other."""
    connection, context, study_id = office.connection, office.context, office.study_id
    looking = Looking(
        study_id=study_id,
        names=(),
        kind=await operations.get_database_kind(connection),
        now=await operations.get_study_time(connection),
        protocol=await correlating.newest_protocol(connection, context, study_id),
        seen=False,
    )
    asked = Asked(SCORE, MEASURE, REGION, LAYER)
    terms = correlating.read_question(context.catalogue, looking.protocol, asked)
    found = await correlating.find(connection, context, looking, terms, Wish())
    await correlating.record(connection, study_id, found, ACTOR)
    known: Mapping[str, Examinee] = {one.persona.code: one for one in examinees}
    return Answered(found, truth_of(found.pairing.pairs, known), _repeated(found))


def _repeated(found: Found) -> int:
    pairs = found.pairing.pairs
    knees = [one.score.of for one in pairs]
    return len({one.code for one in knees if knees.count(one) > 1})
