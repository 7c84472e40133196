"""Reads a protocol from TOML, checks it, and gives it the hash that names its version.

The hash is of the content (keys sorted, written as canonical JSON), not of the bytes: comments
and re-formatting make no new version; any change of a value does, and so does the order of visits.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import time
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.protocol_check import Problem, check_protocol

EXAMPLE = "knee_oa_ucmsc.toml"


class ProtocolFileError(ProServiceError):
    """The protocol file has mistakes."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        """Join the problems into one message, a line each, under the file's name."""
        noun = "problem" if len(problems) == 1 else "problems"
        lines = [f"{source}: {len(problems)} {noun}", *(str(problem) for problem in problems)]
        super().__init__("\n".join(lines))
        self.source = source
        self.problems = problems


class LoadedProtocol(NamedTuple):
    """A checked protocol, the text it was read from, and the SHA-256 of its content (hex)."""

    protocol: Protocol
    text: str
    content_sha256: str


def example_protocol_file() -> Traversable:
    """Return the example study that ships with the service."""
    return files("pro_service.catalog").joinpath("protocols", EXAMPLE)


def load_protocol_file(
    path: Path | Traversable, instruments: Mapping[str, Instrument] | None = None
) -> LoadedProtocol:
    """Read and check a file against `instruments` (those shipped, if None).

    Raises ProtocolFileError with everything that is wrong.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise ProtocolFileError(
            path.name, (Problem("file", f"cannot be read ({why})", "Check the path."),)
        ) from error
    except UnicodeDecodeError as error:
        raise ProtocolFileError(
            path.name, (Problem("file", "is not UTF-8 text", "Save it as UTF-8."),)
        ) from error
    return read_protocol(text, instruments, source=path.name)


def read_protocol(
    text: str, instruments: Mapping[str, Instrument] | None = None, *, source: str = "protocol"
) -> LoadedProtocol:
    """Check a protocol's text, for example one kept in the database; `source` names it in errors.

    Raises ProtocolFileError.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser's own words name the line and column.
        problem = Problem("file", f"is not TOML: {error}", "Mend the line named.")
        raise ProtocolFileError(source, (problem,)) from error
    known = load_instruments() if instruments is None else instruments
    protocol, problems = check_protocol(document, known)
    if protocol is None:
        raise ProtocolFileError(source, problems)
    return LoadedProtocol(protocol, text, content_hash(document))


def content_hash(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a parsed document, in hex, whatever its layout was."""
    canonical = json.dumps(
        document, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=_plain
    )
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _plain(value: object) -> str:
    """Write a TOML time or date as JSON text; 18:30 and 18:30:00 are the same hour."""
    return value.isoformat("minutes") if isinstance(value, time) else str(value)
