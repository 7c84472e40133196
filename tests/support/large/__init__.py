"""A study of the size plans must be judged at: thousands of participants, set-based, in seconds.

Rows are written without triggers and foreign-key checks, by a superuser, and are consistent all the
same. Ids are counted, so that a test can name any row: `row_id(VISITS, 7)` is the seventh visit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

(
    STUDIES,
    VERSIONS,
    SITES,
    PARTICIPANTS,
    VISITS,
    ASSESSMENTS,
    ATTEMPTS,
    RESPONSES,
    MESSAGES,
    REMINDERS,
    LINES,
    SENDERS,
    INBOUNDS,
    OTHERS,
) = range(1, 15)
VISITS_EACH = 18
"""Present visits of a participant; two more were superseded."""
PAST_VISITS = 9

INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid AND c.relkind = 'r' AND NOT c.relispartition
WHERE c.relnamespace = 'pro'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
"""
"""Those that hold no constraint."""
TABLES = """
SELECT oid::regclass::text AS name FROM pg_class
WHERE relnamespace = 'pro'::regnamespace AND relkind = 'r'
"""
PLAIN_CLOCK = """
CREATE OR REPLACE FUNCTION pro.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT now() $$
"""
FILL = Path(__file__).with_name("large.sql")


@dataclass(frozen=True)
class LargeStudy:
    """The ids of what tests ask for: one participant in the middle, and what is theirs."""

    participants: int
    study_id: UUID
    sender_id: UUID
    participant_id: UUID
    """Has a number of their own and nothing unusual."""
    number: int
    """The participant's count, which also names their line."""

    @classmethod
    def of(cls, participants: int) -> LargeStudy:
        """The study as it is filled with so many."""
        number = participants // 2 + 1
        whose = row_id(PARTICIPANTS, number)
        return cls(participants, row_id(STUDIES, 1), row_id(SENDERS, 1), whose, number)

    @property
    def open_visit(self) -> int:
        """The count of the visit that is open now."""
        return (self.number - 1) * VISITS_EACH + PAST_VISITS + 1

    @property
    def their_index(self) -> bytes:
        """The blind index of their number."""
        return token("number", self.number)

    @property
    def token_sha256(self) -> bytes:
        """The hash of the link to the open visit."""
        return token("link", self.open_visit)


def row_id(kind: int, count: int) -> UUID:
    """The id of the `count`th row of a kind, as the loading statements make it."""
    return UUID(f"{kind:08x}-0000-7000-8000-{count:012x}")


def token(kind: str, count: int) -> bytes:
    """Bytes that stand for a hash or something sealed."""
    return hashlib.sha256(f"{kind}:{count}".encode()).digest()


async def load_large_study(
    superuser: asyncpg.Connection, *, participants: int = 2_000, answers: int = 5
) -> LargeStudy:
    """Fill a migrated database; needs a superuser, because triggers are left out.

    About 18 visits, 36 assessments, 50 messages, 45 reminders and 50 answers for each participant;
    `answers` is how many of a WOMAC's 24 questions have been answered.
    """
    fill = FILL.read_text(encoding="utf-8").replace(":participants", str(participants))
    fill = fill.replace(":answers", str(answers))
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute("SET LOCAL synchronous_commit = off")
        # Indexes are made when the rows are there, and study time is looked up for none of them.
        clock = await superuser.fetchval("SELECT pg_get_functiondef('pro.now()'::regprocedure)")
        await superuser.execute(PLAIN_CLOCK)
        later = await superuser.fetch(INDEXES)
        await superuser.execute(";".join(f"DROP INDEX {one['name']}" for one in later))
        await superuser.execute(fill)
        await superuser.execute(clock)
        await superuser.execute(";".join(one["made"] for one in later))
    # As autovacuum leaves it in time: statistics, and pages known to be visible to all.
    tables = ", ".join(one["name"] for one in await superuser.fetch(TABLES))
    await superuser.execute(f"VACUUM (ANALYZE) {tables}")
    return LargeStudy.of(participants)
