"""What roles may change or remove, table by table: all of it stands here, with its reason (M12)."""

from __future__ import annotations

from typing import Final

import asyncpg

from pro_service.store.ids import new_id
from pro_service.store.pools import connect
from tests.support.seed import SeededParticipant

PAGES, HOOKS, WORKER = "pro_participant", "pro_provider", "pro_worker"
OPERATOR, DESK, CLERK = "pro_operator", "pro_desk", "pro_clerk"
ROLES: Final = (PAGES, HOOKS, WORKER, OPERATOR, DESK, CLERK)
ANSWERING: Final = {PAGES, HOOKS}
EVERYBODY: Final = set(ROLES)

MAY_REMOVE: Final[dict[str, tuple[set[str], str]]] = {
    "current_responses": (ANSWERING, "the release before asks to; by a policy it removes nothing"),
    "export_parts": ({WORKER}, "a file is kept for a day"),
    "looks_asked": ({WORKER}, "looked at: what was seen is in the record itself"),
    "participant_sessions": ({PAGES}, "by a policy only those of a week ago"),
    "participant_outlooks": ({WORKER}, "derived, and made anew"),
    "visit_outlooks": ({WORKER}, "derived, and made anew"),
    "closed_visits": ({WORKER}, "derived, and made anew"),
}
MAY_CHANGE: Final[dict[str, tuple[set[str], str]]] = {
    "participant_outlooks": ({WORKER}, "derived, and made anew"),
    "visit_outlooks": ({WORKER}, "derived, and made anew"),
    "figure_counts": ({WORKER}, "derived, and counted anew"),
    "closed_visits": ({WORKER}, "derived, and made anew"),
    "closed_counts": ({WORKER}, "derived, and counted anew"),
    "alerts": (EVERYBODY - {DESK, WORKER}, "seen, acted upon, closed"),
    "assessments": (ANSWERING | {WORKER, CLERK}, "sent in, declined, scored as far as it went"),
    "attempts": (ANSWERING | {CLERK}, "sent in"),
    "call_tasks": (EVERYBODY - {DESK}, "closed"),
    "cards": ({OPERATOR, DESK}, "ended"),
    "contact_points": (EVERYBODY - {DESK}, "confirmed, wrong, bad, in another place, ended"),
    "conversations": ({OPERATOR, HOOKS, WORKER, PAGES, CLERK}, "the dialogue goes on"),
    "current_responses": (ANSWERING, "the release before asks to; by a policy it changes nothing"),
    "export_makings": ({WORKER}, "how far a file is, and what it came to"),
    "inbound_sweeps": ({HOOKS}, "how far it was swept"),
    "inbounds": ({DESK, HOOKS, CLERK}, "read"),
    "invitations": (EVERYBODY - {DESK}, "ended"),
    "lines": ({OPERATOR, HOOKS, CLERK}, "whom a shared number is about"),
    "messages": (EVERYBODY - {PAGES}, "sent, delivered, dealt with"),
    "opt_outs": ({OPERATOR, HOOKS, CLERK}, "ended"),
    "participant_revisions": (EVERYBODY, "the turn"),
    "participant_sessions": ({PAGES}, "the second factor given; ended"),
    "participant_sites": ({OPERATOR, CLERK}, "a stay ends"),
    "tablet_sessions": ({PAGES, WORKER}, "touched; ended"),
    "participants": (
        {OPERATOR, DESK, CLERK},
        "another code with another card; another protocol version",
    ),
    "people": ({OPERATOR}, "stopped, joined"),
    "provider_pushes": ({HOOKS, OPERATOR}, "worked off, emptied, looked at"),
    "reminders": (EVERYBODY - {DESK}, "due at another hour, ended"),
    "sender_paces": ({OPERATOR, WORKER}, "when the next text may go"),
    "sending_holds": ({OPERATOR}, "released"),
    "sitting_responses": (ANSWERING | {CLERK}, "what stands, among the sitting's own for the item"),
    "sites": ({OPERATOR, CLERK}, "corrected, by administrators of theirs"),
    "staff": ({OPERATOR, CLERK}, "a membership ends"),
    "staff_assignments": ({OPERATOR, CLERK}, "a role ends"),
    "visits": (EVERYBODY - {DESK}, "superseded, attended, chosen for"),
}
"""At most these roles; a reason says what is changed, column by column in the grants."""
NEVER_CHANGED: Final = {"study_id", "id", "participant_id", "actor", "recorded_at", "value", "gap"}
"""Columns that say what a row is, of whom and by whom: nobody changes them."""
NOT_AUDITED: Final = {
    "conversations": "state of a dialogue, rewritten at every text",
    "current_responses": "empty",
    "export_makings": "what was asked and what left are audited beside it",
    "inbound_sweeps": "how far a list was read",
    "inbounds": "who read a text is beside it; what came is insert-only",
    "lines": "whom a shared number is about just now",
    "messages": "receipts keep every word of a provider",
    "participant_outlooks": "derived from the record, which is audited",
    "visit_outlooks": "derived from the record, which is audited",
    "figure_counts": "derived from the record, which is audited",
    "closed_visits": "derived from the record, which is audited",
    "closed_counts": "derived from the record, which is audited",
    "participant_revisions": "a counter",
    "participant_sessions": "who is in; ended within hours",
    "provider_pushes": "what it held has its own rows; who looked at it is beside it",
    "reminders": "when a nudge is due; ended with its reason",
    "tablet_sessions": "who holds a tablet; its steps are audited",
    "sender_paces": "a clock",
    "sitting_responses": "follows from the responses, which are insert-only and audited",
    "invitations": "a link ends",
    "call_tasks": "closed with who and why beside it",
}

HELD = """
SELECT r.rolname AS role, c.relname AS name,
       has_table_privilege(r.rolname, c.oid, 'DELETE') AS removes,
       has_table_privilege(r.rolname, c.oid, 'TRUNCATE') AS empties,
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               AND has_column_privilege(r.rolname, c.oid, a.attnum, 'UPDATE')) AS changes
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'pro'
CROSS JOIN pg_roles AS r
WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND r.rolname = ANY ($1)
ORDER BY c.relname, r.rolname
"""


async def test_m12_no_role_removes_or_changes_what_is_not_said_here(
    owner: asyncpg.Connection,
) -> None:
    held = await owner.fetch(HELD, ROLES)
    assert len(held) > len(ROLES) * 40
    assert [(one["role"], one["name"]) for one in held if one["empties"]] == []
    removes = {(one["role"], one["name"]) for one in held if one["removes"]}
    assert removes <= {(role, name) for name, (roles, _) in MAY_REMOVE.items() for role in roles}
    changes = {(one["role"], one["name"]) for one in held if one["changes"]}
    allowed = {(role, name) for name, (roles, _) in MAY_CHANGE.items() for role in roles}
    assert changes - allowed == set()
    never = [
        (one["role"], one["name"], sorted(NEVER_CHANGED & set(one["changes"])))
        for one in held
        if NEVER_CHANGED & set(one["changes"])
    ]
    assert never == []


async def test_m12_what_may_be_changed_is_audited_or_says_why_not(
    owner: asyncpg.Connection,
) -> None:
    audited = await owner.fetch(
        "SELECT DISTINCT c.relname AS name FROM pg_trigger AS t JOIN pg_class AS c"
        " ON c.oid = t.tgrelid WHERE t.tgname = 'audit_update'"
    )
    names = {one["name"] for one in audited}
    held = await owner.fetch(HELD, ROLES)
    changed = {one["name"] for one in held if one["changes"]}
    assert changed - names <= NOT_AUDITED.keys()


async def test_m12_nobody_removes_what_stands_answered(
    participant: SeededParticipant, owner: asyncpg.Connection, database_url: str
) -> None:
    study = participant.study.id
    await owner.execute("ALTER TABLE pro.current_responses DISABLE TRIGGER kept_in_sitting")
    assessment = participant.assessments["baseline", "pain-nrs", "left_knee"]
    attempt, response = new_id(), new_id()
    await owner.execute(
        "INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode,"
        " respondent, authentication, language, release, instrument_sha256, wording_sha256,"
        " started_at, actor) VALUES ($1, $2, $3, $4, 1, 'web', 'self', 'link', 'en', '0', '0',"
        " '0', pro.now(), 'test')",
        *(study, attempt, participant.id, assessment),
    )
    await owner.execute(
        "INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item,"
        " value, lowest, highest, answered_at, received_at, actor)"
        " VALUES ($1, $2, $3, $4, $5, 'pain', 3, 0, 10, pro.now(), pro.now(), 'test')",
        *(study, response, participant.id, assessment, attempt),
    )
    await owner.execute(
        "INSERT INTO pro.current_responses (study_id, assessment_id, item, attempt_id, response_id)"
        " VALUES ($1, $2, 'pain', $3, $4)",
        *(study, assessment, attempt, response),
    )
    for role in (PAGES, HOOKS):
        connection = await connect(database_url, role=role, actor="test:role")
        try:
            for statement in (
                "DELETE FROM pro.current_responses",
                "UPDATE pro.current_responses SET response_id = response_id",
            ):
                assert (await connection.execute(statement)).endswith(" 0")
        finally:
            await connection.close()
    assert await owner.fetchval("SELECT count(*) FROM pro.current_responses") == 1


async def test_m12_the_pages_sweep_only_sessions_of_a_week_ago(
    participant: SeededParticipant, owner: asyncpg.Connection, database_url: str
) -> None:
    card = new_id()
    study = participant.study.id
    await owner.execute(
        "INSERT INTO pro.cards (study_id, id, participant_id, token_sha256, link_key, actor)"
        " VALUES ($1, $2, $3, sha256('x'), 'k', 'test')",
        *(study, card, participant.id),
    )
    for name, days in (("new", 0), ("six days old", 6), ("old", 8)):
        await owner.execute(
            "INSERT INTO pro.participant_sessions (id_sha256, study_id, participant_id, card_id,"
            " authentication, started_at) VALUES (sha256($1::bytea), $2, $3, $4, 'card',"
            " clock_timestamp() - make_interval(days => $5))",
            *(name.encode(), study, participant.id, card, days),
        )
    connection = await connect(database_url, role=PAGES, actor="test:role")
    try:
        assert await connection.execute("DELETE FROM pro.participant_sessions") == "DELETE 1"
    finally:
        await connection.close()
    assert await owner.fetchval("SELECT count(*) FROM pro.participant_sessions") == 2
