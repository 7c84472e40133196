"""What the copy of a participant's record says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pro_service.domain.instruments.numbers import written
from pro_service.services.base.notes import noted_in
from pro_service.services.desk.copying import CopyFacts
from pro_service.store.desk.corrections import CorrectionSeen
from pro_service.store.desk.timeline import VisitLine
from pro_service.web.desk.consenting.said import consent_in_words
from pro_service.web.desk.copying.paper import Paper, Part, Table
from pro_service.web.desk.signing.shown import Shown
from pro_service.web.desk.states import state_values
from pro_service.web.desk.story import Story, Told
from pro_service.web.desk.words import Words

_SHORT: Final = 16


def record_copy(words: Words, facts: CopyFacts) -> Paper:
    """The copy in one language; instants in the site's zone, those of the audit in UTC."""
    return _Copy(words, facts).whole()


class _Copy(Told):
    """Puts one participant's record into words and tables."""

    def __init__(self, words: Words, facts: CopyFacts) -> None:
        super().__init__(words, facts.timeline)
        self.facts = facts
        self.sittings = {one.id: one for one in facts.sittings}

    def t(self, key: str, **parameters: object) -> str:
        return self.words.text(f"copy.{key}", **parameters)

    def when(self, instant: datetime | None) -> str:
        return "" if instant is None else self.at(instant)

    def whole(self) -> Paper:
        document, words = self.document, self.words
        parts = (
            self.part("consents", ("what", "who"), self.consents()),
            self.part(
                "schedule", ("visit", "plan", "opens", "target", "closes", "state"), self.schedule()
            ),
            self.part(
                "sittings",
                ("visit", "asked", "number", "how", "device", "begun", "sent", "wording"),
                self.each_sitting(),
            ),
            self.part(
                "answers",
                ("visit", "asked", "number", "item", "answer", "received", "stands", "wording"),
                self.each_answer(),
                hidden=not document.may_read_scores,
            ),
            self.part(
                "scores",
                ("visit", "asked", "number", "scale", "raw", "normalised", "items", "basis"),
                self.scores(),
                hidden=not document.may_read_scores,
            ),
            self.part(
                "signatures",
                ("signed", "printed", "login", "at", "meaning", "stands", "changed"),
                self.signed(),
            ),
            self.part(
                "corrections", ("of", "asked_by", "change", "why", "decided"), self.changed()
            ),
            self.part("story", ("at", "what", "detail", "who"), self.story()),
            self.part("audit", ("entry", "at_utc", "table", "done", "who", "why"), self.audit()),
        )
        title = self.t("title", code=document.code)
        return Paper(title, tuple(self.head(words)), parts)

    def part(
        self,
        name: str,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        hidden: bool = False,
    ) -> Part:
        title = self.t(f"part.{name}")
        if hidden:
            return Part(title, (self.t("hidden"),), None)
        listed = tuple(rows)
        if not listed:
            return Part(title, (self.t("nothing"),), None)
        lines = (self.t("audit_says"),) if name == "audit" else ()
        return Part(title, lines, Table([self.t(f"head.{one}") for one in heads], listed))

    def head(self, words: Words) -> Iterator[str]:
        document, site, facts = self.document, self.timeline.site, self.facts
        if facts.kind != "production":
            yield self.t("not_real", kind=facts.kind or "")
        yield self.t("site", code=site.code, name=site.name, zone=site.zone)
        yield self.t("enrolled", at=self.at(document.enrolled_at))
        status = self.timeline.status
        yield self.t(
            "status",
            status=words.text("status.none") if status is None else words.word("status", status),
        )
        yield self.t(
            "knees", knees=", ".join(words.word("target", one) for one in document.treated_knees)
        )
        protocol = facts.protocol
        yield self.t("protocol", label=protocol.label, hash=protocol.content_sha256)
        yield self.t("taken", at=self.at(document.now), who=facts.taken_by)

    def consents(self) -> Iterator[Sequence[str]]:
        for one in self.document.consents:
            yield consent_in_words(self.words, one), self.words.who(one.actor)

    def visit(self, visit: VisitLine) -> str:
        return self.words.visit(self.timeline.protocol, visit.definition, visit.occurrence)

    def schedule(self) -> Iterator[Sequence[str]]:
        words = self.words
        for visit in self.document.visits:
            states = [
                f"{words.asked(one.instrument, one.target)}: {state_values(words, state)['word']}"
                for one in visit.assessments
                if (state := self.timeline.states.get(one.id)) is not None
            ]
            if visit.superseded_at is not None:
                states = [self.t("superseded", at=self.at(visit.superseded_at))]
            yield (
                self.visit(visit),
                str(visit.schedule_revision),
                self.at(visit.opens_at),
                words.day(visit.target_on),
                words.until(visit.closes_at, self.zone),
                "; ".join(states),
            )

    def place(self, assessment_id: UUID, sitting: UUID) -> tuple[str, str, str]:
        """Visit, what was asked, and the number of the sitting."""
        visit, asked = self.assessments[assessment_id]
        number = self.sittings[sitting].ordinal if sitting in self.sittings else None
        named = self.words.asked(asked.instrument, asked.target)
        return self.visit(visit), named, "" if number is None else str(number)

    def each_sitting(self) -> Iterator[Sequence[str]]:
        words = self.words
        for one in self.facts.sittings:
            how = (
                words.word("mode", one.mode),
                words.word("respondent", one.respondent),
                one.interviewer,
            )
            yield (
                *self.place(one.assessment_id, one.id),
                ", ".join(filter(None, how)),
                one.device_class or "",
                self.at(one.started_at),
                self.when(one.submitted_at),
                f"{one.language} {one.wording_sha256}",
            )

    def each_answer(self) -> Iterator[Sequence[str]]:
        words = self.words
        for one in self.document.answers:
            instrument = self.assessments[one.assessment_id][1].instrument
            sitting = self.sittings.get(one.attempt_id)
            yield (
                *self.place(one.assessment_id, one.attempt_id),
                f"{one.item}: {words.item(instrument, one.item)}",
                words.word("gap", one.gap or "none") if one.value is None else written(one.value),
                self.at(one.received_at),
                self.t("yes" if one.stands else "replaced"),
                "" if sitting is None else sitting.wording_sha256[:_SHORT],
            )

    def scores(self) -> Iterator[Sequence[str]]:
        words = self.words
        for one in self.document.scores:
            yield (
                *self.place(one.assessment_id, one.attempt_id),
                words.word("scale", one.scale),
                one.raw or words.word("absent", one.absent_reason or ""),
                one.normalised or "",
                self.t("items_of", answered=one.answered, substituted=one.substituted),
                words.text(f"score.{one.basis}") if one.basis != "complete" else "",
            )

    def signed(self) -> Iterator[Sequence[str]]:
        """Name, time and meaning of each, as 21 CFR 11.50 asks, and whether it stood."""
        may_read = self.document.may_read_scores
        shown = Shown(self.words, self.timeline.protocol, self.zone)
        for each in self.facts.signatures:
            one = shown.signature(each, may_read=may_read)
            yield (
                one["of"],
                one["name"],
                one["who"],
                one["at"],
                one["meaning"],
                self.t("signed_stands" if one["stands"] else "signed_void", hash=one["sha256"]),
                "; ".join(one["reasons"]),
            )

    def changed(self) -> Iterator[Sequence[str]]:
        words = self.words
        for one in self.facts.corrections:
            visit = words.visit(self.timeline.protocol, one.definition, one.occurrence)
            asked = words.asked(one.instrument, one.target)
            item = self.t("whole_sitting") if one.item is None else one.item
            yield (
                f"{visit}, {asked}: {item}",
                f"{words.who(one.actor)}, {self.at(one.recorded_at)}",
                self.change(one),
                self.noted(one.reason) if one.readable else self.t("hidden"),
                self.decision(one),
            )

    def change(self, one: CorrectionSeen) -> str:
        if one.item is None or not one.readable:
            return self.words.text(f"correction.kind_{one.kind}")
        return self.words.text("correction.change", before=one.before, wished=one.wished)

    def decision(self, one: CorrectionSeen) -> str:
        if one.approved is None:
            return self.t("waits")
        key = "correction.approved" if one.approved else "correction.refused"
        who, at = self.words.who(one.decided_by), self.when(one.decided_at)
        why = self.noted(one.decided_reason) if one.readable else self.t("hidden")
        return f"{self.words.text(key, who=who, at=at)} {why}".strip()

    def noted(self, reason: str | None) -> str:
        """Words of staff, or that they cannot be read any more."""
        return self.said(reason) or reason or ""

    def story(self) -> Iterator[Sequence[str]]:
        for one in Story(self.words, self.timeline).entries():
            told = [one["detail"], one["quote"]]
            what = f"{one['kind_word']}: {one['what']}"
            yield one["at"], what, " – ".join(filter(None, told)), one["who"] or ""

    def audit(self) -> Iterator[Sequence[str]]:
        for one in self.facts.entries:
            why = self.t("in_words") if noted_in(one.reason) else one.reason or ""
            yield (
                str(one.id),
                f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                one.table_name,
                one.operation,
                one.actor,
                why,
            )
