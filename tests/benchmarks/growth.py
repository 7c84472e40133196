"""`growth`: every statement of the periodic work and of a participant's path, at one size of study.

Pages, milliseconds of the backend's processor and of waiting, the middle of the rounds, as the role
that runs it with the plan it keeps; writes are undone. Run it at two sizes and compare line by
line: `--participants 2000`, then `20000`. A statement that this release does not have, or calls
otherwise, is left out, so that releases can be compared as well.
What takes longer than `LONGEST` is given up and said to; with `--folder` the study is filled once.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from datetime import time, timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.delivery.states import MessageState
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.ids import new_id
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect
from pro_service.store.sql_files import all_queries
from pro_service.store.writes import AttemptRow, ResponseRow
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.kept import Filling, filled
from tests.benchmarks.measuring.server import Server, ran_of_process
from tests.support.large import (
    ASSESSMENTS,
    MESSAGES,
    PARTICIPANTS,
    VISITS_EACH,
    LargeStudy,
    load_large_study,
    row_id,
)

PAGES, PROVIDER, WORKER = "pro_participant", "pro_provider", "pro_worker"
ITEMS: Final = 24
OURS: Final = "+12025550199"
LONGEST: Final = timedelta(seconds=60)
"""What a statement may take."""
TOGETHER: Final = 100
"""Participants of a wave."""
UNTIL_KEPT: Final = 6
"""Runs after which a plan is kept."""
DELIVERED: Final[tuple[Any, ...]] = (
    *("simulator", "out-77", "delivered", None, "test:benchmark"),
    *(list(MessageState), ["delivered"] * len(MessageState), []),
)
"""What a provider says of a text that has arrived."""


class Said(NamedTuple):
    """A statement, the role that runs it, and what it is given."""

    name: str
    role: str
    values: tuple[Any, ...] = ()


PERIODIC: Final = (
    Said("list_due", WORKER, (200,)),
    Said("next_due", WORKER),
    Said("list_retries", WORKER, (["simulator"], 200)),
    Said("list_ambiguous", WORKER, (["simulator"], 300.0, 200)),
    Said("list_unheard_replies", WORKER, (["simulator"], 300.0, 200)),
    Said("mark_overdue_ambiguous", WORKER),
    Said("mark_expired", WORKER, (["simulator"],)),
    Said("close_calls_over", WORKER),
    Said("list_call_looks", WORKER),
    Said("look_at_closings", WORKER),
    Said("list_unseen_alerts", WORKER, (200,)),
    Said("list_unassessed_alerts", WORKER, (["warning_sign"], 200)),
    Said("list_alerts_to_tell", WORKER, (200, timedelta(minutes=2))),
    Said("list_unread_warnings", WORKER, (200,)),
    Said("close_calls_read", WORKER),
    Said("list_idle_tablets", WORKER, (200,)),
    Said("list_without_tail", WORKER, (UUID(int=0), UUID(int=0), 500)),
    Said("list_digest_mornings", WORKER, (time(7), time(12))),
    Said("claim_push", PROVIDER, (["aliyun"], 60.0, 8)),
    Said("get_next_seal", WORKER, (20_000,)),
    Said("list_inbound_sweeps", PROVIDER, ("simulator", 86_400.0, 600.0, 60.0)),
    Said("claim_export", WORKER, (timedelta(minutes=5), 3)),
    Said("get_figures", WORKER, (new_id(),)),
)
"""What is run every second or minute, whether or not anything is due."""


def path_of(study: LargeStudy) -> tuple[Said, ...]:
    """What one participant's pages, texts and reminders read and write."""
    who = (study.study_id, study.participant_id)
    session = sha256(f"session{study.number}".encode()).digest()
    message = row_id(MESSAGES, study.number)
    a_while = timedelta(hours=12)
    first = study.number - TOGETHER // 2
    many = [row_id(PARTICIPANTS, number) for number in range(first, first + TOGETHER)]
    wave = [{"study_id": study.study_id, "participant_id": one} for one in many]
    return (
        Said("get_participant_facts", PAGES, (*who, [])),
        Said("get_participant_facts", WORKER, (*who, [])),
        Said("get_lean_facts", PAGES, (*who, [])),
        Said("get_lean_facts_of_many", WORKER, (wave, [])),
        Said("list_senders_of", WORKER, (study.study_id, many, ["simulator"])),
        Said("find_invitation", PAGES, (study.token_sha256,)),
        Said("find_session", PAGES, (session, a_while)),
        Said("find_guest_by_link", PAGES, (study.token_sha256, [])),
        Said("find_guest_by_session", PAGES, (session, a_while, [])),
        Said("look_again_by_link", PAGES, (study.token_sha256,)),
        Said("look_again_by_session", PAGES, (session, a_while)),
        Said("find_web_write", PAGES, (study.study_id, "key-00008caa")),
        Said("record_answers", PAGES, (*who, 1, answers_of(study))),
        Said("find_provider_event", PROVIDER, (study.study_id, "simulator", "in-51001")),
        Said("find_arrival", PROVIDER, ("simulator", [OURS], [study.their_index], None, True)),
        Said("find_line", WORKER, (study.study_id, study.sender_id, [study.their_index])),
        Said("list_messages", WORKER, (study.study_id, [message])),
        Said("record_receipt", PROVIDER, (new_id(), message, *DELIVERED)),
        Said("list_invitations", WORKER, who),
        Said("list_closed_sittings", WORKER, (*who, False)),
    )


def answers_of(study: LargeStudy) -> AnswersWrite:
    """A sitting of twenty-four answers at the open visit."""
    assessment = row_id(ASSESSMENTS, 2 * study.open_visit)
    attempt = AttemptRow(
        id=new_id(),
        assessment_id=assessment,
        ordinal=VISITS_EACH,
        mode="web",
        respondent="self",
        respondent_relation=None,
        authentication="link",
        language="en",
        device_class=None,
        release="benchmark",
        instrument_sha256="0",
        wording_sha256="0",
        actor="test:benchmark",
    )
    responses = [
        ResponseRow(
            id=new_id(),
            assessment_id=assessment,
            attempt_id=attempt.id,
            item=f"item_{number}",
            value=number % 11,
            gap=None,
            lowest=0,
            highest=10,
            raw_sealed=None,
            raw_key=None,
            answered_at=None,
            answered_offset_minutes=None,
            inbound_id=None,
            actor="test:benchmark",
        )
        for number in range(ITEMS)
    ]
    return AnswersWrite(attempts=[attempt], responses=responses)


async def fill_study(url: str, participants: int) -> None:
    """Fill the empty database at `url`."""
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        await load_large_study(superuser, participants=participants)
    finally:
        await superuser.close()


GROWN: Final = Filling("grown", fill_study, (Path(__file__),))


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds and pages of each statement, the middle of the rounds."""
    found: list[dict[str, Any]] = []
    notes: list[str] = []
    study = LargeStudy.of(chosen.participants)
    async with filled(server, GROWN, chosen.participants, chosen.folder) as (url, _):
        for one in (*path_of(study), *PERIODIC):
            sql = _SQL.get(one.name)
            if sql is None or sql.parameters != len(one.values):
                notes.append(
                    f"{one.name} is left out: this release has none, or calls it otherwise"
                )
                continue
            try:
                found.append(await _cost(url, server, one, sql.text, chosen.rounds))
            except asyncpg.QueryCanceledError:
                notes.append(f"{one.name} is left out: it took longer than {LONGEST.seconds} s")
    lines = [f"{'':48}{'pages':>11}{'cpu ms':>11}{'ms':>11}"]
    lines += [
        f"{row['name']:48}{row['pages']:11d}{row['cpu_ms']:11.2f}{row['ms']:11.2f}" for row in found
    ]
    return Found("growth", f"statements, {chosen.participants} participants", found, notes, lines)


class _Text(NamedTuple):
    text: str
    parameters: int


_SQL: Final = {one.name: _Text(one.sql, len(one.parameters)) for one in all_queries()}


async def _cost(url: str, server: Server, one: Said, sql: str, rounds: int) -> dict[str, Any]:
    """One statement, as often as there are rounds, on one warm connection."""
    connection = await connect(url, role=one.role, actor="test:benchmark")
    backend = None if server.postmaster is None else connection.get_server_pid()
    try:
        await connection.execute(f"SET statement_timeout = {LONGEST.seconds * 1000}")
        runs = [
            await _undone(connection, backend, sql, one.values) for _ in range(UNTIL_KEPT + rounds)
        ][UNTIL_KEPT:]
        explained = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sql
        told = (await _undone(connection, backend, explained, one.values)).rows[0][0]
    finally:
        await connection.close()
    plan: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return {
        "name": f"{one.name} ({one.role})",
        "pages": _pages(plan),
        "cpu_ms": statistics.median(run.cpu_ms for run in runs),
        "ms": statistics.median(run.ms for run in runs),
    }


class _Run(NamedTuple):
    rows: list[asyncpg.Record]
    ms: float
    cpu_ms: float
    """Of the backend's processor; 0 where it is elsewhere."""


async def _undone(
    connection: asyncpg.Connection, backend: int | None, sql: str, values: tuple[Any, ...]
) -> _Run:
    """Run a statement, and undo what it wrote."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        ran, began = ran_of_process(backend), perf_counter()
        rows = await connection.fetch(sql, *values)
        ms = (perf_counter() - began) * 1000
        return _Run(rows, ms, (ran_of_process(backend) - ran) * 1000)
    finally:
        await transaction.rollback()


def _pages(plan: dict[str, Any]) -> int:
    """Pages read; what a writing CTE reads is not part of its statement's own count."""
    writing = [n for n in _nodes(plan) if n["Node Type"] == "ModifyTable" and n is not plan]
    return sum(int(n["Shared Hit Blocks"] + n["Shared Read Blocks"]) for n in (plan, *writing))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
