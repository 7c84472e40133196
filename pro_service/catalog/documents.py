"""What protocol and plan files have in common: how they are read, refused, and hashed.

The hash is of the content (keys sorted, written as canonical JSON), not of the bytes: comments
and re-formatting make no new version; any change of a value does, and so does the order of lists.
A key left out is no part of the content, so a key that a later release adds changes no hash.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.checking.problems import Problem
from pro_service.domain.tables.characters import has_control, without_controls

HOLDS_CONTROL: Final = "holds a control character"
TYPE_ANEW: Final = "Type its text anew."


class DocumentFileError(ProServiceError):
    """The file has mistakes."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        """Join the problems into one message, a line each, under the file's name."""
        noun = "problem" if len(problems) == 1 else "problems"
        lines = [f"{source}: {len(problems)} {noun}", *(str(problem) for problem in problems)]
        super().__init__("\n".join(lines))
        self.source = source
        self.problems = problems


def read_text(path: Path | Traversable, error: type[DocumentFileError]) -> str:
    """Return the text of a file. Raises `error` where it cannot be read or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as found:
        why = found.strerror or "unknown reason"
        raise error(
            path.name, (Problem(path.name, f"cannot be read ({why})", "Check the path."),)
        ) from found
    except UnicodeDecodeError as found:
        raise error(
            path.name, (Problem(path.name, "is not UTF-8 text", "Save it as UTF-8."),)
        ) from found


def parse_text(text: str, source: str, error: type[DocumentFileError]) -> dict[str, Any]:
    """Return the document a text holds. Raises `error` where it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as found:
        # The parser's own words name the line and column.
        problem = Problem(source, f"is not TOML: {found}", "Mend the line named.")
        raise error(source, (problem,)) from found


def places_of_controls(value: object, place: str = "") -> Iterator[str]:
    """The places of a document whose text or key holds a control character.

    TOML and JSON can write one as `\\u0000`; no column of the database can hold that one, and
    nobody sees the others.
    """
    if isinstance(value, str):
        if has_control(value):
            yield place or "file"
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            shown = without_controls(str(key))
            if has_control(str(key)):
                yield f"{place}.{shown}".lstrip(".")
            yield from places_of_controls(inner, f"{place}.{shown}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from places_of_controls(inner, f"{place}[{number}]")


def refuse_controls(text: str, source: str, error: type[DocumentFileError]) -> None:
    """Raise `error` for a new document with a control character in it, naming each place.

    For files as they come in: what was stored before is read as it is.
    """
    places = places_of_controls(parse_text(text, source, error))
    problems = tuple(Problem(place, HOLDS_CONTROL, TYPE_ANEW) for place in places)
    if problems:
        raise error(source, problems)


def exact_numbers(text: str) -> dict[str, Any]:
    """Return the document of a text `parse_text` has read, its decimals as they are written."""
    return tomllib.loads(text, parse_float=Decimal)


def content_hash(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a parsed document, in hex, whatever its layout was."""
    canonical = json.dumps(
        document, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=_plain
    )
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _plain(value: object) -> str:
    """Write a TOML time or date as JSON text; 18:30 and 18:30:00 are the same hour."""
    return value.isoformat("minutes") if isinstance(value, time) else str(value)
