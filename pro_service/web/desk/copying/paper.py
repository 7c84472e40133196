"""What is read without the system: a title, sentences and tables, in whatever form of file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """A table with its heads; each row has as many cells."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


class Part(NamedTuple):
    """One part: a title, sentences, and a table where there is anything to list."""

    title: str
    lines: Sequence[str]
    table: Table | None


class Paper(NamedTuple):
    """All of it, ready to be written in any form."""

    title: str
    lines: Sequence[str]
    parts: Sequence[Part]
