"""Reads a wording pack (TOML or JSON) from outside the repository and checks it.

`[every_item]` gives anchors and choices to all items; an item's own come first. No message quotes
the pack: its words are licensed.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from pro_service.catalog.documents import HOLDS_CONTROL, TYPE_ANEW, places_of_controls
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.wording import Wording, wording_mistakes

ADDED_KEYS: Final = ("low_said", "high_said")
"""Keys of an item that packs of older releases lack."""


class WordingFileError(ProServiceError):
    """The wording pack has mistakes.

    `mistakes` has one line for each, beginning with the key it is about.
    """

    def __init__(self, name: str, mistakes: tuple[str, ...]) -> None:
        """Join the mistakes into one message, a line each, with the file's name."""
        super().__init__("\n".join(f"{name}: {mistake}" for mistake in mistakes))
        self.mistakes = mistakes


class LoadedWording(NamedTuple):
    """A checked pack and the SHA-256 (hex) of its content."""

    wording: Wording
    content_sha256: str


def load_wording_file(path: Path, instruments: Mapping[str, Instrument]) -> LoadedWording:
    """Read and check one pack. Raises WordingFileError with everything that is wrong."""
    data = _read(path)
    every = data.pop("every_item", {})
    items = data.get("items")
    if isinstance(every, dict) and isinstance(items, dict):
        data["items"] = {
            code: {**every, **own} if isinstance(own, dict) else own for code, own in items.items()
        }
    try:
        wording = Wording.model_validate(data)
    except ValidationError as error:
        raise WordingFileError(
            path.name, tuple(_in_words(dict(each)) for each in error.errors(include_url=False))
        ) from None
    instrument = instruments.get(wording.instrument)
    if instrument is None:
        known = ", ".join(instruments)
        raise WordingFileError(path.name, (f"instrument: is not known. Known: {known}.",))
    mistakes = tuple(wording_mistakes(instrument, wording))
    if mistakes:
        raise WordingFileError(path.name, mistakes)
    return LoadedWording(wording, wording_hash(wording))


def wording_hash(wording: Wording) -> str:
    """The SHA-256, in hex, of the pack's canonical JSON: kept with each attempt asked in it.

    Keys that later releases added do not count where a pack lacks them: a release changes no hash.
    """
    document = wording.model_dump(mode="json")
    for item in document["items"].values():
        for key in ADDED_KEYS:
            if item[key] is None:
                del item[key]
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise WordingFileError(path.name, (f"cannot be read ({reason}).",)) from error
    except UnicodeDecodeError as error:
        raise WordingFileError(path.name, ("is not UTF-8 text.",)) from error
    except json.JSONDecodeError as error:
        raise WordingFileError(path.name, (f"is not JSON (line {error.lineno}).",)) from None
    except tomllib.TOMLDecodeError as error:
        raise WordingFileError(path.name, (f"is not TOML: {error}.",)) from None
    if not isinstance(data, dict):
        raise WordingFileError(path.name, ("must be a table of keys.",))
    held = [f"{place}: {HOLDS_CONTROL}. {TYPE_ANEW}" for place in places_of_controls(data)]
    if held:
        raise WordingFileError(path.name, tuple(held))
    return data


def _in_words(detail: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in detail["loc"] if part != "[key]") or "file"
    phrases = {
        "missing": "is missing.",
        "extra_forbidden": "is not a key of a wording pack; remove it or mend its spelling.",
    }
    return f"{key}: {phrases.get(detail['type'], detail['msg'] + '.')}"
