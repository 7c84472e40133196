"""Reads measures from TOML, one file per version, and says everything wrong with one at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pro_service.catalog.documents import (
    DocumentFileError,
    exact_numbers,
    parse_text,
    read_text,
    refuse_controls,
)
from pro_service.domain.measures.checking import check_measure
from pro_service.domain.measures.model import Measure
from pro_service.domain.study.checking.problems import Problem

_SUFFIX: Final = ".toml"


class MeasureFileError(DocumentFileError):
    """The measure's file has mistakes."""


@cache
def load_measures() -> Mapping[str, Measure]:
    """Return every measure shipped with the service, by id, sorted; read once per process.

    Raises MeasureFileError.
    """
    folder = files("pro_service.catalog").joinpath("measures")
    found = sorted((f for f in folder.iterdir() if f.name.endswith(_SUFFIX)), key=lambda f: f.name)
    loaded = (load_measure_file(file) for file in found)
    return MappingProxyType({measure.id: measure for measure in loaded})


def load_measure_file(path: Path | Traversable) -> Measure:
    """Read and check one file; its name must be the measure's id.

    Raises MeasureFileError with everything that is wrong.
    """
    text = read_text(path, MeasureFileError)
    refuse_controls(text, path.name, MeasureFileError)
    parse_text(text, path.name, MeasureFileError)
    document = exact_numbers(text)
    measure, problems = check_measure(document)
    named = document.get("id")
    if isinstance(named, str) and path.name != named + _SUFFIX:
        problems += (Problem("id", "is not the file's name", f"Name the file {named}{_SUFFIX}."),)
    if measure is None or problems:
        raise MeasureFileError(path.name, problems)
    return measure


@cache
def measure_hash(measure_id: str) -> str:
    """The hash of a shipped measure's definition, which its values bear; KeyError if unknown."""
    return definition_hash(load_measures()[measure_id])


def definition_hash(measure: Measure) -> str:
    """Return the SHA-256, in hex, of a definition's canonical JSON.

    Keys left at their default do not count: a release that adds a key changes no hash.
    """
    canonical = json.dumps(
        measure.model_dump(mode="json", exclude_defaults=True),
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
