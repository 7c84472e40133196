"""The base of every immutable domain record."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value that refuses fields it does not know.

    Errors never echo the input: a record may hold health data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
