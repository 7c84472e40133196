"""What protocol and plan files have in common: how they are read, refused, and hashed.

The hash is of the content (keys sorted, written as canonical JSON), not of the bytes: comments
and re-formatting make no new version; any change of a value does, and so does the order of lists.
A key left out is no part of the content, so a key that a later release adds changes no hash.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.checking.problems import Problem


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
