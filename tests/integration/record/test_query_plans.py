"""Hot queries touch a few pages of a large study, run as the role that runs them.

Each is planned both ways PostgreSQL may plan a prepared statement: for the values given, and for
any values. The bounds are pages read (8 kB each, in memory or not), several times what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from pro_service.store.pools import connect, encode_json
from pro_service.store.sql_files import load_queries
from pro_service.store.texting.reminders import ClaimOf, ClaimWrite, WaveWrite
from tests.support.databases import clone, run
from tests.support.large import (
    ASSESSMENTS,
    ATTEMPTS,
    LINES,
    MESSAGES,
    PARTICIPANTS,
    REMINDERS,
    SITES,
    VISITS,
    LargeStudy,
    load_large_study,
    row_id,
)
from tests.support.record.documents import answers_document, claim_document
from tests.support.record.plans import explain, nodes, pages_touched, rows_of_tables

SMALL_TABLE = 1_000
"""Reading a whole table of fewer rows is no fault."""
PLANNING = ("force_custom_plan", "force_generic_plan")


class Values:
    """What cases are run with: rows of the participant in the middle of the loaded study."""

    def __init__(self, study: LargeStudy) -> None:
        """Name the rows of the participant in the middle."""
        visit = study.open_visit
        self.study = study.study_id
        self.sender = study.sender_id
        self.participant = study.participant_id
        self.visit = row_id(VISITS, visit)
        self.assessment = row_id(ASSESSMENTS, 2 * visit)
        self.attempt = row_id(ATTEMPTS, 2 * visit)
        self.line = row_id(LINES, study.number)
        self.message = row_id(MESSAGES, study.number)
        self.reminder = row_id(REMINDERS, 4 * visit)
        self.indexes = [study.their_index, b"\x00" * 32]
        self.users = [study.participant_id]
        self.messages, self.senders = [self.message], [self.sender]
        self.marks = [{"id": self.message, "state": "delivered"}]
        self.token = study.token_sha256
        self.people = encode_json(
            [
                {"study_id": study.study_id, "participant_id": row_id(PARTICIPANTS, number)}
                for number in range(study.number, study.number + 20)
            ]
        )

    @property
    def answers(self) -> dict[str, Any]:
        """What `record_answers` is given."""
        return answers_document(self)

    @property
    def claim(self) -> ClaimWrite:
        """What `claim_reminders` is given."""
        return claim_document(self)

    @property
    def wave(self) -> WaveWrite:
        """What `claim_wave` is given: the same."""
        claim = ClaimOf(participant_id=self.participant, revision=1, claim=self.claim)
        return WaveWrite([claim])


@dataclass(frozen=True)
class Case:
    """A query, the role that runs it, its values by name, and the pages it may touch."""

    place: str
    name: str
    role: str
    pages: int
    values: tuple[Any, ...] = field(default=())

    @property
    def label(self) -> str:
        return f"{self.place}.{self.name}"


@dataclass(frozen=True)
class Of:
    """A value of the loaded study, by its name in Values."""

    name: str


STUDY, PARTICIPANT, USERS = Of("study"), Of("participant"), Of("users")
FACTS, CARRIER = (STUDY, PARTICIPANT, "{}"), (STUDY, Of("message"), None, USERS)
READERS = ("pro_participant", "pro_provider", "pro_worker")
READS = (
    *(Case("base/participants", "get_participant_facts", role, 200, FACTS) for role in READERS),
    *(Case("base/participants", "get_lean_facts", role, 120, FACTS) for role in READERS),
    Case("base/participants", "get_facts_of_many", "pro_worker", 20 * 200, (Of("people"), "{}")),
    Case(
        "base/participants", "get_lean_facts_of_many", "pro_worker", 20 * 120, (Of("people"), "{}")
    ),
    Case(
        "base/participants",
        "list_sent_sittings",
        "pro_participant",
        300,
        (STUDY, PARTICIPANT, "{pain-nrs}", datetime.fromisoformat("2999-01-01T00:00Z")),
    ),
    Case("base/participants", "find_participant", "pro_operator", 20, (STUDY, "L-77")),
    Case("texting/reminders", "list_due", "pro_worker", 300, (200,)),
    Case("texting/reminders", "next_due", "pro_worker", 20),
    Case("texting/reminders", "find_invitation", "pro_participant", 20, (Of("token"),)),
    Case("texting/reminders", "list_invitations", "pro_worker", 60, (STUDY, PARTICIPANT)),
    Case("pages/entrance", "find_guest_by_link", "pro_participant", 130, (Of("token"), "{}")),
    Case(
        "pages/entrance",
        "find_guest_by_session",
        "pro_participant",
        130,
        (sha256(b"session77").digest(), timedelta(hours=12), "{}"),
    ),
    Case(
        "pages/entrance", "find_card_by_token", "pro_participant", 20, (sha256(b"card77").digest(),)
    ),
    Case("pages/entrance", "list_cards_by_code", "pro_participant", 30, ("L77",)),
    Case(
        "pages/entrance",
        "find_session",
        "pro_participant",
        30,
        (sha256(b"session77").digest(), timedelta(hours=12)),
    ),
    Case(
        "receiving/inbounds",
        "find_provider_event",
        "pro_provider",
        30,
        (STUDY, "simulator", "in-51001"),
    ),
    Case(
        "receiving/inbounds",
        "list_line_participants",
        "pro_provider",
        60,
        (STUDY, Of("indexes"), Of("line")),
    ),
    Case("receiving/inbounds", "count_replies_today", "pro_provider", 60, (STUDY, Of("line"))),
    Case("receiving/inbounds", "was_warned_today", "pro_provider", 60, (STUDY, Of("line"))),
    Case("texting/messages", "find_line", "pro_worker", 20, (STUDY, Of("sender"), Of("indexes"))),
    Case("texting/messages", "find_message", "pro_provider", 20, (Of("message"), "simulator")),
    Case(
        "texting/messages",
        "find_message_by_provider_id",
        "pro_provider",
        20,
        ("simulator", "out-77"),
    ),
    Case("texting/messages", "list_messages", "pro_worker", 40, (STUDY, Of("messages"))),
    Case(
        "texting/messages",
        "list_lines",
        "pro_worker",
        20,
        (STUDY, Of("senders"), Of("indexes")),
    ),
    Case("texting/reminders", "list_invitations_of", "pro_worker", 60, (STUDY, USERS)),
    Case("texting/sending", "list_senders_of", "pro_worker", 30, (STUDY, USERS, "simulator")),
    Case("texting/messages", "get_carrier", "pro_provider", 40, CARRIER),
    Case("texting/messages", "list_retries", "pro_worker", 100, (200,)),
    Case("texting/messages", "list_ambiguous", "pro_worker", 100, (300.0, 200)),
    Case("texting/messages", "list_unheard_replies", "pro_worker", 100, (300.0, 200)),
    Case("answering/answers", "find_web_write", "pro_participant", 20, (STUDY, "key-00008caa")),
    Case("answering/answers", "list_to_close", "pro_worker", 25_000, (200,)),
    Case("answering/answers", "list_closed_sittings", "pro_worker", 1_000, (STUDY, PARTICIPANT)),
    Case("texting/reminders", "list_to_check_for_calls", "pro_worker", 40_000, (10_000,)),
)
SWEEPS = (
    Case("texting/messages", "mark_overdue_ambiguous", "pro_worker", 1_500),
    Case("texting/messages", "mark_expired", "pro_worker", 1_500),
)
WRITES = (
    Case(
        "answering/answers",
        "record_answers",
        "pro_participant",
        2_500,
        (STUDY, PARTICIPANT, 1, Of("answers")),
    ),
    Case(
        "answering/answers",
        "record_answers",
        "pro_provider",
        2_500,
        (STUDY, PARTICIPANT, 1, Of("answers")),
    ),
    Case(
        "texting/reminders",
        "claim_reminders",
        "pro_worker",
        500,
        (STUDY, PARTICIPANT, 1, Of("claim")),
    ),
    Case("texting/reminders", "claim_wave", "pro_worker", 500, (STUDY, Of("wave"))),
    Case(
        "texting/messages",
        "mark_messages",
        "pro_worker",
        100,
        (STUDY, "delivered", Of("marks")),
    ),
    Case(
        "texting/messages",
        "reclaim_message",
        "pro_worker",
        100,
        (STUDY, Of("message"), PARTICIPANT, 1, 30),
    ),
)


@pytest.fixture(scope="module")
def large(server_url: str, template_database: str) -> Iterator[tuple[str, LargeStudy]]:
    """The URL of a database with a large study in it."""

    async def fill(url: str) -> LargeStudy:
        superuser = await asyncpg.connect(url)
        try:
            return await load_large_study(superuser)
        finally:
            await superuser.close()

    with clone(server_url, template_database) as url:
        yield url, run(fill(url))


async def check(url: str, case: Case, values: Sequence[Any], planning: str) -> dict[str, Any]:
    """Run a case and judge its plan; returns the plan."""
    connection = await connect(url, role=case.role, actor="test:plans")
    try:
        sql = load_queries(case.place)[case.name]
        explained = await explain(connection, sql, values, planning)
        sizes = await rows_of_tables(connection)
    finally:
        await connection.close()
    plan: dict[str, Any] = explained["Plan"]
    read_whole = {
        node["Relation Name"]
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and sizes.get(node["Relation Name"], 0) > SMALL_TABLE
    }
    touched = pages_touched(plan)
    print(f"\n{case.label} as {case.role}, {planning}: {touched} pages, read whole: {read_whole}")
    assert not read_whole, f"{case.label} reads whole tables: {read_whole}"
    assert touched <= case.pages, f"{case.label} touches {touched} pages"
    return plan


def values_of(case: Case, study: LargeStudy) -> list[Any]:
    """The case's values, the study's own filled in."""
    known = Values(study)
    return [getattr(known, v.name) if isinstance(v, Of) else v for v in case.values]


@pytest.mark.parametrize("planning", PLANNING)
@pytest.mark.parametrize("case", READS, ids=lambda case: f"{case.label}-{case.role}")
async def test_a_hot_read_touches_few_pages(
    large: tuple[str, LargeStudy], case: Case, planning: str
) -> None:
    url, study = large
    plan = await check(url, case, values_of(case, study), planning)
    assert plan["Actual Rows"] > 0, "it found nothing, so its plan proves nothing"


@pytest.mark.parametrize("planning", PLANNING)
@pytest.mark.parametrize("case", SWEEPS, ids=lambda case: case.label)
async def test_a_sweep_touches_only_what_is_under_way(
    large: tuple[str, LargeStudy], case: Case, planning: str
) -> None:
    url, study = large
    plan = await check(url, case, values_of(case, study), planning)
    assert plan["Actual Rows"] > 0, "it found nothing, so its plan proves nothing"


@pytest.mark.parametrize("planning", PLANNING)
@pytest.mark.parametrize("case", WRITES, ids=lambda case: f"{case.label}-{case.role}")
async def test_a_write_touches_few_pages(
    large: tuple[str, LargeStudy], case: Case, planning: str
) -> None:
    url, study = large
    plan = await check(url, case, values_of(case, study), planning)
    assert plan["Actual Rows"] == 1


@pytest.mark.parametrize(("site", "seen"), [(2, 20), (1, 0)])
async def test_a_participants_visits_cost_the_desk_few_pages_under_row_level_security(
    large: tuple[str, LargeStudy], site: int, seen: int
) -> None:
    url, study = large
    # Visits, two of them superseded, of one participant: seen by their own site alone.
    sql = "SELECT id FROM pro.visits WHERE study_id = $1 AND participant_id = $2"
    connection = await connect(url, role="pro_desk", actor="test:plans")
    try:
        await connection.execute(f"SET pro.site_ids = '{row_id(SITES, site)}'")
        values = [study.study_id, study.participant_id]
        explained = await explain(connection, sql, values, PLANNING[0])
    finally:
        await connection.close()
    assert explained["Plan"]["Actual Rows"] == seen
    assert pages_touched(explained["Plan"]) < 300
