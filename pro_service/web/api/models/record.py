"""What was asked, answered, scored, measured, raised and sent: never a text's words."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from pro_service.domain.study.facts import Target
from pro_service.domain.study.reaching.call_outcomes import CallOutcome
from pro_service.web.api.models.base import Instant, Model, Page, checked_day


class Sitting(Model):
    """One sitting: how, by whom and when it was answered; never what."""

    id: str
    assessment: str
    instrument: str
    target: Target
    definition: str
    occurrence: int
    mode: str
    respondent: str
    started_at: Instant
    submitted_at: Instant | None
    stands: Annotated[
        str | None,
        Field(description="Why it is the record of its assessment; null: another is, or none."),
    ]
    for_good: Annotated[bool, Field(description="Whether that was chosen once, at closing.")]


class Sittings(Model):
    """The sittings of a participant, in the order in which they were begun."""

    items: list[Sitting]


class Score(Model):
    """One scale's score of one sitting, as last written; decimals are text, exact."""

    sitting: str
    instrument: str
    target: Target
    definition: str
    occurrence: int
    basis: str
    scale: str
    raw: str | None
    normalised: str | None
    lowest: int
    highest: int
    answered: int
    substituted: int
    absent_reason: str | None


class Scores(Model):
    """The scores of a participant."""

    items: list[Score]


class MeasuredValue(Model):
    """The value that stands of a measure, or why there is none."""

    measure: str
    version: str
    target: Target
    region: str | None
    layer: str | None
    definition: str | None
    occurrence: int | None
    measured_on: date
    value: str | None
    gap: str | None


class Measures(Model):
    """The values that stand of a participant's measures, by the protocol's rule for readers."""

    items: list[MeasuredValue]


class Message(Model):
    """A text that was sent, or was not and why; never its words."""

    kind: str
    template: str
    state: str
    state_reason: str | None
    segments: int
    at: Instant


class Messages(Model):
    """The texts to a participant, oldest first."""

    items: list[Message]


class Alert(Model):
    """An alert, and how far it has come."""

    id: str
    participant: str
    rule: str
    severity: str
    raised_at: Instant
    seen_at: Instant | None
    assessed_at: Instant | None
    verdict: str | None
    closed_at: Instant | None
    assessment: str | None


class Alerts(Page):
    """A page of alerts, in the order in which they were raised."""

    items: list[Alert]


class Call(Model):
    """A call that is wanted, and what came of it in one word."""

    id: str
    participant: str
    reason: str
    created_at: Instant
    closes_at: Instant | None
    closed_at: Instant | None
    outcome: str | None


class CallBody(Model):
    """What came of a call. Where several telephones may have been rung it is said at the desk."""

    outcome: CallOutcome
    note: Annotated[str, Field(pattern=r"\S", max_length=2000, description="Kept sealed.")]
    day: Annotated[
        date | None,
        AfterValidator(checked_day),
        Field(description="By which day they answer, until when they rest, or when it happened."),
    ] = None


class CallClosed(Model):
    """A call that was closed."""

    id: str
    outcome: CallOutcome
    comes_back_at: Annotated[
        Instant | None, Field(description="When it is wanted again; null: at no set time.")
    ]


class Calls(Page):
    """A page of calls, in the order in which they were wanted."""

    items: list[Call]
