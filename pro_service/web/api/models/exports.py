"""Exports a program asks for: what it wants, and how far its file has come."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, Field, WithJsonSchema, model_validator

from pro_service.services.exports import FORMATS, TABLES
from pro_service.store.exports.jobs import OwnExport
from pro_service.web.api.models.base import Instant, Model, checked_instant

Progress = Literal["waiting", "making", "made", "failed", "gone"]
_LONGEST_CUT: Final = 40


def _known_table(name: str) -> str:
    """A table by its name; free text is asked for apart."""
    if name not in TABLES:
        raise ValueError(f"Is none of {', '.join(TABLES)}")
    return name


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"Is none of {', '.join(FORMATS)}")
    return name


TableName = Annotated[
    str, AfterValidator(_known_table), WithJsonSchema({"type": "string", "enum": list(TABLES)})
]
FormatName = Annotated[
    str, AfterValidator(_known_format), WithJsonSchema({"type": "string", "enum": list(FORMATS)})
]


class ExportBody(Model):
    """The export that is wanted: of participants at the program's sites, in one ZIP file."""

    tables: Annotated[list[TableName], Field(min_length=1, max_length=len(TABLES))]
    formats: Annotated[list[FormatName], Field(min_length=1, max_length=len(FORMATS))]
    free_text: Annotated[
        bool, Field(description="The table `words` as well, where the protocol lets it leave.")
    ] = False
    as_of: Annotated[
        AwareDatetime | None,
        AfterValidator(checked_instant),
        Field(description="What was known then (study time); null: when the file is made."),
    ] = None
    cut: Annotated[
        str | None, Field(max_length=_LONGEST_CUT, description="Or: as of the data cut so named.")
    ] = None

    @model_validator(mode="after")
    def _one_instant(self) -> ExportBody:
        if self.as_of is not None and self.cut is not None:
            raise ValueError("give one of as_of and cut, for a cut has its own instant")
        return self


class ExportAsked(Model):
    """The export that was asked for: `GET /exports/{id}` says how far it has come."""

    id: str


class Export(Model):
    """An export of the program's own, and how far it has come."""

    id: str
    state: Annotated[
        Progress, Field(description="`gone`: it was made, and kept as long as files are.")
    ]
    done: Annotated[int, Field(description="Participants written, of `total`.")]
    total: int | None
    tables: list[str]
    formats: list[str]
    as_of: Instant | None
    cut: str | None
    asked_at: Instant
    failed: Annotated[str | None, Field(description="What refused it.")]
    file_bytes: int | None
    content_sha256: Annotated[
        str | None, Field(description="Of its SHA256SUMS, as the record has it.")
    ]


def state_of(one: OwnExport) -> Progress:
    """How far a file has come, in one word."""
    if one.failed is not None:
        return "failed"
    if one.ended:
        return "made" if one.kept else "gone"
    return "waiting" if one.total is None else "making"
