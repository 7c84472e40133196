"""Answers kept by assessment become answers kept by sitting; the release before goes on."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.ids import new_id
from pro_service.store.migrations import migrate
from pro_service.store.pools import Pools, connect
from pro_service.store.sql_files import sql_folder
from pro_service.store.writes import AttemptRow, ResponseRow
from tests.integration.sittings import Sitter
from tests.support.seed import SeededParticipant

BEFORE = 36
RELEASES = Path(__file__).parents[2] / "data" / "releases"
OLD_RECORD = RELEASES / "record_answers_216a353.sql"
LIVED = RELEASES / "sat_by_assessment.sql"


async def test_answers_that_stood_stand_in_their_sittings(
    empty_database_url: str, tmp_path: Path
) -> None:
    old = tmp_path / "sql"
    shutil.copytree(sql_folder(), old)
    for path in (old / "migrations").glob("*.sql"):
        if int(path.name[:4]) >= BEFORE:
            path.unlink()
    superuser = await asyncpg.connect(empty_database_url)
    try:
        await migrate(superuser, folder=old)
        await superuser.execute(
            "CREATE FUNCTION pg_temp.rid(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS"
            " $$ SELECT lpad(n::text, 32, '0')::uuid $$"
        )
        await superuser.execute("SET pro.actor = 'test'")
        await superuser.execute(LIVED.read_text(encoding="utf-8").replace("rid(", "pg_temp.rid("))
        assert f"{BEFORE:04}_answers_by_sitting" in await migrate(superuser)
        stands = await superuser.fetch(
            "SELECT t.ordinal, c.item, r.value FROM pro.sitting_responses AS c"
            " JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id"
            " JOIN pro.attempts AS t ON t.id = c.attempt_id ORDER BY 1, 2"
        )
        assert [tuple(row) for row in stands] == [
            (1, "a", 2),
            (1, "b", 3),
            (2, "a", 4),
            (2, "b", 6),
        ]
        assert await superuser.fetchval("SELECT count(*) FROM pro.current_responses") == 0
    finally:
        await superuser.close()


@pytest.fixture
async def sitter(participant: SeededParticipant, pools: Pools) -> Sitter:
    return Sitter(participant, pools)


async def record_as_before(
    sitter: Sitter, url: str, sitting: UUID, ordinal: int, value: int
) -> None:
    """The release before stores two answers in a fresh sitting, as the pages' role."""
    study = sitter.participant.study
    facts = await sitter.context.reader.facts(sitter.owner, study.id, sitter.participant.id)
    attempt = AttemptRow(
        id=sitting,
        assessment_id=sitter.assessment_id,
        ordinal=ordinal,
        mode="web",
        respondent="self",
        respondent_relation=None,
        authentication="link",
        language="en",
        device_class=None,
        release="216a353",
        instrument_sha256="0",
        wording_sha256="0",
        actor="test",
    )
    responses = [
        ResponseRow(
            id=new_id(),
            assessment_id=sitter.assessment_id,
            attempt_id=sitting,
            item=item,
            value=value,
            gap=None,
            lowest=0,
            highest=10,
            raw_sealed=None,
            raw_key=None,
            answered_at=None,
            answered_offset_minutes=None,
            inbound_id=None,
            actor="test",
        )
        for item in ("pain_1", "pain_2")
    ]
    document = asdict(AnswersWrite(attempts=[attempt], responses=responses))
    connection = await connect(url, role="pro_participant", actor="test:pages")
    try:
        statement = OLD_RECORD.read_text(encoding="utf-8")
        await connection.execute(statement, study.id, facts.id, facts.revision, document)
    finally:
        await connection.close()


async def test_the_release_before_writes_into_sittings_and_reads_what_this_one_wrote(
    sitter: Sitter, database_url: str
) -> None:
    await sitter.answer(dict.fromkeys(list(sitter.items)[:5], 3))
    await record_as_before(sitter, database_url, new_id(), 2, 7)
    facts = await sitter.facts()
    assert {one.item: one.value for one in facts.read_answers} == {"pain_1": 7, "pain_2": 7}
    assert await sitter.owner.fetchval("SELECT count(*) FROM pro.sitting_responses") == 7
    assert await sitter.owner.fetchval("SELECT count(*) FROM pro.current_responses") == 0
    await sitter.answer({"pain_1": 8})
    read = await sitter.owner.fetch(
        "SELECT item, value FROM pro.standing_answers($1, $2) ORDER BY item",
        sitter.participant.study.id,
        sitter.assessment_id,
    )
    assert [tuple(row) for row in read] == [("pain_1", 8), ("pain_2", 7)]


async def test_a_sitting_holds_answers_of_its_own_alone(sitter: Sitter) -> None:
    await sitter.answer({"pain_1": 3})
    other = await sitter.sit_anew(2, {"pain_1": 5}, send=False)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await sitter.owner.execute(
            "UPDATE pro.sitting_responses SET attempt_id = $1, item = 'pain_2'"
            " WHERE attempt_id <> $1",
            other,
        )
