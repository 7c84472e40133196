"""Entries of the audit in people's words, one language at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.instruments.model import Instrument
from pro_service.services.record.reading import AuditEntry, AuditRow
from pro_service.store.record.reading import SignIn
from pro_service.web.desk.words import Words

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d\Z")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_KINDS: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in (
            *("channel", "command", "disposition", "gap", "language", "mode", "respondent"),
            *("role", "rule", "scale", "severity", "status", "target", "template", "verdict"),
            *("basis", "duty", "whose"),
        )
    },
    "end_reason": "end",
    "treated_knees": "target",
    "state": "message",
    "way": "card_way",
    "events.kind": "event",
    "senders.channel": "sender_channel",
    "participant_identifiers.kind": "identifier",
    "identities.kind": "identity",
    "contact_points.kind": "address_kind",
    "staff_addresses.kind": "address_kind",
    "rota_entries.kind": "rota.kind",
    "notice_steps.state": "notice_state",
    "corrections.kind": "corrected",
    "data_query_steps.step": "query_step",
    "data_out.what": "taken_out",
    "call_tasks.reason": "call",
    "standing_sittings.reason": "standing",
    "text_settlements.kind": "settled",
    "undone.kind": "undone",
    "messages.state_reason": "why",
    "delivery_receipts.provider_status": "message",
}
"""Which words a column's codes have; a column of one kind of row goes before its name."""


class Around(NamedTuple):
    """What is needed to say an entry in words."""

    words: Words
    zone: ZoneInfo
    sites: Mapping[str, str]
    """Codes of sites, by id as the record has it."""
    instruments: Mapping[str, Instrument]


def entry_values(around: Around, one: AuditEntry) -> dict[str, Any]:
    """One entry as the page shows it."""
    words = around.words
    codes = dict.fromkeys(row.code for row in one.rows if row.code is not None)
    reason = words.text("note.unreadable") if one.unreadable else reason_said(words, one)
    return {
        "id": one.id,
        "at": words.instant(one.at, around.zone),
        "who": words.who(one.actor),
        "whence": words.text(f"audit.whence_{one.whence}"),
        "did": words.text(f"audit.did_{one.operation.lower()}"),
        "thing": words.word("thing", one.kind),
        "codes": list(codes),
        "rows": [
            {"code": row.code if len(codes) > 1 else None, "cells": cells}
            for row in one.rows
            if (cells := list(_cells(around, one.kind, row)))
        ],
        "more": max(one.row_count - len(one.rows), 0) if one.row_count > 1 else 0,
        "reason": reason or None,
    }


def reason_said(words: Words, one: AuditEntry) -> str:
    """Why, in words: where the rows' own reason is a code it has the words of their column."""
    given = one.reason or ""
    of = _KINDS.get(f"{one.kind}.reason")
    known = of is not None and words.has(f"{of}.{given}")
    return words.word(of, given) if of is not None and known else words.reason(given)


def _cells(around: Around, kind: str, row: AuditRow) -> Iterator[dict[str, Any]]:
    words = around.words
    for name in dict.fromkeys([*row.old, *row.new]):
        yield {
            "label": words.word("audit_col", name),
            "old": said(around, kind, name, row.old[name]) if name in row.old else None,
            "new": said(around, kind, name, row.new.get(name)),
        }
    if row.hidden and kind in _ANSWERS:
        yield {"label": words.text("audit.hidden"), "old": None, "new": "–"}


_ANSWERS: Final = frozenset(
    {"responses", "scores", "second_answers", "entry_settlements", "corrections"}
)
"""Kinds of rows that say what was answered."""


def said(around: Around, kind: str, column: str, value: Any) -> str:
    """A value of the record in words."""
    words = around.words
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return words.text("audit.yes" if value else "audit.no")
    if isinstance(value, list):
        return words.text("own.comma").join(said(around, kind, column, one) for one in value)
    if not isinstance(value, str):
        return str(value)
    when = _when(around, value)
    if when is not None:
        return when
    if column == "item":
        return _question(around, value)
    if column == "outcome":
        code, apart, note = value.partition(": ")
        return f"{words.word('outcome', code)}{apart}{note}"
    if column == "instrument":
        return words.asked(value, "person")
    if column == "site_id":
        return around.sites.get(value, words.text("audit.other_site"))
    # By what a list was narrowed is nobody's name.
    if column.endswith("_by") and column != "narrowed_by":
        return words.who(value)
    of = _KINDS.get(f"{kind}.{column}") or _KINDS.get(column)
    return words.reason(value) if of is None else words.word(of, value)


def _when(around: Around, value: str) -> str | None:
    """An instant or a day in words; None for what is none: people write 2026-02-30 as well."""
    words = around.words
    try:
        if _INSTANT.match(value):
            return words.instant(datetime.fromisoformat(value), around.zone)
        return words.day(date.fromisoformat(value)) if _DAY.match(value) else None
    except (ValueError, OverflowError):  # The latter: no zone has the first and the last hours.
        return None


def _question(around: Around, item: str) -> str:
    """Which question an item is, where one instrument alone has it; its code otherwise."""
    found = [
        name
        for name, one in around.instruments.items()
        if any(each.code == item for each in one.items)
    ]
    return around.words.question(found[0], item) if len(found) == 1 else item


def sign_in_values(around: Around, one: SignIn) -> dict[str, Any]:
    """What happened at the door, as the page shows it."""
    words = around.words
    return {
        "at": words.instant(one.happened_at, around.zone),
        "who": one.login,
        "by": None if one.actor == f"staff:{one.login}" else words.who(one.actor),
        "what": words.word("door", one.kind),
        "address": one.address,
    }


def site_codes(sites: Mapping[UUID, str]) -> dict[str, str]:
    """The codes of sites by id, as the record writes ids."""
    return {str(one): code for one, code in sites.items()}
