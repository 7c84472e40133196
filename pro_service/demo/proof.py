"""The proof of a run, from independent books.

What the participants sent, what the service stored, and what the provider took are laid side by
side; nothing the service says of itself is taken for granted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.demo.ledger import Ledger, SentAnswer
from pro_service.demo.provider.fake import ProviderFake
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.domain.study.statuses import RULES
from pro_service.services.record import verify
from pro_service.store.demo import demo as store
from pro_service.store.demo.demo import StoredAnswer, StoredScore
from pro_service.store.record.seals import DirectConnection
from pro_service.vault.signing import PublicKeys

Place = tuple[str, str, str, str]
"""Participant's code, instrument, target, item."""


class Check(NamedTuple):
    """One thing proved: what must not be, how much was looked at, how often it is so after all."""

    claim: str
    looked_at: int
    violations: int

    @property
    def holds(self) -> bool:
        """Whether there is no violation."""
        return self.violations == 0


class Books(NamedTuple):
    """How the participants' book and the service's differ."""

    lost: int
    """Answers sent and acknowledged, but not stored."""
    doubled: int
    """Answers stored that nobody sent, or that were stored again."""
    changed: int
    """Answers stored with another value, or in another order."""
    wrongly_standing: int
    """Responses that count and should not, or the other way round."""


def compare_books(sent: Sequence[SentAnswer], stored: Sequence[StoredAnswer]) -> Books:
    """Lay the two books side by side, place by place, in the order of each."""
    where = {one.assessment_id: (one.instrument, one.target) for one in stored}
    lost = sum(1 for one in sent if one.assessment_id and one.assessment_id not in where)
    theirs: dict[Place, list[object]] = defaultdict(list)
    for one in sent:
        instrument, target = one.instrument, one.target
        if one.assessment_id is not None:
            if one.assessment_id not in where:
                continue
            instrument, target = where[one.assessment_id]
        theirs[one.code, instrument, target, one.item].append((one.value, one.gap))
    ours: dict[Place, list[object]] = defaultdict(list)
    for row in stored:
        ours[row.code, row.instrument, row.target, row.item].append((row.value, row.gap))
    doubled = changed = 0
    for place in theirs.keys() | ours.keys():
        a, b = theirs.get(place, []), ours.get(place, [])
        lost += max(len(a) - len(b), 0)
        doubled += max(len(b) - len(a), 0)
        if len(a) == len(b):
            changed += sum(x != y for x, y in zip(a, b, strict=True))
    return Books(lost, doubled, changed, _wrongly_standing(stored))


def _wrongly_standing(stored: Iterable[StoredAnswer]) -> int:
    """Of each item of a sitting the unreplaced response stands, alone."""
    standing: dict[tuple[UUID, str], int] = defaultdict(int)
    wrong = 0
    for row in stored:
        wrong += row.stands == row.replaced
        standing[row.attempt_id, row.item] += row.stands
    return wrong + sum(count > 1 for count in standing.values())


def compare_scores(
    instruments: Mapping[str, Instrument],
    submitted: Mapping[UUID, str],
    stored: Iterable[StoredAnswer],
    scores: Iterable[StoredScore],
) -> int:
    """How many submitted assessments are not scored once, and exactly as their answers say."""
    answers: dict[UUID, dict[str, Value | None]] = defaultdict(dict)
    for row in stored:
        if row.stands and row.sent:
            answers[row.assessment_id][row.item] = row.value
    found: dict[UUID, list[tuple[str, object, object]]] = defaultdict(list)
    for one in scores:
        found[one.assessment_id].append((one.scale, one.raw, one.normalised))
    wrong = len(found.keys() - submitted.keys())
    for assessment_id, instrument_id in submitted.items():
        expected = [
            (
                one.scale,
                None if one.raw is None else as_decimal(one.raw),
                None if one.normalised is None else as_decimal(one.normalised),
            )
            for one in score(instruments[instrument_id], answers[assessment_id])
        ]
        wrong += sorted(map(str, expected)) != sorted(map(str, found[assessment_id]))
    return wrong


class Cast(NamedTuple):
    """Of whom something particular must hold, whatever the service says of them."""

    never_send: Sequence[str]
    """Codes of those who never sent in what they had answered."""
    strangers: Sequence[str]
    """Numbers whose owner said that they are nobody's who takes part."""
    safety_visits: Sequence[str]
    """Definitions of visits that no pause, opt-out or missing number silences (R1)."""


class Proof(NamedTuple):
    """All checks, and the two figures a report names."""

    checks: tuple[Check, ...]
    doubles: int
    losses: int

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return all(check.holds for check in self.checks)


async def prove(
    connection: DirectConnection,
    study_id: UUID,
    *,
    instruments: Mapping[str, Instrument],
    ledger: Ledger,
    provider: ProviderFake,
    cast: Cast,
    seal_keys: PublicKeys,
) -> Proof:
    """Read all books and compare them. `connection` may read everything."""
    stored = await store.list_stored_answers(connection, study_id)
    submitted = await store.list_submitted(connection, study_id)
    scores = await store.list_complete_scores(connection, study_id)
    books = compare_books(ledger.sent, stored)
    silent = [status for status, rule in RULES.items() if rule.stops_messages]
    counted = await store.count_everything(connection, study_id)
    reminders = sum(row.rows for row in counted if row.what == "reminders")
    texts = sum(row.rows for row in counted if row.kind.startswith("reminder."))
    copies = await provider.doubles()
    twice = await store.count_reminders_texted_twice(connection, study_id)
    after = await store.count_texts_after_reason(connection, study_id, silent)
    left_due = await store.count_reminders_left_due(connection, study_id)
    not_kept = await store.count_texts_not_kept(connection, study_id)
    unposted = await provider.pending() + await provider.given_up()
    misscored = compare_scores(instruments, submitted, stored, scores)
    sent_for_them = await store.count_sent_by(connection, study_id, cast.never_send)
    to_strangers = await store.count_texts_to_strangers(connection, cast.strangers)
    safety = await store.count_safety_visits(connection, study_id, cast.safety_visits)
    verdict = await verify(connection, seal_keys)
    checks = (
        Check("every answer sent is stored", len(ledger.sent), books.lost),
        Check("no answer is stored twice or invented", len(stored), books.doubled),
        Check("every answer is stored as it was sent", len(stored), books.changed),
        Check("exactly the last word on each item stands", len(stored), books.wrongly_standing),
        Check("every completed assessment is scored once, rightly", len(submitted), misscored),
        Check("every text from a phone was kept", ledger.texts, not_kept),
        Check("every webhook was answered", ledger.texts + texts, unposted),
        Check("no text went twice", texts, copies + twice),
        Check("no reminder went after its reason had gone", texts, after),
        Check("every due reminder ended as a text or for a reason", reminders, left_due),
        Check("what nobody sent stays unsent", len(cast.never_send), sent_for_them),
        Check("no text about the study goes to a stranger", len(cast.strangers), to_strangers),
        Check("no safety day passes in silence", safety.over, safety.silent),
        Check("the audit is whole, and signed", verdict.entries, len(verdict.faults)),
    )
    doubles = copies + twice + books.doubled
    return Proof(checks, doubles, books.lost + not_kept)
