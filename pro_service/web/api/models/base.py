"""What every model of /api/v1 is: frozen, of known fields, with instants in UTC milliseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from pro_service.domain.study.times import check_typed_day

MOST: Final = 100
"""Items on one page, at most."""
LONGEST_CURSOR: Final = 1500
LONGEST_CODE: Final = 200


def in_milliseconds(instant: datetime) -> str:
    """An instant as it goes out everywhere: 2026-11-27T08:00:00.000Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def checked_day(day: date | None) -> date | None:
    """A day somebody may mean. Raises DayRangeError, which pydantic makes a fault of its place."""
    if day is not None:
        check_typed_day(day)
    return day


def checked_instant(instant: datetime | None) -> datetime | None:
    """The same of an instant: its day lies far from where the calendar ends."""
    if instant is not None:
        check_typed_day(instant.date())
    return instant


Instant = Annotated[
    datetime,
    PlainSerializer(in_milliseconds),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""An instant in UTC, with milliseconds and `Z`."""


class Model(BaseModel):
    """A frozen value; fields it does not know are refused, and errors never echo what came in."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NoQuery(Model):
    """An address that takes no query."""


class PageQuery(Model):
    """Which page."""

    after: Annotated[
        str | None,
        Field(
            max_length=LONGEST_CURSOR,
            description="The `next` of the page before; left out: from the beginning.",
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="Items on the page, at most.")] = 50


class Page(Model):
    """One page of a list."""

    next: Annotated[
        str | None,
        Field(description="What `after` is for the next page; null: there is none for now."),
    ]


class Fault(Model):
    """One thing wrong with what was sent."""

    place: Annotated[
        str,
        Field(
            description="Where: `body.kind`, `query.limit`, `header.If-Match`, `path.code`; `path`,"
            " `method` and `body` whole, or `service`: nothing that was sent."
        ),
    ]
    says: Annotated[str, Field(description="What is wrong.")]


class Problem(Model):
    """What went wrong, as RFC 9457 says it."""

    type: Annotated[str, Field(description="A URI for the kind of problem; stable.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What is wrong.")]
    mend: Annotated[str, Field(description="What can be done about it.")]
    errors: Annotated[list[Fault], Field(min_length=1, description="Each place that is wrong.")]
