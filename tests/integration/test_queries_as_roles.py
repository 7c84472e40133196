"""Every query has the rights it needs, as each role that runs it.

Preparing a statement asks for no right; planning to run it does. EXPLAIN does that and no more.
"""

from __future__ import annotations

import asyncpg
import pytest

from pro_service.store.pools import connect
from pro_service.store.sql_files import Query, all_queries

PAGES, HOOKS, WORKER = "pro_participant", "pro_provider", "pro_worker"
OPERATOR, DESK, OWNER = "pro_operator", "pro_desk", "pro_owner"
EVERYBODY = (PAGES, HOOKS, WORKER, OPERATOR)

ROLES_OF: dict[str, tuple[str, ...]] = {
    "adherence": (OPERATOR,),
    "answers": (PAGES,),
    "answers.record_answers": (PAGES, HOOKS),
    "answers.record_partial_scores": (WORKER,),
    "answers.list_closed_unscored": (WORKER,),
    "cards": (OPERATOR, DESK),
    "cards.find_code_in_use": (OPERATOR, DESK),
    "demo": (OWNER,),
    "desk": (DESK,),
    "entry": (PAGES,),
    "escalation": (WORKER,),
    "export": (OPERATOR,),
    "inbounds": (HOOKS,),
    "inbounds.list_line_participants": (HOOKS, OPERATOR, WORKER, PAGES),
    "lines": (OPERATOR, WORKER, HOOKS, PAGES),
    "messages": (WORKER,),
    "messages.get_message": (WORKER, HOOKS),
    "messages.find_sender": (WORKER, OPERATOR, PAGES),
    "messages.find_sender_by_address": (HOOKS,),
    "messages.find_line": (WORKER, HOOKS, OPERATOR, PAGES),
    "messages.get_prompt_state": (HOOKS,),
    "messages.find_message": (HOOKS,),
    "messages.find_message_by_provider_id": (HOOKS,),
    "messages.record_receipt": (HOOKS,),
    "operations": (OPERATOR,),
    "operations.get_database_kind": (WORKER, OPERATOR),
    "operations.get_study_time": (WORKER, OPERATOR),
    "operations.seal_audit": (WORKER,),
    "operations.check_database": (PAGES,),
    "pages": (PAGES,),
    "participants": (OPERATOR,),
    "participants.get_participant_facts": EVERYBODY,
    "participants.list_participants": (WORKER, OPERATOR),
    "participants.find_participant": (WORKER, OPERATOR),
    "participants.list_complete_sittings": (PAGES, HOOKS),
    "phone": (WORKER,),
    "phone.find_next_event": (WORKER, OPERATOR),
    "reminders": (WORKER,),
    "reminders.next_due": (OPERATOR,),
    "reminders.close_calls_over": (WORKER,),
    "reminders.list_invitations": (WORKER, HOOKS),
    "reminders.find_invitation": (PAGES,),
    "rescoring": (OPERATOR,),
    "schedule": (OPERATOR,),
    "sending": (WORKER,),
    "sending.insert_call": (WORKER, HOOKS),
    "sending.list_inbound_sweeps": (HOOKS,),
    "sending.mark_inbound_swept": (HOOKS,),
    "sending.set_pace": (OPERATOR,),
    "sessions": (DESK,),
    "sessions.set_staff_password": (OPERATOR,),
    "sessions.revoke_staff_sessions": (OPERATOR,),
    "simulator": (WORKER,),
    "studies": (OPERATOR,),
    "studies.get_protocol_document": EVERYBODY,
    "studies.get_study_key": (WORKER, HOOKS, OPERATOR, PAGES),
    "studies.get_data_key": (HOOKS, OPERATOR),
    "studies.insert_study_key": (HOOKS, OPERATOR),
    "wording": (OPERATOR,),
    "wording.list_wording_packs": (OPERATOR, WORKER),
}
"""By stem, or by stem and name where one query of a file differs from the rest."""


def roles_of(query: Query) -> tuple[str, ...]:
    """The roles that run a query; none if the table above does not say."""
    return ROLES_OF.get(f"{query.stem}.{query.name}", ROLES_OF.get(query.stem, ()))


async def explain(connection: asyncpg.Connection[asyncpg.Record], query: Query) -> None:
    """Plan a query with no values at all; raises what PostgreSQL objects to."""
    await connection.execute(f"PREPARE tried AS {query.sql}")
    try:
        nothing = ", ".join(["NULL"] * len(query.parameters))
        await connection.execute(f"EXPLAIN EXECUTE tried{f'({nothing})' if nothing else ''}")
    finally:
        await connection.execute("DEALLOCATE tried")


def test_every_query_names_its_roles_and_every_name_is_a_query() -> None:
    queries = list(all_queries())
    assert [f"{one.stem}.{one.name}" for one in queries if not roles_of(one)] == []
    known = {one.stem for one in queries} | {f"{one.stem}.{one.name}" for one in queries}
    assert sorted(set(ROLES_OF) - known) == []


@pytest.mark.parametrize("role", [*EVERYBODY, DESK, OWNER])
async def test_every_query_may_be_run_by_the_role_that_runs_it(
    database_url: str, role: str
) -> None:
    connection = await connect(database_url, role=role, actor="test:role")
    refused: dict[str, str] = {}
    try:
        # A plan made for these very values could leave out what must be asked for.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for query in all_queries():
            if role in roles_of(query):
                try:
                    await explain(connection, query)
                except asyncpg.PostgresError as error:
                    refused[f"{query.stem}.{query.name}"] = str(error)
    finally:
        await connection.close()
    assert refused == {}


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (WORKER, "record_answers"),
        (PAGES, "record_inbound"),
        (HOOKS, "write_schedule"),
        (HOOKS, "move_clock"),
        (DESK, "get_participant_facts"),
    ],
)
async def test_a_query_of_another_role_is_refused(database_url: str, role: str, name: str) -> None:
    query = next(one for one in all_queries() if one.name == name)
    connection = await connect(database_url, role=role, actor="test:role")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await explain(connection, query)
    finally:
        await connection.close()
