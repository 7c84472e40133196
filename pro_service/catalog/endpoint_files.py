"""Reads the endpoint rules of studies that loaded no analysis plan, as they were at 216a353.

A study with a plan is computed by that (`plan_files.py`), and these are not looked at.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.endpoints.rules import Authority, EndpointRules
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument


class EndpointFileError(ProServiceError):
    """The endpoint rules have mistakes."""


@cache
def load_endpoint_rules() -> EndpointRules:
    """The rules that hold where no plan is loaded. Raises EndpointFileError."""
    path = files("pro_service.catalog").joinpath("endpoints", "default.toml")
    return load_endpoint_file(path, load_instruments())


def load_endpoint_file(
    path: Path | Traversable, instruments: Mapping[str, Instrument]
) -> EndpointRules:
    """Read and check one file; every scale it names must be a scale of `instruments`.

    Raises EndpointFileError with a line for each mistake, beginning with its key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        rules = EndpointRules.model_validate_json(json.dumps(data, default=str))
    except tomllib.TOMLDecodeError as error:
        raise EndpointFileError(f"{path.name}: is not TOML: {error}.") from error
    except ValidationError as error:
        lines = [
            f"{path.name}: {'.'.join(map(str, each['loc']))}: {each['msg']}."
            for each in error.errors(include_url=False)
        ]
        raise EndpointFileError("\n".join(lines)) from error
    found = [*_unfounded(rules), *_unknown_scales(rules, instruments)]
    mistakes = [f"{path.name}: {mistake}" for mistake in found]
    if mistakes:
        raise EndpointFileError("\n".join(mistakes))
    return rules


def _unfounded(rules: EndpointRules) -> list[str]:
    named: list[tuple[str, Authority | None]] = [
        (f"thresholds[{index}]", rule) for index, rule in enumerate(rules.thresholds)
    ]
    named.append(("responder", rules.responder))
    return [
        f"{place}: has no citation."
        for place, rule in named
        if rule is not None and rule.citation is None
    ]


def _unknown_scales(rules: EndpointRules, instruments: Mapping[str, Instrument]) -> list[str]:
    named = [
        (f"thresholds[{index}]", instrument, threshold.scale)
        for index, threshold in enumerate(rules.thresholds)
        for instrument in threshold.instruments
    ]
    scales = {} if rules.responder is None else rules.responder.scales
    named += [
        (f"responder.scales.{domain}", name.instrument, name.scale)
        for domain, names in scales.items()
        for name in names
    ]
    known = {(each.id, scored.code) for each in instruments.values() for scored in each.results}
    return [
        f"{place}: {instrument} has no scale {scale}."
        for place, instrument, scale in named
        if (instrument, scale) not in known
    ]
