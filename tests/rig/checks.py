"""What is left of what was promised, asked of the database itself and of the provider's book."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

import asyncpg

from tests.rig.books import Acknowledged, Provider

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
SHOWN = frozenset({"accepted", "sent", "delivered", "unconfirmed"})
UNFINISHED = frozenset({"queued", "sending", "ambiguous"})
ANSWERS = """
SELECT DISTINCT assessment_id::text, item, value::text FROM pro.responses
WHERE assessment_id = ANY ($1::uuid[]) AND value IS NOT NULL
"""
SITTINGS = "SELECT DISTINCT assessment_id::text FROM pro.attempts WHERE submitted_at IS NOT NULL"
CAME = """
SELECT e.provider_id FROM pro.provider_events AS e
JOIN pro.inbounds AS i ON i.study_id = e.study_id AND i.id = e.inbound_id
WHERE e.provider_id LIKE 'rig-%' AND (i.disposition <> 'answer' OR EXISTS (
    SELECT FROM pro.responses AS r WHERE r.study_id = i.study_id AND r.inbound_id = i.id))
"""
"""Texts that are there, and with them their answers, where they were taken for answers."""
STORED_TWICE = """
SELECT attempt_id::text || ' ' || item FROM pro.responses
WHERE assessment_id = ANY ($1::uuid[]) AND inbound_id IS NULL AND value IS NOT NULL
GROUP BY attempt_id, item HAVING count(*) > 1
"""
"""Nobody goes back on a page: one sitting has one answer to a question."""
CREDITED_TWICE = """
SELECT inbound_id::text FROM pro.responses WHERE inbound_id IS NOT NULL
GROUP BY inbound_id, assessment_id, item HAVING count(*) > 1
"""
MESSAGES = "SELECT id::text, kind, state FROM pro.messages WHERE id > $1"
LEFT_DUE = """
SELECT count(*) FROM pro.reminders
WHERE ended_at IS NULL AND due_at < pro.now() - make_interval(secs => $1)
"""


@dataclass
class Verdict:
    """How many promises were kept, and which were not."""

    acknowledged: int = 0
    texts: int = 0
    lost: int = 0
    """Acknowledged answers and sittings that are not there."""
    doubled: int = 0
    """Texts that went twice, to the provider or to a telephone, and answers credited twice."""
    silent: int = 0
    """Taken for sent and never were, or gone without our knowledge; what is left open."""
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every promise was kept, and there were any."""
        return self.acknowledged > 0 and not (self.lost or self.doubled or self.silent)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.acknowledged} answers acknowledged, {self.texts} texts sent: {self.lost} lost,"
            f" {self.doubled} doubled, {self.silent} silently lost"
        )


async def compare(
    owner: Connection, book: Acknowledged, provider: Provider, since: UUID
) -> Verdict:
    """Look at all of it. `since` is a message id: what was written before it is none of ours."""
    verdict = Verdict(acknowledged=book.count, texts=len(provider.sent))
    await _answers(owner, book, verdict)
    await _texts(owner, provider, since, verdict)
    return verdict


async def _answers(owner: Connection, book: Acknowledged, verdict: Verdict) -> None:
    wanted = list({UUID(assessment) for assessment, _ in book.answers})
    there = {(row[0], row[1]): row[2] for row in await owner.fetch(ANSWERS, wanted)}
    lost = [key for key, value in book.answers.items() if there.get(key) != value]
    for what, wished, sql in (("sent in", book.sittings, SITTINGS), ("text", book.texts, CAME)):
        lost += [(one, what) for one in wished - {row[0] for row in await owner.fetch(sql)}]
    twice = [row[0] for row in await owner.fetch(CREDITED_TWICE)]
    twice += [row[0] for row in await owner.fetch(STORED_TWICE, wanted)]
    verdict.lost, verdict.doubled = len(lost), len(twice)
    verdict.notes += [f"lost: {one}" for one in lost] + [f"credited twice: {one}" for one in twice]


async def _texts(owner: Connection, provider: Provider, since: UUID, verdict: Verdict) -> None:
    ours = {row["id"]: row for row in await owner.fetch(MESSAGES, since)}
    given = Counter(str(text.message_id) for text in provider.sent)
    twice = [one for one, times in given.items() if times > 1]
    # A nudge that is forgotten is sent again under another id: its telephone has two of them.
    nudges = Counter(
        text.their_address
        for text in provider.sent
        if (found := ours.get(str(text.message_id))) is None or found["kind"] == "reminder"
    )
    twice += [phone for phone, times in nudges.items() if times > 1]
    unknown = [one for one in given if one not in ours]
    taken_for_sent = [
        one
        for one, row in ours.items()
        if row["state"] in SHOWN - {"unconfirmed"} and one not in given | provider.replies.keys()
    ]
    unfinished = [one for one, row in ours.items() if row["state"] in UNFINISHED]
    left = await owner.fetchval(LEFT_DUE, 60.0)
    verdict.doubled += len(twice)
    verdict.silent += len(unknown) + len(taken_for_sent) + len(unfinished) + left
    verdict.notes += [
        *(f"went twice: {one}" for one in twice),
        *(f"sent and forgotten: {one}" for one in unknown),
        *(f"taken for sent, and never was: {one}" for one in taken_for_sent),
        *(f"neither sent nor shown: {one}" for one in unfinished),
        *([f"{left} nudges are left due"] if left else []),
    ]
