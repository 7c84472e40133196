"""Turns a protocol document into a `Protocol`, or says everything that is wrong with it at once.

Shape is checked section by section, so that a mistake in one visit hides nothing in another; the
rules of `checking` then look at all that has its shape.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.record import Record
from pro_service.domain.study.checking.draft import Draft, Placed
from pro_service.domain.study.checking.problems import Problem, closest, suggestion
from pro_service.domain.study.checking.rules import rule_problems
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import (
    Calls,
    InstrumentUse,
    Messaging,
    Protocol,
    Safety,
    Study,
    VisitDefinition,
)

__all__ = ["Problem", "check_protocol"]

SECTIONS = ("study", "events", "messaging", "calls", "safety", "instrument", "visit")
_DATING = ("target", "window", "clinic_window", "asks", "nudges")
_Model = TypeVar("_Model", bound=BaseModel)


class _Events(Record):
    counts: dict[EventKind, int]


def check_protocol(
    document: Mapping[str, Any], instruments: Mapping[str, Instrument]
) -> tuple[Protocol | None, tuple[Problem, ...]]:
    """Return the protocol and no problems, or None and every problem found.

    `document` is the parsed TOML; problem keys are paths into it, lists counted from 0
    (`visit[3].window.days_after`). `instruments` are those the service knows, by id.
    """
    problems: list[Problem] = []
    for key in document:
        if key not in SECTIONS:
            problems.append(_unknown_key(key, key, SECTIONS))
    study = _section(Study, document.get("study"), "study", problems)
    events = _events(document.get("events"), problems)
    messaging = _section(Messaging, document.get("messaging", {}), "messaging", problems)
    calls = _section(Calls, document.get("calls", {}), "calls", problems)
    safety = _section(Safety, document.get("safety", {}), "safety", problems)
    uses = _uses(document.get("instrument", {}), problems)
    visits = _visits(document.get("visit"), problems)
    draft = Draft(
        study=study,
        events=events,
        messaging=messaging,
        safety=safety,
        uses=uses,
        visits=visits,
        instruments=instruments,
    )
    problems += rule_problems(draft)
    if problems or study is None or messaging is None or calls is None or safety is None:
        return None, tuple(problems)
    protocol = Protocol(
        study=study,
        events=events or {},
        messaging=messaging,
        calls=calls,
        safety=safety,
        instruments=uses,
        visits=tuple(placed.visit for placed in visits),
    )
    return protocol, ()


def _section(
    model: type[_Model], content: Any, path: str, problems: list[Problem]
) -> _Model | None:
    """Return the section as a record, noting what is wrong with it; None if it makes no sense."""
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


def _events(content: Any, problems: list[Problem]) -> dict[EventKind, int] | None:
    if content is None:
        problems.append(
            Problem("events", "is missing", "Say which events occur, for example injection = 1.")
        )
        return None
    if isinstance(content, Mapping):
        known = {str(kind) for kind in EventKind}
        for key in content:
            if key not in known:
                problems.append(_unknown_key(f"events.{key}", key, known))
        content = {key: value for key, value in content.items() if key in known}
    before = len(problems)
    events = _section(_Events, {"counts": content}, "events", problems)
    problems[before:] = [
        Problem(each.key.replace("events.counts", "events"), each.message, each.mend)
        for each in problems[before:]
    ]
    return None if events is None else events.counts


def _uses(content: Any, problems: list[Problem]) -> dict[str, InstrumentUse]:
    if not isinstance(content, Mapping):
        problems.append(
            Problem("instrument", "is not a table", 'Write [instrument."pain-nrs"] instead.')
        )
        return {}
    uses: dict[str, InstrumentUse] = {}
    for name, each in content.items():
        use = _section(InstrumentUse, each, _joined("instrument", name), problems)
        if use is not None:
            uses[name] = use
    return uses


def _visits(content: Any, problems: list[Problem]) -> tuple[Placed, ...]:
    if not isinstance(content, list) or not content:
        problems.append(Problem("visit", "is missing", "Add a table [[visit]] for every visit."))
        return ()
    placed: list[Placed] = []
    for index, each in enumerate(content):
        path = f"visit[{index}]"
        before = len(problems)
        visit = _section(VisitDefinition, each, path, problems)
        if visit is not None:
            wrong = [problem.key.removeprefix(f"{path}.") for problem in problems[before:]]
            placed.append(Placed(path, visit, not any(key.startswith(_DATING) for key in wrong)))
    return tuple(placed)


def _plain_name(written: str) -> str:
    """Return the id probably meant: lower-case letters, digits and underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", written.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}".rstrip("_")


def _joined(path: str, part: str | int) -> str:
    if isinstance(part, int):
        return f"{path}[{part}]"
    plain = part.replace("_", "").replace("-", "")
    return f"{path}.{part}" if plain.isascii() and plain.isalnum() else f'{path}."{part}"'


def _unknown_key(path: str, key: str, known: Iterable[object]) -> Problem:
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
        path = _joined(path, part)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path, str(loc[-1]), _keys_at(model, detail["loc"]))
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
