"""Thresholds and the responder definition as configuration, each with its source."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from pro_service.domain.record import Record

DomainName = Literal["pain", "function", "patient_global"]
DOMAINS: tuple[DomainName, ...] = ("pain", "function", "patient_global")


class Threshold(Record):
    """An improvement from which a change on one scale counts; the bound itself counts."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    instruments: tuple[str, ...] = Field(min_length=1)
    scale: str
    points: Decimal = Field(gt=0)
    on: Literal["0-100", "raw"]
    """Whether the points are of the normalised or of the raw score."""
    citation: str = Field(min_length=1)


class ScaleName(Record):
    """A scale of an instrument."""

    instrument: str
    scale: str


class Step(Record):
    """A relative and an absolute improvement, both of which must be reached; bounds count."""

    percent: Decimal = Field(gt=0, le=100)
    points: Decimal = Field(gt=0, le=100)
    """On a scale of 0-100."""


class ResponderRule(Record):
    """The OMERACT-OARSI responder: `high` in pain or function, or `low` in enough domains."""

    citation: str = Field(min_length=1)
    high: Step
    low: Step
    low_domains: int = Field(ge=1, le=len(DOMAINS))
    """In how many of the three domains `low` must be reached."""
    scales: dict[DomainName, tuple[ScaleName, ...]]
    """Which scales speak for a domain; of several, an assessment's own instrument decides."""


class EndpointRules(Record):
    """Everything about endpoints that is a choice and not arithmetic."""

    thresholds: tuple[Threshold, ...] = ()
    responder: ResponderRule
