"""Keys for rules the service does not act upon yet; who enters, who is told, who consents anew.

Each names the rule of the trial it is for, in its record's first line. They are checked as all
others are, so that a study written today need not be written anew. That nothing acts upon them yet
is said by `pro-service protocol check`; `NOT_YET` lists them. Absent, every one of them means what
the service did at 216a353.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, Literal

from pydantic import Field

from pro_service.domain.instruments.model import Words
from pro_service.domain.measures.measuring import Measuring
from pro_service.domain.record import Record
from pro_service.domain.study.consenting.versions import ConsentVersion

EnteringRole = Literal["coordinator", "investigator", "data_manager"]
"""Roles a protocol may let enter answers; a monitor reads."""
NOT_YET: Final[Mapping[str, str]] = {
    "own_event.asked_before": "participants are asked for it before an instrument (R24)",
    "source_system": "another system writes answers (R22)",
}
"""Keys nothing acts upon yet, with what they are for; `*` is any name, a list all its tables."""


class Entry(Record):
    """R6: who may enter what a participant said or wrote; never who injects, rates or is unblinded.

    Absent: nobody enters answers.
    """

    roles: tuple[EnteringRole, ...] = Field(min_length=1)
    never: tuple[Literal["injects", "rates", "knows_allocation"], ...] = (
        "injects",
        "rates",
        "knows_allocation",
    )
    """Duties that exclude a person whatever their role; all three, always."""


class EscalationStep(Record):
    """Whom an urgent alert goes to when so many minutes have passed without anybody taking it."""

    after_minutes: int = Field(ge=0, le=7 * 24 * 60)
    tell: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Of whom is on duty there, `deputy`, a role, or (any other name) whoever is first. Outside the
    site a role held in the whole study, or (any other name) everybody who holds one."""
    outside_the_site: bool = False


class Escalation(Record):
    """R9, R10: how staff are told of an urgent alert, until an investigator has assessed it.

    Absent: `safety.escalate_after_hours` alone.
    """

    hold_minutes: int = Field(ge=5, le=24 * 60)
    """How long "I take this" holds the next step back."""
    steps: tuple[EscalationStep, ...] = Field(min_length=1)


class StaffReply(Record):
    """R7: one reply staff may send into a conversation. Absent: they send none."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    words: Words


class OwnEvent(Record):
    """R24: a kind of event of the study's own, entered by staff. Absent: the known kinds alone."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Words
    per_knee: bool = False
    lasts: bool = False
    """It has a first and a last day, not one."""
    dose_unit: str | None = Field(None, min_length=1)
    """The unit of its dose; None: it has no dose."""
    asked_before: tuple[str, ...] = ()
    """Instruments before which participants are asked for it: not acted upon yet."""
    hours_before: int | None = Field(None, ge=1, le=24 * 366)
    """How far back that question reaches."""
    flagged: bool = False
    """It is flagged in exports for the analysis."""
    alert: Literal["harm", "hospital"] | None = None
    """R9: entering it opens the step of an alert: an operation, a fall, another injection (harm),
    or a stay in hospital. None: it does not."""


class SourceSystem(Record):
    """R22: the other system that may write answers. Absent: none may."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,39}$")
    instruments: tuple[str, ...] = Field(min_length=1)


class Tablet(Record):
    """R12: a tablet of the site's is handed over for one sitting. Absent: never."""

    instruments: tuple[str, ...] = Field(min_length=1)
    idle_minutes: int = Field(10, ge=1, le=10)
    """How long it may lie untouched before the sitting ends."""


class ScaleChange(Record):
    """A raw score at least so far from what it was at the visit before raises a data query.

    Of the same knee, where both can be scored, when the visit is settled.
    """

    instrument: str
    scale: str
    at_least: int = Field(ge=1, le=10_000)


class DataQueries(Record):
    """What raises a data query by itself, beside what is always looked at. Absent: nothing more."""

    under_seconds: int | None = Field(None, ge=1, le=3600)
    """A questionnaire of several questions, on a page, sent in sooner than this after its first
    answer was kept; None: however soon."""
    change: tuple[ScaleChange, ...] = ()
    unverified: bool = False
    """Paper that is typed twice (`second_entry`) and not verified when its visit is settled."""


class DataCut(Record):
    """R20: before it nobody looks at groups. Absent: no cut is named."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    on: date | None = None
    """The day on which it is made."""
    visit: str | None = None
    """Or: when this visit is over for everybody."""


class SignatureMeaning(Record):
    """What a signature may mean, in words. Without any: reviewed, and reviewed with gaps."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Words


class Coming(Record):
    """All of these together, by the document's keys."""

    entry: Entry | None = None
    escalation: Escalation | None = None
    reply: tuple[StaffReply, ...] = ()
    own_event: tuple[OwnEvent, ...] = ()
    source_system: SourceSystem | None = None
    tablet: Tablet | None = None
    data_query: DataQueries | None = None
    data_cut: tuple[DataCut, ...] = ()
    consent_version: tuple[ConsentVersion, ...] = ()
    measures: Measuring | None = None
    signature_meaning: tuple[SignatureMeaning, ...] = ()


NOTHING_COMING: Final = Coming()


def not_yet(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a parsed document that nothing acts upon yet, with what they are for."""
    for place, purpose in NOT_YET.items():
        for found in _places(document, place.split("."), ()):
            yield found, purpose


def _places(document: object, path: list[str], before: tuple[str, ...]) -> Iterator[str]:
    if not path:
        yield ".".join(before)
        return
    if isinstance(document, Mapping):
        names = list(document) if path[0] == "*" else [path[0]]
        for name in names:
            if name in document:
                yield from _places(document[name], path[1:], (*before, name))
    if isinstance(document, list):
        for index, one in enumerate(document):
            yield from _places(one, path, (*before[:-1], f"{before[-1]}[{index}]"))
