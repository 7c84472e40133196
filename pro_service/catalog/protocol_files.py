"""Reads a protocol from TOML, checks it, and gives it the hash that names its version."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from pro_service.catalog.documents import (
    DocumentFileError,
    content_hash,
    parse_text,
    read_text,
    refuse_controls,
)
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.measure_files import load_measures
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.protocol_check import check_protocol

EXAMPLE = "knee_oa_ucmsc.toml"


class ProtocolFileError(DocumentFileError):
    """The protocol file has mistakes."""


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
    text = read_text(path, ProtocolFileError)
    refuse_controls(text, path.name, ProtocolFileError)
    return read_protocol(text, instruments, source=path.name)


def read_protocol(
    text: str, instruments: Mapping[str, Instrument] | None = None, *, source: str = "protocol"
) -> LoadedProtocol:
    """Check a protocol's text, for example one kept in the database; `source` names it in errors.

    Raises ProtocolFileError.
    """
    document = parse_text(text, source, ProtocolFileError)
    known = load_instruments() if instruments is None else instruments
    protocol, problems = check_protocol(document, known, load_measures())
    if protocol is None:
        raise ProtocolFileError(source, problems)
    return LoadedProtocol(protocol, text, content_hash(document))
