"""Turns a protocol document into a `Protocol`, or says everything that is wrong with it at once.

Shape is checked section by section, so that a mistake in one visit hides nothing in another; the
rules of `checking` then look at all that has its shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.measures.measuring import Measuring
from pro_service.domain.measures.model import Measure
from pro_service.domain.record import Record
from pro_service.domain.study.checking.draft import Draft, Placed
from pro_service.domain.study.checking.problems import Problem
from pro_service.domain.study.checking.rules import rule_problems
from pro_service.domain.study.checking.sections import joined, section, sections, unknown_key
from pro_service.domain.study.coming import (
    Coming,
    DataCut,
    DataQueries,
    Entry,
    Escalation,
    OwnEvent,
    SignatureMeaning,
    SourceSystem,
    StaffReply,
    Tablet,
)
from pro_service.domain.study.consenting.versions import ConsentVersion
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

SECTIONS = (
    *("study", "events", "messaging", "calls", "safety", "instrument", "visit"),
    *Coming.model_fields,
)
_TABLES: dict[str, type[Record]] = {
    "entry": Entry,
    "escalation": Escalation,
    "source_system": SourceSystem,
    "tablet": Tablet,
    "data_query": DataQueries,
    "measures": Measuring,
}
_LISTS: dict[str, type[Record]] = {
    "reply": StaffReply,
    "own_event": OwnEvent,
    "data_cut": DataCut,
    "consent_version": ConsentVersion,
    "signature_meaning": SignatureMeaning,
}
_DATING = ("target", "window", "clinic_window", "asks", "nudges")


class _Events(Record):
    counts: dict[EventKind, int]


def check_protocol(
    document: Mapping[str, Any],
    instruments: Mapping[str, Instrument],
    measures: Mapping[str, Measure] | None = None,
) -> tuple[Protocol | None, tuple[Problem, ...]]:
    """Return the protocol and no problems, or None and every problem found.

    `document` is the parsed TOML; problem keys are paths into it, lists counted from 0
    (`visit[3].window.days_after`). `instruments` and `measures` are those the service
    knows, by id; measures None: any will do.
    """
    problems: list[Problem] = []
    for key in document:
        if key not in SECTIONS:
            problems.append(unknown_key(key, key, SECTIONS))
    study = section(Study, document.get("study"), "study", problems)
    events = _events(document.get("events"), problems)
    messaging = section(Messaging, document.get("messaging", {}), "messaging", problems)
    calls = section(Calls, document.get("calls", {}), "calls", problems)
    safety = section(Safety, document.get("safety", {}), "safety", problems)
    uses = _uses(document.get("instrument", {}), problems)
    visits = _visits(document.get("visit"), problems)
    coming = _coming(document, problems)
    draft = Draft(
        study=study,
        events=events,
        messaging=messaging,
        safety=safety,
        uses=uses,
        visits=visits,
        instruments=instruments,
        coming=coming,
        measures=measures,
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
        coming=coming,
    )
    return protocol, ()


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
                problems.append(unknown_key(f"events.{key}", key, known))
        content = {key: value for key, value in content.items() if key in known}
    before = len(problems)
    events = section(_Events, {"counts": content}, "events", problems)
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
        use = section(InstrumentUse, each, joined("instrument", name), problems)
        if use is not None:
            uses[name] = use
    return uses


def _coming(document: Mapping[str, Any], problems: list[Problem]) -> Coming:
    """What nothing acts upon yet; a section that makes no sense is left out."""
    found: dict[str, object] = {}
    for name, model in _TABLES.items():
        if name in document:
            found[name] = section(model, document[name], name, problems)
    for name, model in _LISTS.items():
        found[name] = sections(model, document.get(name, []), name, problems)
    return Coming.model_validate(found)


def _visits(content: Any, problems: list[Problem]) -> tuple[Placed, ...]:
    if not isinstance(content, list) or not content:
        problems.append(Problem("visit", "is missing", "Add a table [[visit]] for every visit."))
        return ()
    placed: list[Placed] = []
    for index, each in enumerate(content):
        path = f"visit[{index}]"
        before = len(problems)
        visit = section(VisitDefinition, each, path, problems)
        if visit is not None:
            wrong = [problem.key.removeprefix(f"{path}.") for problem in problems[before:]]
            placed.append(Placed(path, visit, not any(key.startswith(_DATING) for key in wrong)))
    return tuple(placed)
