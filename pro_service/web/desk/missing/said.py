"""Reasons, what helped, months and deviations in words and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from babel.dates import format_skeleton

from pro_service.domain.study.missing.helped import Brings, Brought
from pro_service.domain.study.missing.reasons import Reason, Why
from pro_service.domain.study.times import zone
from pro_service.services.desk.missing import Deviations, Missing, Month
from pro_service.store.desk.desk import DeskSite
from pro_service.store.missing.visits import Deviation
from pro_service.web.desk.words import Words

_OF: Final[Mapping[Reason, str]] = {
    Reason.told_staff: "outcome",
    Reason.not_sent: "end",
    Reason.withdrew: "status",
}
"""With which reasons something more is said, and the kind of word that says it."""
MONTH_PARTS: Final = ("alone", "helped", "late", "missing")
"""What the visits of a month are divided into, in the order they are drawn."""


class Bar(NamedTuple):
    """One part of a drawn bar: from where, how long, and what it is."""

    start: float
    length: float
    name: str


def missing_values(words: Words, sites: Mapping[UUID, DeskSite], found: Missing) -> dict[str, Any]:
    """What the page shows."""
    total = found.total
    shown = [one for one in found.definitions if one in found.reasons]
    return {
        "total": total,
        "shares": {one: words.share(getattr(total, one), total.expected) for one in MONTH_PARTS},
        "visits": [words.chosen(found.definitions[one]) for one in shown],
        "reasons": [_reason(words, found, shown, one) for one in _reasons(found)],
        "brought": _brought(words, found),
        "months": [
            {"name": month_name(words, one), **_divided(words, month)}
            for one, month in sorted(found.months.items())
        ],
        "sites_divided": [
            {"name": sites[one].code, **_divided(words, month)}
            for one, month in sorted(found.by_site.items(), key=lambda each: sites[each[0]].code)
        ],
    }


def why_words(words: Words, why: Why) -> str:
    """A reason in words, with what is said with it."""
    said = words.text(f"missing.reason.{why.reason}")
    kind = _OF.get(why.reason)
    return said if kind is None or why.of is None else f"{said}: {words.word(kind, why.of)}"


def brought_words(words: Words, what: Brought) -> str:
    """What brought an answer, in words."""
    if what.by is Brings.text:
        return words.text("missing.brought.text", number=what.ordinal)
    return words.text(f"missing.brought.{what.by}")


def month_name(words: Words, month: date) -> str:
    """A month with its year."""
    return format_skeleton("yMMM", month, locale=words.language)


def totals_of(found: Missing) -> Counter[Why]:
    """Every reason with how often it was met, at whichever visit."""
    total: Counter[Why] = Counter()
    for counted in found.reasons.values():
        total.update(counted)
    return total


def _reasons(found: Missing) -> list[tuple[Why, int]]:
    """The most frequent first."""
    return sorted(
        totals_of(found).items(), key=lambda one: (-one[1], one[0].reason, one[0].of or "")
    )


def _reason(
    words: Words, found: Missing, visits: Iterable[str], counted: tuple[Why, int]
) -> dict[str, Any]:
    why, number = counted
    lacking = found.total.late + found.total.missing
    return {
        "said": why_words(words, why),
        "numbers": [found.reasons[one][why] for one in visits],
        "total": number,
        "share": words.share(number, lacking),
        "bars": [Bar(0, 100 * number / lacking, "missing")],
    }


def _brought(words: Words, found: Missing) -> list[dict[str, Any]]:
    """What brought answers, texts in their order, with how they were given."""
    by_what: dict[Brought, Counter[str]] = {}
    for (what, mode), number in found.brought.items():
        by_what.setdefault(what, Counter())[mode] += number
    whole = found.brought.total()
    order = list(Brings)
    return [
        {
            "said": brought_words(words, what),
            "total": modes.total(),
            "share": words.share(modes.total(), whole),
            "bars": [Bar(0, 100 * modes.total() / whole, "alone")],
            "modes": [
                {"mode": words.word("mode", mode), "count": number}
                for mode, number in sorted(modes.items(), key=lambda one: (-one[1], one[0]))
            ],
        }
        for what, modes in sorted(
            by_what.items(), key=lambda one: (order.index(one[0].by), one[0].ordinal)
        )
    ]


def _divided(words: Words, month: Month) -> dict[str, Any]:
    numbers = {one: getattr(month, one) for one in MONTH_PARTS}
    bars, start = [], 0.0
    for name, number in numbers.items():
        length = 100 * number / month.expected if month.expected else 0.0
        if number:
            bars.append(Bar(round(start, 2), round(length, 2), name))
        start += length
    return {
        "expected": month.expected,
        "numbers": numbers,
        "share": words.share(month.alone + month.helped, month.expected),
        "bars": bars,
    }


def deviation_rows(
    words: Words, sites: Mapping[UUID, DeskSite], found: Deviations
) -> list[dict[str, Any]]:
    """A page of the log."""
    return [
        {
            "code": one.code,
            "site": sites[one.site_id].code,
            "kind": words.text(f"deviation.{one.kind}"),
            "what": _what(words, found, one),
            "said": _said(words, one),
            "anchor": f"#{one.definition}-{one.occurrence}",
            "at": words.day(one.at.astimezone(zone(sites[one.site_id].zone)).date())
            if one.kind == "attended"
            else words.instant(one.at, zone(sites[one.site_id].zone)),
        }
        for one in found.rows
    ]


def _what(words: Words, found: Deviations, one: Deviation) -> str:
    protocol = found.protocols[one.protocol_version_id]
    visit = words.visit(protocol, one.definition, one.occurrence)
    if one.instrument is None or one.target is None:
        return visit
    return f"{visit} · {words.asked(one.instrument, one.target)}"


def _said(words: Words, one: Deviation) -> str:
    """What is said with it."""
    if one.said is None or one.kind == "attended":
        return ""
    if one.kind == "moved":
        before, after = (words.day(date.fromisoformat(day)) for day in one.said.split(" "))
        return words.text("deviation.moved_from", before=before, after=after)
    if one.kind == "typed_late":
        return words.text("deviation.days", count=int(one.said))
    return words.text(f"entry.apart_{one.said}")
