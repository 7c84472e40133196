"""Participants: by code, never who they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import EventKind, Status, Target
from pro_service.web.api.models.base import (
    LONGEST_CODE,
    Instant,
    Model,
    Page,
    PageQuery,
    checked_day,
    checked_instant,
)

Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]
YesNo = Literal["yes", "no"]


class ParticipantsQuery(PageQuery):
    """Which participants."""

    site: Annotated[Code | None, Field(description="Only those who are at this site.")] = None


class Participant(Model):
    """A participant as far as the key's sites see them."""

    id: Annotated[str, Field(description="What webhooks tell of; opens the same address.")]
    code: str
    site: Annotated[
        str, Field(description="Where they are; of who has left, where they were last.")
    ]
    present: Annotated[bool, Field(description="Whether they are at a site of the key's now.")]
    restricted: Annotated[
        bool, Field(description="Whether nothing more is handed out of their record (R17).")
    ]
    status: Status | None
    enrolled_at: Instant
    language: str
    channel: str
    zone: str
    treated_knees: list[str]
    protocol: Annotated[str, Field(description="Label of the protocol version they are under.")]


class Participants(Page):
    """A page of participants, by code."""

    items: list[Participant]


class Enrolment(Model):
    """One row of the enrolment file: the same columns, checked by the same rules."""

    code: Code
    site: Code
    phone: Annotated[str, Field(max_length=LONGEST_CODE, description="E.164; kept sealed.")]
    language: Language
    zone: Annotated[str, Field(max_length=LONGEST_CODE, description="IANA name of their zone.")]
    channel: Literal["text", "link"]
    consent_version: Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]
    consent_on: date
    messaging_consent: YesNo
    treated_knees: Literal["left", "right", "both"]
    planned_injection_on: date | None = None
    year_of_birth: Annotated[str | None, Field(pattern=r"^\d{4}$")] = None
    cross_border_consent: YesNo | None = None
    caregiver_consent: YesNo | None = None
    reason: Annotated[str | None, Field(max_length=2000)] = None
    """Why, where a row needs one."""


class Enrolled(Model):
    """Who was enrolled."""

    code: str


class Assessment(Model):
    """One instrument asked at a visit about one knee, or the person."""

    id: str
    instrument: str
    target: Target
    state: Annotated[str, Field(description="Derived from facts and study time at each reading.")]


class Visit(Model):
    """A visit with its window."""

    definition: str
    occurrence: int
    opens_at: Instant
    target_on: date
    closes_at: Instant | None
    provisional: Annotated[bool, Field(description="Dated from an event that is only planned.")]
    attended_on: date | None
    asks: list[Assessment]


class Schedule(Model):
    """The visits of a participant, in the order in which they open; superseded ones left out."""

    items: list[Visit]


class Event(Model):
    """One word on an event; the last on a kind and number holds."""

    kind: EventKind
    ordinal: int
    target: Target | None
    planned_on: date | None
    occurred_at: Instant | None
    recorded_at: Instant
    actor: str


class StatusSince(Model):
    """A status, from an instant on."""

    status: Status
    effective_at: Instant
    actor: str


class Events(Model):
    """Every word on every event of a participant, and every status, oldest first."""

    items: list[Event]
    statuses: list[StatusSince]


class EventBody(Model):
    """An event to record: planned for a day, or happened at an instant. Exactly one of the two."""

    kind: EventKind
    ordinal: Annotated[int, Field(ge=1, le=100)] = 1
    planned_on: Annotated[date | None, AfterValidator(checked_day)] = None
    occurred_at: Annotated[
        AwareDatetime | None,
        AfterValidator(checked_instant),
        Field(description="With an offset: 2026-11-27T08:00:00+08:00."),
    ] = None
    reason: Annotated[str, Field(pattern=r"\S", max_length=2000, description="Why; kept sealed.")]

    @model_validator(mode="after")
    def _one_of_two(self) -> EventBody:
        if (self.planned_on is None) == (self.occurred_at is None):
            raise ValueError("give exactly one of planned_on and occurred_at")
        return self


class EventRecorded(Model):
    """What was recorded."""

    code: str
    kind: EventKind
    ordinal: int
