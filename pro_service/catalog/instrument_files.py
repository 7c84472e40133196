"""Reads instruments from TOML, one file per version, and says everything wrong with one at once.

A file is an `Instrument` in TOML with two savings: `[every_item]` gives keys to all items, and
`[kinds.<name>]` to the items with `kind = "<name>"`; an item's own keys come first, its kind's
next. What is built from them is the plain record; neither saving is seen outside this module.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from pro_service.catalog.instrument_rules import mistakes_of
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument

SUFFIX = ".toml"


class InstrumentFileError(ProServiceError):
    """The instrument file has mistakes.

    `mistakes` has one line for each, beginning with the key it is about.
    """

    def __init__(self, name: str, mistakes: tuple[str, ...]) -> None:
        """Join the mistakes into one message, a line each, with the file's name."""
        super().__init__("\n".join(f"{name}: {mistake}" for mistake in mistakes))
        self.mistakes = mistakes


@cache
def load_instruments() -> Mapping[str, Instrument]:
    """Return every instrument shipped with the service, by id, sorted; read once per process.

    Raises InstrumentFileError.
    """
    folder = files("pro_service.catalog").joinpath("instruments")
    found = sorted((f for f in folder.iterdir() if f.name.endswith(SUFFIX)), key=lambda f: f.name)
    loaded = (load_instrument_file(file) for file in found)
    return MappingProxyType({instrument.id: instrument for instrument in loaded})


def load_instrument_file(path: Path | Traversable) -> Instrument:
    """Read and check one file; its name must be the instrument's id.

    Raises InstrumentFileError with everything that is wrong.
    """
    try:
        # Scores of a table are exact decimals, never binary fractions.
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise InstrumentFileError(path.name, (f"cannot be read ({reason}).",)) from error
    except UnicodeDecodeError as error:
        raise InstrumentFileError(path.name, ("is not UTF-8 text.",)) from error
    except tomllib.TOMLDecodeError as error:
        raise InstrumentFileError(path.name, (f"is not TOML: {error}.",)) from error
    mistakes, plain = _expand(data)
    try:
        # Strict, by way of JSON: lists become tuples, yet "4" or true never becomes a number.
        text = json.dumps(plain, default=str)
        instrument = Instrument.model_validate_json(text, strict=True)
    except ValidationError as error:
        mistakes += [_in_words(dict(detail)) for detail in error.errors(include_url=False)]
        raise InstrumentFileError(path.name, tuple(mistakes)) from error
    mistakes += mistakes_of(instrument)
    if path.name != instrument.id + SUFFIX:
        mistakes.append(f"id: the file must be named {instrument.id}{SUFFIX}.")
    if mistakes:
        raise InstrumentFileError(path.name, tuple(mistakes))
    return instrument


def instrument_hash(instrument: Instrument) -> str:
    """Return the SHA-256, in hex, of the instrument's canonical JSON, wording included.

    It is kept with each attempt and score, so that what was asked can be proved later. Keys left
    at their default do not count: a release that adds a key changes no hash.
    """
    canonical = json.dumps(
        instrument.model_dump(mode="json", exclude_defaults=True),
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _expand(data: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Give each item the keys of `[every_item]` and of its kind; return mistakes and the rest."""
    mistakes: list[str] = []
    plain = dict(data)
    every = _table(plain.pop("every_item", {}), "every_item", mistakes)
    kinds = {
        name: _table(kind, f"kinds.{name}", mistakes)
        for name, kind in _table(plain.pop("kinds", {}), "kinds", mistakes).items()
    }
    items = plain.get("items")
    if not isinstance(items, list):
        return mistakes, plain
    expanded: list[Any] = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            expanded.append(item)
            continue
        own = dict(item)
        kind = own.pop("kind", None)
        if kind is not None and (not isinstance(kind, str) or kind not in kinds):
            mistakes.append(f"items[{index}].kind: there is no [kinds] table of this name.")
            kind = None
        expanded.append({**every, **(kinds[kind] if kind is not None else {}), **own})
    plain["items"] = expanded
    return mistakes, plain


def _table(value: object, key: str, mistakes: list[str]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    mistakes.append(f"{key}: must be a table.")
    return {}


def _in_words(detail: dict[str, Any]) -> str:
    """Name the key as it stands in the file, and the mistake."""
    key = ""
    for part in detail["loc"]:
        if part == "[key]":
            continue
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    phrases = {
        "missing": "is missing.",
        "extra_forbidden": "is not a key of this table; remove it or mend its spelling.",
    }
    return f"{key or 'file'}: {phrases.get(detail['type'], detail['msg'] + '.')}"
