"""What pages say of what is signed: the record as it stands, signatures, what voids them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.signatures import (
    Part,
    SignedAssessment,
    SignedContent,
    SignedItem,
    SignedScore,
    SignedSitting,
    SignedVisit,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.base.signing import Told, Verified
from pro_service.services.desk.signing import Bound
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.timeline import VisitLine
from pro_service.store.record.locks import LockedVisit
from pro_service.store.record.signatures import Signature
from pro_service.web.desk.words import Words


class Shown:
    """Says it in one language, with the labels of one protocol, in the site's zone."""

    def __init__(self, words: Words, protocol: Protocol, zone: ZoneInfo) -> None:
        """Keep what everything is said with."""
        self.words, self.protocol, self.zone = words, protocol, zone

    def visit(self, definition: str, occurrence: int) -> str:
        """A visit's name."""
        return self.words.visit(self.protocol, definition, occurrence)

    def content(
        self, content: SignedContent, standing: Sequence[Signature] = ()
    ) -> list[dict[str, Any]]:
        """Everything that is signed, visit by visit, with the signatures that stand over each."""
        return [
            self._visit(visit)
            | {
                "signed": [
                    self._by(one)
                    for one in standing
                    if _is_over(one, visit.visit_id, visit.closes_at)
                ]
            }
            for visit in content.visits
        ]

    def _by(self, made: Signature) -> str:
        """Who signed, and when."""
        at = self.words.instant(made.signed_at, self.zone)
        who = self.words.who(made.actor)
        return self.words.text("signing.by", name=made.printed_name, who=who, at=at)

    def signature(self, one: Verified, *, may_read: bool) -> dict[str, Any]:
        """A signature as 21 CFR 11.50 asks: name, time and meaning; and whether it stands.

        What changed is told to everybody, values to whoever may read answers (R6).
        """
        words, made = self.words, one.signature
        of = words.text("signing.all_visits")
        if made.definition is not None and made.occurrence is not None:
            of = self.visit(made.definition, made.occurrence)
        return {
            "of": of,
            "name": made.printed_name,
            "who": words.who(made.actor),
            "at": words.instant(made.signed_at, self.zone),
            "meaning": meaning_in_words(words, self.protocol, made.meaning),
            "sha256": made.content_sha256,
            "stands": one.stands,
            "proven": one.is_proven,
            "reasons": [self._told(each, may_read=may_read) for each in one.told],
        }

    def _told(self, told: Told, *, may_read: bool) -> str:
        """What changed: where, from what to what, when and by whom."""
        words, change = self.words, told.change
        what = self._part(change.part)
        if may_read and change.part.what in ("item", "score"):
            values = [self._value(one) for one in (change.before, change.after)]
            what = words.text("signing.changed", what=what, before=values[0], after=values[1])
        if told.at is None:
            return what
        at = words.instant(told.at, self.zone)
        return words.text("signing.changed_by", what=what, at=at, who=words.who(told.actor))

    def _part(self, part: Part) -> str:
        words = self.words
        named = [self.visit(part.visit, part.occurrence)]
        if part.instrument:
            named.append(words.asked(part.instrument, part.target))
        if part.what == "item":
            named.append(words.question(part.instrument, part.name))
        elif part.what == "score":
            named.append(words.word("scale", part.name.partition(":")[2]))
        else:
            named.append(words.word("signing.part", part.what))
        return " · ".join(named)

    def _value(self, leaf: Mapping[str, Any] | None) -> str:
        """The value of an item or a score, as it was signed or is now."""
        if leaf is None:
            return self.words.text("signing.nothing")
        if "scale" in leaf:
            return self.words.score(leaf["raw"])
        if leaf["value"] is None:
            return self.words.word("gap", leaf["gap"] or "none")
        return str(leaf["value"])

    def _visit(self, one: SignedVisit) -> dict[str, Any]:
        return {
            "id": str(one.visit_id),
            "label": self.visit(one.visit, one.occurrence),
            "place": f"{one.visit}:{one.occurrence}",
            "opens": self.words.instant(one.opens_at, self.zone),
            "closes": self.words.until(one.closes_at, self.zone),
            "protocol_sha256": one.protocol_sha256,
            "asked": [self._asked(each) for each in one.asked],
        }

    def _asked(self, one: SignedAssessment) -> dict[str, Any]:
        return {
            "name": self.words.asked(one.instrument, one.target),
            "declined": None
            if one.declined_at is None
            else self.words.instant(one.declined_at, self.zone),
            "sittings": [self._sitting(one, each) for each in one.sittings],
        }

    def _sitting(self, of: SignedAssessment, one: SignedSitting) -> dict[str, Any]:
        words = self.words
        respondent = one.respondent
        if one.respondent_relation is not None:
            respondent = f"{one.respondent}.{one.respondent_relation}"
        return {
            "number": one.sitting,
            "stands": of.standing == one.sitting,
            "how": words.word("mode", one.mode),
            "who": words.respondent(respondent),
            "sent": None
            if one.submitted_at is None
            else words.instant(one.submitted_at, self.zone),
            "apart": one.not_for_analysis is not None,
            "instrument_sha256": one.instrument_sha256,
            "wording_sha256": one.wording_sha256,
            "answers": list(self._answers(of.instrument, one.items)),
            "scores": [self._score(each) for each in one.scores],
        }

    def _answers(self, instrument: str, items: Sequence[SignedItem]) -> Iterator[dict[str, Any]]:
        """Every item in the order of asking: its value, its gap, or that nothing was reached."""
        given = {one.item: one for one in items}
        for code, label in self.words.items(instrument):
            one = given.get(code)
            if one is None:
                value = self.words.word("gap", "not_reached")
            elif one.value is None:
                value = self.words.word("gap", one.gap or "none")
            else:
                value = str(one.value)
            corrections = 0 if one is None else one.corrections
            yield {"item": label, "value": value, "corrections": corrections}

    def _score(self, one: SignedScore) -> dict[str, Any]:
        words = self.words
        return {
            "scale": words.word("scale", one.scale),
            "basis": None if one.basis == "complete" else words.text(f"score.{one.basis}"),
            "raw": words.score(None if one.raw is None else str(one.raw)),
            "normalised": words.score(None if one.score_0_100 is None else str(one.score_0_100)),
            "absent": None if one.absent is None else words.word("absent", one.absent),
        }


def meaning_in_words(words: Words, protocol: Protocol, meaning: str) -> str:
    """What a signature means: in the protocol's words, where it says it in its own."""
    own = protocol.coming.signature_meaning
    label = next((one.label for one in own if one.id == meaning), None)
    return words.word("signing.meaning", meaning) if label is None else words.chosen(label)


def locked_in_words(
    words: Words, protocol: Protocol, locked: Sequence[LockedVisit], at: ZoneInfo
) -> list[str]:
    """Which visits are locked, each since when."""
    return [
        words.text(
            "lock.since",
            visit=words.visit(protocol, one.definition, one.occurrence),
            at=words.instant(one.locked_at, at),
        )
        for one in locked
    ]


def bound_values(words: Words, timeline: Timeline, bound: Bound) -> dict[str, Any]:
    """What a participant's page says of signatures and locks: of each visit that has closed."""
    document = timeline.document
    shown = Shown(words, timeline.protocol, zone(timeline.site.zone))
    may_read = document.may_read_scores
    standing = [one.signature for one in bound.verified if one.stands]
    return {
        "signatures": [shown.signature(one, may_read=may_read) for one in bound.verified],
        "unsigned": [
            shown.visit(visit.definition, visit.occurrence)
            for visit in document.visits
            if _waits(visit, document.now, standing)
        ],
        "locked": locked_in_words(words, timeline.protocol, bound.locked, shown.zone),
    }


def _waits(visit: VisitLine, now: datetime, standing: Sequence[Signature]) -> bool:
    """Whether a visit has closed, asked something, and has no signature that stands."""
    closes_at = visit.closes_at
    if visit.superseded_at is not None or not visit.assessments or closes_at is None:
        return False
    return closes_at <= now and not any(_is_over(one, visit.id, closes_at) for one in standing)


def _is_over(signature: Signature, visit_id: UUID, closes_at: datetime) -> bool:
    """Whether it is of this visit: of that alone, or of all that had closed by then."""
    of = signature.visit_id
    return of == visit_id or (of is None and signature.signed_at >= closes_at)
