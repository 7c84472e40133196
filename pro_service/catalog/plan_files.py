"""Reads an analysis plan from TOML, checks it, and gives it the hash that names its version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from pro_service.catalog.documents import (
    DocumentFileError,
    content_hash,
    exact_numbers,
    parse_text,
    read_text,
    refuse_controls,
)
from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.endpoints.plan_check import Known, check_plan
from pro_service.domain.instruments.model import Instrument

EXAMPLE = "knee_oa_ucmsc.toml"


class PlanFileError(DocumentFileError):
    """The analysis plan has mistakes."""


class LoadedPlan(NamedTuple):
    """A checked plan, the text it was read from, and the SHA-256 of its content (hex)."""

    plan: AnalysisPlan
    text: str
    content_sha256: str


def example_plan_file() -> Traversable:
    """Return the example study's analysis plan, which ships with the service."""
    return files("pro_service.catalog").joinpath("plans", EXAMPLE)


def load_plan_file(
    path: Path | Traversable, instruments: Mapping[str, Instrument] | None = None
) -> LoadedPlan:
    """Read and check a file against `instruments` (those shipped, if None).

    Raises PlanFileError with everything that is wrong.
    """
    text = read_text(path, PlanFileError)
    refuse_controls(text, path.name, PlanFileError)
    return read_plan(text, instruments, source=path.name)


def read_plan(
    text: str,
    instruments: Mapping[str, Instrument] | None = None,
    *,
    visits: Collection[str] | None = None,
    own_events: Collection[str] | None = None,
    source: str = "plan",
) -> LoadedPlan:
    """Check a plan's text; `source` names it in errors.

    `visits` and `own_events` are the ids of the visits and of the own kinds of events that its
    study's protocol versions have; None: any will do.
    Raises PlanFileError.
    """
    parse_text(text, source, PlanFileError)
    document = exact_numbers(text)
    known = Known(load_instruments() if instruments is None else instruments, visits, own_events)
    plan, problems = check_plan(document, known)
    if plan is None:
        raise PlanFileError(source, problems)
    return LoadedPlan(plan, text, content_hash(document))
