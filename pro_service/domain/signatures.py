"""What a signature is bound to: a numbered format of the record, and what changed in it.

The format is specified in services/record/README.md, so that a stranger can make the same bytes.
It names its fields one by one: what is added to the record later is not in it, and changes nothing
of what was signed. A further format gets a further number; old ones are computed as they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.numbers import Value

FORMAT: Final = 1
"""What is signed today."""
MEANINGS: Final = ("reviewed", "reviewed_with_gaps")
"""What a signature may mean, by the keys of the sentences the desk shows, where the protocol says
nothing of its own (`[[signature_meaning]]`)."""


class UnknownFormatError(ProServiceError):
    """The signature is of a format that this release does not know."""


@dataclass(frozen=True, kw_only=True)
class SignedItem:
    """What stood answered to an item: a value or a kind of gap, and how often it was corrected.

    A value is signed as a number where it is whole, and as text ("7.5") where it has decimals.
    """

    item: str
    value: Value | None
    gap: str | None
    answered_at: datetime
    corrections: int


@dataclass(frozen=True, kw_only=True)
class SignedScore:
    """A score that stood, on both scales; without one, why."""

    basis: str
    scale: str
    scoring_version: str
    raw: Decimal | None
    score_0_100: Decimal | None
    absent: str | None


@dataclass(frozen=True, kw_only=True)
class SignedSitting:
    """One sitting at an instrument, with what it holds."""

    sitting: int
    mode: str
    respondent: str
    respondent_relation: str | None
    language: str
    not_for_analysis: str | None
    started_at: datetime
    submitted_at: datetime | None
    instrument_sha256: str
    wording_sha256: str
    items: Sequence[SignedItem]
    scores: Sequence[SignedScore]


@dataclass(frozen=True, kw_only=True)
class SignedAssessment:
    """What was asked about one knee, or the person, and which sitting is the record."""

    instrument: str
    target: str
    declined_at: datetime | None
    standing: int | None
    """The sitting that was written down as standing; None: none was."""
    sittings: Sequence[SignedSitting]


@dataclass(frozen=True, kw_only=True)
class SignedVisit:
    """A visit with its window and the version of the protocol that was followed when it closed."""

    visit_id: UUID
    """For finding it again; not of what is signed."""
    visit: str
    occurrence: int
    opens_at: datetime
    target_on: date
    closes_at: datetime
    protocol_sha256: str
    asked: Sequence[SignedAssessment]


@dataclass(frozen=True, kw_only=True)
class SignedContent:
    """What is signed of a participant: the visits, in the order in which they opened."""

    study: str
    participant: str
    visits: Sequence[SignedVisit]


class Part(NamedTuple):
    """A part of what was signed. The words are empty where a part is of something wider."""

    visit: str
    occurrence: int
    instrument: str = ""
    target: str = ""
    sitting: int = 0
    what: str = "visit"
    """visit, asked, sitting, item or score."""
    name: str = ""
    """The item; basis and scale, with a colon between them."""


class Change(NamedTuple):
    """A part that is not what was signed; None: it was not there, or is not there any more."""

    part: Part
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def signed_content(content: SignedContent, number: int = FORMAT) -> bytes:
    """The bytes that are signed, in the format of this number. Raises UnknownFormatError."""
    if number != FORMAT:
        raise UnknownFormatError(f"Format {number} of signatures is not known to this release.")
    document = {
        "format": number,
        "study": content.study,
        "participant": content.participant,
        "visits": [_visit(one) for one in content.visits],
    }
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def content_sha256(content: SignedContent, number: int = FORMAT) -> str:
    """SHA-256 of what is signed, in hexadecimal. Raises UnknownFormatError."""
    return hashlib.sha256(signed_content(content, number)).hexdigest()


def changes(before: SignedContent, after: SignedContent) -> list[Change]:
    """What differs between what was signed and what stands now, part by part."""
    then, now = dict(_parts(before)), dict(_parts(after))
    return [
        Change(part, then.get(part), now.get(part))
        for part in sorted({*then, *now})
        if then.get(part) != now.get(part)
    ]


def _parts(content: SignedContent) -> Iterator[tuple[Part, dict[str, Any]]]:
    """Each part with what is signed of it, but for the parts below it."""
    for visit in content.visits:
        place = Part(visit.visit, visit.occurrence)
        yield place, _without(_visit(visit), "asked")
        for asked in visit.asked:
            where = place._replace(instrument=asked.instrument, target=asked.target)
            yield where._replace(what="asked"), _without(_asked(asked), "sittings")
            for one in asked.sittings:
                at = where._replace(sitting=one.sitting)
                yield at._replace(what="sitting"), _without(_sitting(one), "items", "scores")
                for item in one.items:
                    yield at._replace(what="item", name=item.item), _item(item)
                for score in one.scores:
                    name = f"{score.basis}:{score.scale}"
                    yield at._replace(what="score", name=name), _score(score)


def _without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _visit(one: SignedVisit) -> dict[str, Any]:
    return {
        "visit": one.visit,
        "occurrence": one.occurrence,
        "opens_at": _instant(one.opens_at),
        "target_on": one.target_on.isoformat(),
        "closes_at": _instant(one.closes_at),
        "protocol_sha256": one.protocol_sha256,
        "asked": [
            _asked(each)
            for each in sorted(one.asked, key=lambda each: (each.instrument, each.target))
        ],
    }


def _asked(one: SignedAssessment) -> dict[str, Any]:
    return {
        "instrument": one.instrument,
        "target": one.target,
        "declined_at": _instant(one.declined_at),
        "standing": one.standing,
        "sittings": [
            _sitting(each) for each in sorted(one.sittings, key=lambda each: each.sitting)
        ],
    }


def _sitting(one: SignedSitting) -> dict[str, Any]:
    return {
        "sitting": one.sitting,
        "mode": one.mode,
        "respondent": one.respondent,
        "respondent_relation": one.respondent_relation,
        "language": one.language,
        "not_for_analysis": one.not_for_analysis,
        "started_at": _instant(one.started_at),
        "submitted_at": _instant(one.submitted_at),
        "instrument_sha256": one.instrument_sha256,
        "wording_sha256": one.wording_sha256,
        "items": [_item(each) for each in sorted(one.items, key=lambda each: each.item)],
        "scores": [
            _score(each) for each in sorted(one.scores, key=lambda each: (each.basis, each.scale))
        ],
    }


def _item(one: SignedItem) -> dict[str, Any]:
    return {
        "item": one.item,
        "value": str(one.value) if isinstance(one.value, Decimal) else one.value,
        "gap": one.gap,
        "answered_at": _instant(one.answered_at),
        "corrections": one.corrections,
    }


def _score(one: SignedScore) -> dict[str, Any]:
    return {
        "basis": one.basis,
        "scale": one.scale,
        "scoring_version": one.scoring_version,
        "raw": _decimal(one.raw),
        "score_0_100": _decimal(one.score_0_100),
        "absent": one.absent,
    }


def _instant(at: datetime | None) -> str | None:
    """UTC, always with six digits of a second."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _decimal(number: Decimal | None) -> str | None:
    """Always with twelve decimal places."""
    return None if number is None else f"{number:.12f}"
