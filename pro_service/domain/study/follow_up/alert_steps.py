"""The steps of an alert (rule R9): seen at the site, assessed by an investigator, closed.

What was acted on before there were three steps stays what it was: `acted_before`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final
from uuid import UUID

from pro_service.domain.conversation.warning.signs import Sign
from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.study.reaching.call_outcomes import DEATH_REPORTED, HOSPITAL_REPORTED

SERIOUS: Final = frozenset(
    {DEATH_REPORTED, HOSPITAL_REPORTED, Sign.death.rule, Sign.hospital.rule, Sign.collapse.rule}
)
"""Rules of alerts that meet a criterion of a serious adverse event as they are told (death, a stay
in hospital, danger to life): an investigator is asked at once, and not after the protocol's hours.
An investigator must confirm the list (R9; E6(R3) 2.7.2(b))."""
REFERENCE: Final = r"[A-Za-z0-9][A-Za-z0-9 .\/_#\-]{0,39}"
"""What a reference in the site's log may look like; words about anybody stand in a note.

Browsers are given it too, and read no slash or hyphen in brackets that is not escaped."""
_REFERENCE: Final = re.compile(REFERENCE)


class Verdict(StrEnum):
    """What an investigator says an alert is."""

    no_ae = "no_ae"
    """No adverse event."""
    ae = "ae"
    """An adverse event."""
    sae = "sae"
    """A serious adverse event."""


class AlertStage(StrEnum):
    """How far an alert has come."""

    raised = "raised"
    """Nobody has looked at it."""
    seen = "seen"
    assessed = "assessed"
    closed = "closed"
    acted_before = "acted_before"
    """Acted on in one step, before there were three."""


class VerdictError(ProServiceError):
    """An alert is no adverse event, one, or a serious one."""


class LogReferenceError(ProServiceError):
    """The reference is not one of a log."""


class AssessmentFacts(Record):
    """An assessment that was given; the latest of an alert stands."""

    id: UUID
    verdict: Verdict
    reference: str | None
    actor: str | None = None


class AlertFacts(Record):
    """What is known of the steps of one alert."""

    seen: bool
    seen_by: str | None = None
    """Who saw it first."""
    acted: bool
    """Whether it left the list: closed, or acted on before there were three steps."""
    acted_by: str | None = None
    held_by: str | None = None
    """Who has taken it for a while that is not over."""
    assessments: tuple[AssessmentFacts, ...] = ()
    """In the order they were given."""

    @property
    def stands(self) -> AssessmentFacts | None:
        """The assessment that stands, if it was assessed."""
        return self.assessments[-1] if self.assessments else None

    @property
    def stage(self) -> AlertStage:
        """How far it has come."""
        return stage_of(seen=self.seen, assessed=bool(self.assessments), acted=self.acted)


class Assessment(Record):
    """What an investigator says an alert is, and where the site's log says more."""

    verdict: Verdict
    reference: str | None


def stage_of(*, seen: bool, assessed: bool, acted: bool) -> AlertStage:
    """Return how far an alert has come; `acted` says that it left the list."""
    if acted:
        return AlertStage.closed if assessed else AlertStage.acted_before
    if assessed:
        return AlertStage.assessed
    return AlertStage.seen if seen else AlertStage.raised


def check_assessment(verdict: str, reference: str) -> Assessment:
    """Return an assessment as it was said; the reference may follow later.

    Raises VerdictError, and LogReferenceError for what is no reference, or is given where there is
    no event.
    """
    if verdict not in Verdict.__members__:
        raise VerdictError
    found, given = Verdict(verdict), reference.strip()
    if given and (found is Verdict.no_ae or not _REFERENCE.fullmatch(given)):
        raise LogReferenceError
    return Assessment(verdict=found, reference=given or None)


def may_close(facts: AlertFacts) -> bool:
    """Tell whether an alert can be closed: it is assessed, and an event has its reference."""
    stands = facts.stands
    if stands is None or facts.acted:
        return False
    return stands.verdict is Verdict.no_ae or stands.reference is not None


def is_unmatched(stage: AlertStage, verdict: Verdict | None, reference: str | None) -> bool:
    """Tell whether an alert still lacks its assessment, or an event its reference in the log.

    What was acted on before there were three steps asks for neither: nobody can know.
    """
    if stage is AlertStage.acted_before:
        return False
    return verdict is None or (verdict is not Verdict.no_ae and reference is None)
