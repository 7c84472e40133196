"""What each database role may do, whatever the program says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from pro_service.domain.study.querying.data_queries import QueryStep
from pro_service.services import rounds
from pro_service.services.record.asking import About, mark_source, raise_query, take_step
from pro_service.store.pools import connect
from tests.support.audit import Audit
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.study import Left, Trial, add_site, go_on_with, open_trial, row

APPLICATION_ROLES = (
    "pro_participant",
    "pro_provider",
    "pro_worker",
    "pro_operator",
    "pro_desk",
    "pro_clerk",
)
RECORD = (
    "responses",
    "scores",
    "standing_sittings",
    "consents",
    "events",
    "statuses",
    "safety_ends",
    "data_queries",
    "data_query_steps",
    "source_marks",
    "allocations",
    "unblindings",
    "allocation_showings",
    "audit_entries",
    "audit_seals",
    "audit_lists",
    "audit_generations",
    "protocol_versions",
    "delivery_receipts",
    "signatures",
    "locks",
    "locked_visits",
    "lock_lifts",
    "data_cuts",
    "read_exams",
    "read_lists",
    "read_items",
    "read_locks",
)
OWN_COLUMN = {
    "audit_seals": "entry_count",
    "audit_lists": "version",
    "audit_generations": "why",
}
"""A column of those that have no actor."""
BOUND = (
    "INSERT INTO pro.data_cuts (study_id, id, name, cut_at, reason, actor)"
    " SELECT id, gen_random_uuid(), 'interim', pro.now(), 'x', 'test' FROM pro.studies",
    "INSERT INTO pro.signatures (study_id, id, participant_id, format, content_sha256, meaning,"
    " printed_name, signed_at, actor) SELECT study_id, gen_random_uuid(), id, 1, repeat('0', 64),"
    " 'reviewed', 'Ines Berg', pro.now(), 'test' FROM pro.participants",
    "INSERT INTO pro.locks (study_id, id, scope, actor, reason)"
    " SELECT id, gen_random_uuid(), 'study', 'test', 'x' FROM pro.studies",
    "INSERT INTO pro.locked_visits (study_id, id, lock_id, participant_id, visit_id, actor)"
    " SELECT v.study_id, gen_random_uuid(), k.id, v.participant_id, v.id, 'test'"
    " FROM pro.visits AS v CROSS JOIN pro.locks AS k",
    "INSERT INTO pro.read_exams (study_id, id, participant_id, visit_id, target, measured_on,"
    " actor) SELECT study_id, gen_random_uuid(), participant_id, id, 'left_knee', target_on, 'test'"
    " FROM pro.visits LIMIT 1",
    "INSERT INTO pro.read_lists (study_id, id, measure, measure_version, definition_sha256, reader,"
    " purpose, readers_rule, seed, actor) SELECT id, gen_random_uuid(), 'ute_t2s', '1',"
    " repeat('0', 64), 'rita', 'read', 'mean', 1, 'test' FROM pro.studies",
    "INSERT INTO pro.read_items (study_id, id, list_id, sequence, pseudonym, exam_id, look, actor)"
    " SELECT l.study_id, gen_random_uuid(), l.id, 1, 'ABC', e.id, 1, 'test'"
    " FROM pro.read_lists AS l CROSS JOIN pro.read_exams AS e",
    "INSERT INTO pro.read_locks (study_id, id, step, actor, reason)"
    " SELECT id, gen_random_uuid(), 'locked', 'test', 'x' FROM pro.studies",
    "INSERT INTO pro.lock_lifts (study_id, id, lock_id, step, printed_name, actor, reason)"
    " SELECT study_id, gen_random_uuid(), id, 'asked', 'Dora Data', 'test', 'x' FROM pro.locks",
)
"""A row in each table of what binds the record."""
NEVER_AT_THE_DESK = (
    "read_exams",
    "reads",
    "read_findings",
    "contact_points",
    "lines",
    "participant_identifiers",
    "conversations",
    "identities",
    "participant_sessions",
    "entry_tries",
)
SEEN_BY_SITE = (
    "participants",
    "cards",
    "participant_sites",
    "consents",
    "statuses",
    "events",
    "visits",
    "assessments",
    "attempts",
    "responses",
    "sitting_responses",
    "standing_sittings",
    "scores",
    "reminders",
    "messages",
    "inbounds",
    "data_queries",
    "data_query_steps",
    "source_marks",
    "unblindings",
    "sites",
)


async def asked_about(trial: Trial) -> None:
    """A data query with a step, a visit compared with its source, and an arm that was shown."""
    who, actor = trial.who("K-001"), "test:role"
    query = await raise_query(who, About(), "a word of the test", actor=actor)
    await take_step(who, query, QueryStep.answered, "a word of the test", actor=actor)
    visit = (await trial.facts("K-001")).visits[0]
    await mark_source(who, visit.id, "a word of the test", actor=actor)
    for table, columns, values in (
        ("allocations", "arm_sealed, arm_key, held_by, reason", "'x', 'A256GCM:x', 'hal', 'test'"),
        ("unblindings", "reason", "'note:' || gen_random_uuid()"),
    ):
        await trial.owner_does(
            f"INSERT INTO pro.{table} (study_id, id, participant_id, actor, {columns})"
            f" SELECT study_id, gen_random_uuid(), id, 'test', {values} FROM pro.participants"
        )
    await trial.owner_does(
        "INSERT INTO pro.allocation_showings (study_id, id, row_count, actor)"
        " SELECT id, gen_random_uuid(), 1, 'test' FROM pro.studies"
    )


async def lived(trial: Trial) -> None:
    """A participant with a row in every table of the record."""
    await trial.enrol(row("K-001"))
    await trial.owner_does(
        "INSERT INTO pro.safety_ends (study_id, id, participant_id, ended_at, actor, reason)"
        " SELECT study_id, gen_random_uuid(), id, pro.now(), 'test', 'a word of the test'"
        " FROM pro.participants"
    )
    await asked_about(trial)
    await trial.ask()
    for _ in range(40):
        reply = await trial.says("K-001", "2")
        if reply and "last question" in reply:
            break
    await trial.move(timedelta(days=12))
    await rounds.closing_round(trial.pools.worker, trial.context)
    for statement in BOUND:
        await trial.owner_does(statement)
    await Audit(trial).seal_everything()


@pytest.fixture(scope="module")
def prepared(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """A participant with a row in every table of the record, lived once."""

    async def make(url: str) -> Left:
        async with open_trial(url) as trial:
            await lived(trial)
            return Left.of(trial)

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture
async def record_url(stock: Stock, prepared: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(prepared.database) as url:
        yield url


@pytest.fixture
async def trial(record_url: str, prepared: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial of that participant, going on."""
    async with go_on_with(record_url, prepared.made) as running:
        yield running


async def let_do(url: str, *statements: str) -> list[tuple[str, str]]:
    """Which application role may do which of these."""
    done = []
    for role in APPLICATION_ROLES:
        connection = await connect(url, role=role, actor="test:role")
        try:
            for statement in statements:
                try:
                    await connection.execute(statement)
                except asyncpg.InsufficientPrivilegeError:
                    continue
                done.append((role, statement))
        finally:
            await connection.close()
    return done


async def test_no_application_role_changes_or_removes_the_record(record_url: str) -> None:
    changes = []
    for table in RECORD:
        columns = [OWN_COLUMN[table]] if table in OWN_COLUMN else ["actor", "study_id"]
        changes += [f"UPDATE pro.{table} SET {column} = {column}" for column in columns]
        changes += [f"DELETE FROM pro.{table}", f"TRUNCATE pro.{table} CASCADE"]
    assert await let_do(record_url, *changes) == []


async def test_no_role_but_the_owner_can_delete_what_is_audited(owner: asyncpg.Connection) -> None:
    """Deleting leaves no entry of its own, so nobody may; what the owner does, verifying finds."""
    may = await owner.fetch(
        "SELECT l.table_name, r.rolname, p.privilege"
        " FROM (SELECT DISTINCT table_name FROM pro.audit_lists) AS l"
        " CROSS JOIN pg_roles AS r CROSS JOIN (VALUES ('DELETE'), ('TRUNCATE')) AS p (privilege)"
        " WHERE r.rolname ~ '^pro_' AND r.rolname <> 'pro_owner'"
        " AND has_table_privilege(r.oid, format('pro.%I', l.table_name), p.privilege)"
    )
    assert [tuple(one) for one in may] == []
    assert await owner.fetchval("SELECT count(DISTINCT table_name) FROM pro.audit_lists") > 30


async def test_no_application_role_writes_audit_itself(database_url: str) -> None:
    done = await let_do(
        database_url,
        "INSERT INTO pro.audit_entries (table_name, operation, row_count, row_ids, digest,"
        " actor) VALUES ('responses', 'INSERT', 1, '[]', '', 'nobody')",
        "UPDATE pro.audit_rules SET reason_on_update = false",
        "UPDATE pro.study_clock SET ahead = '1 day'",
    )
    assert done == []


async def test_the_insert_only_rule_refuses_even_the_owner(trial: Trial) -> None:
    for table in RECORD:
        assert await trial.count(table) > 0, table
        column = OWN_COLUMN.get(table, "actor")
        for statement in (
            f"UPDATE pro.{table} SET {column} = {column}",
            f"DELETE FROM pro.{table}",
            f"TRUNCATE pro.{table} CASCADE",
        ):
            with pytest.raises(asyncpg.PostgresError, match="never changed or removed"):
                await trial.owner_does(statement)


async def test_a_value_outside_its_items_range_is_refused(trial: Trial) -> None:
    copied = (
        "INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id,"
        " item, value, gap, lowest, highest, answered_at, received_at, actor)"
        " SELECT study_id, gen_random_uuid(), participant_id, assessment_id, attempt_id, item,"
        " $1, $2, lowest, highest, answered_at, received_at, actor FROM pro.responses LIMIT 1"
    )
    for value, gap in ((11, None), (-1, None), (None, None), (4, "skipped"), (None, "bored")):
        with pytest.raises(asyncpg.CheckViolationError):
            await trial.owner_does(copied, value, gap)
    await trial.owner_does(copied, 10, None)


async def desk_sees(trial: Trial, *site_ids: UUID, role: str = "investigator") -> dict[str, int]:
    """How many rows of each table staff of these sites see."""
    async with trial.pools.desk.acquire() as connection, connection.transaction():
        if site_ids:
            await connection.execute(
                "SELECT set_config('pro.site_ids', $1, true),"
                " set_config('pro.site_roles', $2, true)",
                ",".join(map(str, site_ids)),
                ",".join(f"{site_id}:{role}" for site_id in site_ids),
            )
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM pro.{table}")
            for table in SEEN_BY_SITE
        }


async def test_staff_see_their_sites_rows_and_nothing_without_a_site(trial: Trial) -> None:
    first = await trial.fetchval("SELECT id FROM sites")
    second = await add_site(trial.operator, trial.study_id, "SH02")
    await trial.enrol(row("K-002", site="SH02"))
    every = {table: await trial.count(table) for table in SEEN_BY_SITE}
    at_first, at_second = await desk_sees(trial, first), await desk_sees(trial, second)
    assert set((await desk_sees(trial)).values()) == {0}
    assert min(at_first.values()) > 0
    assert at_first["participants"] == at_second["participants"] == 1
    assert {table: at_first[table] + at_second[table] for table in SEEN_BY_SITE} == every
    assert await desk_sees(trial, first, second) == every


async def test_a_former_site_keeps_what_was_recorded_before_the_participant_left(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        first = await trial.fetchval("SELECT id FROM sites")
        second = await add_site(trial.operator, trial.study_id, "SH02")
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "4")
        await trial.operator.execute("SET pro.reason = 'moved house'")
        await trial.operator.execute("UPDATE participant_sites SET valid_to = pro.now()")
        await trial.operator.execute("RESET pro.reason")
        await trial.operator.execute(
            "INSERT INTO participant_sites"
            " (study_id, id, participant_id, site_id, valid_from, actor)"
            " SELECT study_id, gen_random_uuid(), participant_id, $1, pro.now(), 'test'"
            " FROM participant_sites",
            second,
        )
        before = await desk_sees(trial, first)
        await trial.move(timedelta(minutes=1))
        await trial.says("K-001", "5")
        former, present = await desk_sees(trial, first), await desk_sees(trial, second)
        assert (former["inbounds"], present["inbounds"]) == (1, 2)
        assert former["inbounds"] == before["inbounds"]
        assert present["responses"] == 2
        assert (former["participants"], present["participants"]) == (1, 1)


async def test_a_coordinator_sees_status_and_neither_answers_nor_scores(trial: Trial) -> None:
    site_id = await trial.fetchval("SELECT id FROM sites")
    seen = await desk_sees(trial, site_id, role="coordinator")
    assert (seen["responses"], seen["sitting_responses"], seen["scores"]) == (0, 0, 0)
    assert seen["assessments"] > 0


async def test_no_application_role_reads_what_proves_who_somebody_is(database_url: str) -> None:
    tables = ("person_passwords", "staff_passwords", "staff_sessions", "sign_in_tries")
    reading = (f"SELECT FROM pro.{table}" for table in tables)
    assert await let_do(database_url, *reading, "UPDATE pro.people SET login = 'x'") == []


async def test_staff_never_read_identities(database_url: str) -> None:
    connection = await connect(database_url, role="pro_desk", actor="test:desk")
    try:
        for table in NEVER_AT_THE_DESK:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SELECT FROM pro.{table}")
    finally:
        await connection.close()
