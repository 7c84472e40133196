"""What an analysis chooses: records, windows, thresholds, responder; each rule with its authority.

These are the parts of an analysis plan that exports compute by (rule R4 of the trial). A study
that has loaded no plan is computed by thresholds and responder alone, as it was at 216a353.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, Literal

from pydantic import Field

from pro_service.domain.record import Record
from pro_service.domain.study.respondents import Mode, RespondentKind

DomainName = Literal["pain", "function", "patient_global"]
DOMAINS: tuple[DomainName, ...] = ("pain", "function", "patient_global")
Basis = Literal["complete", "partial", "unsent"]
"""What a score was made of: a sitting sent, one that was closed unfinished, or one answered whole
and never sent."""
Preference = Literal["sent before unsent", "scorable first", "nearest the target", "earlier"]
RECORD_CHOICE: Final[tuple[Preference, ...]] = (
    "sent before unsent",
    "scorable first",
    "nearest the target",
    "earlier",
)
"""Which of several sittings is the record, in the order in which it is asked (R3)."""
TO_BE_CONFIRMED: Final = "to be confirmed"
"""What stands for a name where nobody has confirmed a rule yet; an example alone may say it."""


class Authority(Record):
    """On what a rule rests: a publication, or the person who confirmed it for this study."""

    citation: str | None = Field(None, min_length=1)
    confirmed_by: str | None = Field(None, min_length=1)
    confirmed_on: date | None = None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the rule says itself that somebody has still to confirm it."""
        return self.confirmed_by == TO_BE_CONFIRMED


class Threshold(Authority):
    """An improvement from which a change on one scale counts; the bound itself counts."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    instruments: tuple[str, ...] = Field(min_length=1)
    scale: str
    points: Decimal = Field(gt=0)
    on: Literal["0-100", "raw"]
    """Whether the points are of the normalised or of the raw score."""


class ScaleName(Record):
    """A scale of an instrument."""

    instrument: str
    scale: str


class Step(Record):
    """A relative and an absolute improvement, both of which must be reached; bounds count."""

    percent: Decimal = Field(gt=0, le=100)
    points: Decimal = Field(gt=0, le=100)
    """On a scale of 0-100."""


class ResponderRule(Authority):
    """The OMERACT-OARSI responder: `high` in pain or function, or `low` in enough domains."""

    high: Step
    low: Step
    low_domains: int = Field(ge=1, le=len(DOMAINS))
    """In how many of the three domains `low` must be reached."""
    scales: dict[DomainName, tuple[ScaleName, ...]]
    """Which scales speak for a domain; of several, an assessment's own instrument decides."""


class RecordRule(Authority):
    """Which sittings count. All are kept, scored and exported, whatever is said here."""

    choice: tuple[Preference, ...] = RECORD_CHOICE
    """By what one of several sittings becomes the record."""
    unsent: Literal["include", "exclude"]
    """Whether answers count that were given and never sent (R2): a plan must say it."""
    modes: tuple[Mode, ...] = Field(min_length=1)
    """The ways of answering that count (R11)."""
    respondents: tuple[RespondentKind, ...] = Field(min_length=1)
    """Who may have answered for a sitting to count (R11, R25)."""

    @property
    def bases(self) -> frozenset[Basis]:
        """What a score may be made of to count. Unfinished sittings never do."""
        return frozenset({"complete"} if self.unsent == "exclude" else {"complete", "unsent"})

    def admits(self, basis: Basis, mode: str | None, respondent: str | None) -> bool:
        """Whether a score counts that was made of, answered by way of, and answered by these."""
        return basis in self.bases and mode in self.modes and respondent in self.respondents


class AnalysisWindow(Record):
    """The days after a knee's injection (its day is 0) that one analysis visit stands for."""

    visit: str
    """Id of the protocol's visit."""
    target_day: int = Field(ge=0)
    from_day: int | None = Field(None, ge=0)
    to_day: int | None = Field(None, ge=0)
    """First and last day, both counted in; for bounded windows alone."""
    instruments: tuple[str, ...] = ()
    """The instruments it is for; none named means all."""

    def is_for(self, instrument: str) -> bool:
        """Whether it says where this instrument's values belong."""
        return not self.instruments or instrument in self.instruments


class WindowRule(Authority):
    """To which analysis visit a value belongs, whatever visit asked for it."""

    choice: Literal["nearest target", "bounded"]
    """The visit whose target day is nearest (of two equally near, the earlier), or the one whose
    days hold it, and none where no days do."""
    visits: tuple[AnalysisWindow, ...] = ()
    """None named: those the participant's protocol version asks for the instrument at."""


class EndpointRules(Record):
    """Everything about endpoints that is a choice and not arithmetic."""

    thresholds: tuple[Threshold, ...] = ()
    responder: ResponderRule | None = None
    """None: the study tells no responders."""
    records: RecordRule | None = None
    """None: no plan is loaded, and complete sittings count, however and by whomever answered."""
    windows: WindowRule | None = None
    """None: no plan is loaded, and the nearest target day of the protocol decides."""

    def admits(self, basis: Basis, mode: str | None, respondent: str | None) -> bool:
        """Whether a score counts for baseline, change, thresholds, responder and curve."""
        if self.records is None:
            return basis == "complete"
        return self.records.admits(basis, mode, respondent)
