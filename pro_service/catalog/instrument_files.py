"""Reads instruments from TOML, one file per version, and says everything wrong with one at once.

A file is an `Instrument` in TOML with two savings: `[every_item]` gives keys to all items, and
`[kinds.<name>]` to the items with `kind = "<name>"`, or with several such names. An item's own keys
come first, then its kinds' in their order. What is built from them is the plain record; neither
saving is seen outside this module.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pro_service.catalog.documents import HOLDS_CONTROL, TYPE_ANEW, places_of_controls
from pro_service.catalog.instrument_rules import mistakes_of
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument

SUFFIX = ".toml"
_UNKNOWN_KEY = "extra_forbidden"
_ITEM_KEY = re.compile(r"items\[(\d+)\]\.(\w+)")
_Origins = list[dict[str, str]]
"""For each item the table, `every_item` or `kinds.<name>`, by key that it borrows from there."""


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
    held = [f"{place}: {HOLDS_CONTROL}. {TYPE_ANEW}" for place in places_of_controls(data)]
    instrument, found = read_instrument(data)
    mistakes = (*held, *found)
    if instrument is not None and path.name != instrument.id + SUFFIX:
        mistakes = (*mistakes, f"id: the file must be named {instrument.id}{SUFFIX}.")
    if instrument is None or mistakes:
        raise InstrumentFileError(path.name, mistakes)
    return instrument


def read_instrument(document: dict[str, Any]) -> tuple[Instrument | None, tuple[str, ...]]:
    """Return the instrument a parsed file describes, as far as it has its shape, and all mistakes.

    Each mistake begins with its key as it stands in the file; without one the instrument is right.
    """
    mistakes, plain, origins = _expand(document)
    instrument, details = _shaped(plain)
    mistakes += [_in_words(detail) for detail in details]
    for detail in details:
        _remove(plain, detail["loc"])
    if details:
        # What is wrong at one place hides nothing at another: the rules look at the rest.
        instrument, _ = _shaped(plain)
    if instrument is not None:
        owners = {_owner(each["loc"]) for each in details if each["type"] != _UNKNOWN_KEY}
        broken = tuple(owner + after for owner in owners for after in ".[:")
        mistakes += [each for each in mistakes_of(instrument) if not each.startswith(broken)]
    return instrument, _where_they_stand(mistakes, origins)


def _shaped(plain: dict[str, Any]) -> tuple[Instrument | None, list[ErrorDetails]]:
    try:
        # Strict, by way of JSON: lists become tuples, yet "4" or true never becomes a number.
        text = json.dumps(plain, default=str)
        return Instrument.model_validate_json(text, strict=True), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _remove(plain: dict[str, Any], loc: tuple[int | str, ...]) -> None:
    """Take out the key at a place pydantic named, if it is one of a table."""
    place: Any = plain
    for step in loc[:-1]:
        if isinstance(place, dict):
            place = place.get(step)
        elif isinstance(place, list) and isinstance(step, int):
            place = place[step]
        else:
            return
    if isinstance(place, dict):
        place.pop(loc[-1], None)


def _owner(loc: tuple[int | str, ...]) -> str:
    """Return the key of the table a mistake is in: what the rules say of it may only follow."""
    return _key(loc[:2]) if len(loc) > 1 else _key(loc)


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


def _expand(data: dict[str, Any]) -> tuple[list[str], dict[str, Any], _Origins]:
    """Give each item the keys of `[every_item]` and of its kind.

    Returns mistakes, the plain document, and where each item's borrowed keys stand in the file.
    """
    mistakes: list[str] = []
    plain = dict(data)
    every = _table(plain.pop("every_item", {}), "every_item", mistakes)
    kinds = {
        name: _table(kind, f"kinds.{name}", mistakes)
        for name, kind in _table(plain.pop("kinds", {}), "kinds", mistakes).items()
    }
    items = plain.get("items")
    if not isinstance(items, list):
        return mistakes, plain, []
    expanded: list[Any] = []
    origins: _Origins = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            expanded.append(item)
            origins.append({})
            continue
        own = dict(item)
        named = own.pop("kind", [])
        shared: dict[str, Any] = {}
        borrowed = dict.fromkeys(every, "every_item")
        for kind in reversed(named if isinstance(named, list) else [named]):
            if not isinstance(kind, str) or kind not in kinds:
                mistakes.append(f"items[{index}].kind: there is no [kinds] table of this name.")
                continue
            shared |= kinds[kind]
            borrowed |= dict.fromkeys(kinds[kind], f"kinds.{kind}")
        expanded.append({**every, **shared, **own})
        origins.append({key: table for key, table in borrowed.items() if key not in own})
    plain["items"] = expanded
    return mistakes, plain, origins


def _where_they_stand(mistakes: Iterable[str], origins: _Origins) -> tuple[str, ...]:
    """Name a borrowed key where it stands in the file, and once, however many items borrow it."""
    found: dict[str, None] = {}
    for line in mistakes:
        mistake = line
        match = _ITEM_KEY.match(mistake)
        table = origins[int(match[1])].get(match[2]) if match is not None else None
        if match is not None and table is not None:
            mistake = f"{table}.{mistake[match.start(2) :]}"
        found[mistake] = None
    return tuple(found)


def _table(value: object, key: str, mistakes: list[str]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    mistakes.append(f"{key}: must be a table.")
    return {}


def _in_words(detail: ErrorDetails) -> str:
    """Name the key as it stands in the file, and the mistake."""
    phrases = {
        "missing": "is missing.",
        _UNKNOWN_KEY: "is not a key of this table; remove it or mend its spelling.",
    }
    phrase = phrases.get(detail["type"], detail["msg"] + ".")
    return f"{_key(detail['loc']) or 'file'}: {phrase}"


def _key(loc: tuple[int | str, ...]) -> str:
    key = ""
    for part in loc:
        if part == "[key]":
            continue
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key
