"""A checked document's sections: each is read as its record, or every mistake in it is told.

Protocols and analysis plans are read by these. A section with a mistake is read again as it was
probably meant, so that the rules can look at the rest of it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pro_service.domain.study.checking.problems import Problem, closest, suggestion

_Model = TypeVar("_Model", bound=BaseModel)


def section(model: type[_Model], content: Any, path: str, problems: list[Problem]) -> _Model | None:
    """Return the section as a record, noting what is wrong with it; None if it makes no sense.

    None as `content` is a section that is missing.
    """
    if content is None:
        problems.append(Problem(path, "is missing", f"Add the table [{path}]."))
        return None
    try:
        return _read(model, content)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        problems.append(_in_words(model, path, detail))
    try:
        return _read(model, _mended(model, content, details))
    except ValidationError:
        return None  # Its problems stand in the list already.


def sections(
    model: type[_Model], content: Any, path: str, problems: list[Problem]
) -> tuple[_Model, ...]:
    """Return a list of tables as records; those that make no sense are noted and left out."""
    if not isinstance(content, list):
        problems.append(Problem(path, "is not a list of tables", f"Write [[{path}]] for each."))
        return ()
    found = (
        section(model, each, f"{path}[{index}]", problems) for index, each in enumerate(content)
    )
    return tuple(one for one in found if one is not None)


def _read(model: type[_Model], content: Any) -> _Model:
    # Strict, by way of JSON: lists become tuples and "18:30" a time, yet "4" is no number.
    return model.model_validate_json(json.dumps(content, default=str), strict=True)


def _mended(model: type[BaseModel], content: Any, details: Sequence[ErrorDetails]) -> Any:
    """Return a copy as it was probably meant, so that the rules can look at the rest of it.

    A misspelt key gets its likely name, an id plain letters; any other wrong value is left out.
    """
    mended = copy.deepcopy(content)
    for detail in details:
        loc = detail["loc"]
        if not loc or not isinstance(mended, dict):
            return content
        if detail["type"] == "string_pattern_mismatch" and len(loc) == 1:
            mended[str(loc[0])] = _plain_name(detail["input"])
            continue
        if detail["type"] != "extra_forbidden":
            mended.pop(str(loc[0]), None)
            continue
        place: Any = mended
        for part in loc[:-1]:
            inside = isinstance(place, list) or (isinstance(place, dict) and part in place)
            place = place[part] if inside else {}
        key = str(loc[-1])
        value = place.pop(key, None)
        meant = closest(key, _keys_at(model, loc))
        if meant is not None and value is not None:
            place.setdefault(meant, value)
    return mended


def _plain_name(written: str) -> str:
    """Return the id probably meant: lower-case letters, digits and underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", written.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}".rstrip("_")


def joined(path: str, part: str | int) -> str:
    """Return the path of a key below `path`, quoted where it is no plain name."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    plain = part.replace("_", "").replace("-", "")
    return f"{path}.{part}" if plain.isascii() and plain.isalnum() else f'{path}."{part}"'


def unknown_key(path: str, key: str, known: Iterable[object]) -> Problem:
    """Say that a key is not known, and which of the known ones was probably meant."""
    return Problem(path, "is not a known key", suggestion(key, known))


def _keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the record that holds the value at `loc`."""
    found: type[BaseModel] | None = model
    for part in loc[:-1]:
        if isinstance(part, int) or found is None:
            continue
        field = found.model_fields.get(part)
        found = None if field is None else _record_in(field.annotation)
    return [] if found is None else list(found.model_fields)


def _record_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _record_in(inner)
        if found is not None:
            return found
    return None


def _in_words(model: type[BaseModel], path: str, detail: ErrorDetails) -> Problem:
    loc = tuple(part for part in detail["loc"] if part != "[key]")
    for part in loc:
        path = joined(path, part)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_key(path, str(loc[-1]), _keys_at(model, detail["loc"]))
    if kind == "missing":
        return Problem(path, "is missing", f"Add {loc[-1]}.")
    if kind in {"literal_error", "enum"}:
        return Problem(path, "is not one of the values known here", f"Use {context['expected']}.")
    if kind == "string_pattern_mismatch":
        return Problem(
            path,
            "is not a plain name (letters, digits, underscores, a letter first)",
            f"For example {_plain_name(detail['input'])}.",
        )
    said = str(detail["msg"])
    mend = said.removeprefix("Input should be ").removeprefix("Input should ")
    return Problem(path, "has a value of the wrong kind or size", f"It should be {mend}.")
