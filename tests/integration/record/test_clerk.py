"""What the clerk may read and write: tables by name, and a policy for each."""

from __future__ import annotations

from typing import Final

import asyncpg

READS: Final = {
    "account_link_ends",
    "account_links",
    "alert_assessments",
    "alert_takes",
    "alerts",
    "assessments",
    "attempts",
    "backups",
    "call_tasks",
    "consents",
    "contact_points",
    "conversations",
    "correction_decisions",
    "correction_wishes",
    "correlation_runs",
    "corrections",
    "current_responses",
    "data_keys",
    "data_queries",
    "data_query_steps",
    "entry_settlements",
    "erasures",
    "events",
    "inbounds",
    "invitations",
    "kept_words",
    "lines",
    "lock_lifts",
    "locked_visits",
    "locks",
    "measure_imports",
    "measurements",
    "message_keys",
    "messages",
    "opt_outs",
    "own_events",
    "participant_protocols",
    "participant_revisions",
    "participant_sites",
    "participants",
    "people",
    "person_factor_ends",
    "person_factors",
    "preferences",
    "protocol_versions",
    "read_exams",
    "read_items",
    "read_lists",
    "read_locks",
    "reads",
    "registered_templates",
    "registration_gaps",
    "reminders",
    "responses",
    "restrictions",
    "rota_ends",
    "rota_entries",
    "safety_ends",
    "scores",
    "second_answers",
    "second_entries",
    "sender_moves",
    "sender_paces",
    "senders",
    "sending_holds",
    "server_timelines",
    "signatures",
    "site_corrections",
    "site_protocols",
    "sites",
    "sitting_responses",
    "source_marks",
    "staff",
    "staff_addresses",
    "staff_assignments",
    "staff_duties",
    "standing_sittings",
    "statuses",
    "studies",
    "tablet_handovers",
    "tablet_steps",
    "text_settlements",
    "undone",
    "visit_closings",
    "visit_moves",
    "visits",
    "web_writes",
}
"""What the rules need to be decided; shown is none of it."""
WRITES: Final = {
    ("account_link_ends", "INSERT"),
    ("account_links", "INSERT"),
    ("alert_assessments", "INSERT"),
    ("alert_takes", "INSERT"),
    ("alerts", "INSERT"),
    ("alerts", "UPDATE"),
    ("assessments", "INSERT"),
    ("assessments", "UPDATE"),
    ("attempts", "INSERT"),
    ("attempts", "UPDATE"),
    ("call_tasks", "INSERT"),
    ("call_tasks", "UPDATE"),
    ("cards", "INSERT"),
    ("consents", "INSERT"),
    ("contact_points", "INSERT"),
    ("contact_points", "UPDATE"),
    ("conversations", "UPDATE"),
    ("correction_decisions", "INSERT"),
    ("correlation_runs", "INSERT"),
    ("corrections", "INSERT"),
    ("data_keys", "INSERT"),
    ("data_queries", "INSERT"),
    ("data_query_steps", "INSERT"),
    ("entry_settlements", "INSERT"),
    ("erasures", "INSERT"),
    ("events", "INSERT"),
    ("identities", "INSERT"),
    ("inbounds", "UPDATE"),
    ("invitations", "UPDATE"),
    ("kept_words", "INSERT"),
    ("lines", "INSERT"),
    ("lines", "UPDATE"),
    ("lock_lifts", "INSERT"),
    ("locked_visits", "INSERT"),
    ("locks", "INSERT"),
    ("measure_imports", "INSERT"),
    ("measurements", "INSERT"),
    ("message_keys", "INSERT"),
    ("messages", "INSERT"),
    ("messages", "UPDATE"),
    ("notes", "INSERT"),
    ("opt_outs", "INSERT"),
    ("opt_outs", "UPDATE"),
    ("own_events", "INSERT"),
    ("participant_protocols", "INSERT"),
    ("participant_revisions", "INSERT"),
    ("participant_revisions", "UPDATE"),
    ("participant_sites", "INSERT"),
    ("participant_sites", "UPDATE"),
    ("participants", "INSERT"),
    ("participants", "UPDATE"),
    ("people", "INSERT"),
    ("person_factor_ends", "INSERT"),
    ("preferences", "INSERT"),
    ("remarks", "INSERT"),
    ("read_exams", "INSERT"),
    ("read_items", "INSERT"),
    ("read_lists", "INSERT"),
    ("read_locks", "INSERT"),
    ("reminders", "INSERT"),
    ("reminders", "UPDATE"),
    ("responses", "INSERT"),
    ("restrictions", "INSERT"),
    ("rota_ends", "INSERT"),
    ("rota_entries", "INSERT"),
    ("safety_ends", "INSERT"),
    ("scores", "INSERT"),
    ("second_answers", "INSERT"),
    ("second_entries", "INSERT"),
    ("sender_moves", "INSERT"),
    ("senders", "INSERT"),
    ("signatures", "INSERT"),
    ("site_corrections", "INSERT"),
    ("sites", "UPDATE"),
    ("sitting_responses", "INSERT"),
    ("sitting_responses", "UPDATE"),
    ("source_marks", "INSERT"),
    ("staff", "INSERT"),
    ("staff", "UPDATE"),
    ("staff_addresses", "INSERT"),
    ("staff_assignments", "INSERT"),
    ("staff_assignments", "UPDATE"),
    ("statuses", "INSERT"),
    ("tablet_handovers", "INSERT"),
    ("tablet_steps", "INSERT"),
    ("text_settlements", "INSERT"),
    ("unblindings", "INSERT"),
    ("undone", "INSERT"),
    ("visit_closings", "INSERT"),
    ("visit_moves", "INSERT"),
    ("visits", "INSERT"),
    ("visits", "UPDATE"),
    ("web_writes", "INSERT"),
}
NOBODYS_ROWS: Final = {
    "backups",
    "conversations",
    "invitations",
    "lines",
    "message_keys",
    "protocol_versions",
    "registered_templates",
    "registration_gaps",
    "sender_paces",
    "sending_holds",
    "server_timelines",
    "site_protocols",
    "staff_duties",
    "studies",
    "visit_closings",
    "web_writes",
}
"""Tables without row-level security for anybody: keys of forms, sealed addresses, where an exchange
stands, hashes of links, definitions, texts as approved, whether sending is held, what staff are not
to do, which backups were made."""
NO_ROWS: Final = {
    ("participants", "UPDATE"),
    ("participant_protocols", "INSERT"),
}
"""What the statement that records events asks the right for, and no policy gives a row: only the
operator moves anybody to another protocol version."""

OF_A_SITE: Final = {
    (table, "INSERT", "(site_id = ANY (visible_site_ids()))")
    for table in ("rota_ends", "rota_entries")
}
"""What is of a site and of no participant."""
SITE_OF_STUDY: Final = (
    "(EXISTS ( SELECT\n   FROM sites y\n  WHERE ((y.study_id = {table}.study_id)"
    " AND (y.id = ANY (visible_site_ids())))))"
)
OF_A_STUDY: Final = {
    (table, "INSERT", SITE_OF_STUDY.format(table=table))
    for table in ("correlation_runs", "measure_imports")
}
"""What is of a study and of no participant: whoever works at one of its sites writes it."""
FENCES: Final = ("desk_may_write", "is_newcomer", "desk_may_lock", "keeps_", "kept_site_ids")
"""Functions that say about whom, of a lock about which site or study, the clerk may write; and whom
of the staff, and which site, an administrator keeps."""
NEWCOMERS: Final = (
    "people",
    "INSERT",
    "(current_setting('pro.site_roles'::text, true) ~ ':administrator(,|$)'::text)",
)
"""Somebody new on the staff, whom no site has yet: an administrator of any site adds them."""
FIRST_KEY: Final = (
    "data_keys",
    "INSERT",
    "((participant_id IS NULL) AND (cardinality(visible_site_ids()) > 0))",
)
"""A study's own key, made with the first participant enrolled; nobody's record."""

GRANTED = """
SELECT c.relname AS table_name, c.relrowsecurity AS guarded, p.privilege
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'pro'
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p (privilege)
WHERE c.relkind IN ('r', 'p')
  AND CASE WHEN p.privilege = 'DELETE' THEN has_table_privilege('pro_clerk', c.oid, 'DELETE')
           ELSE has_any_column_privilege('pro_clerk', c.oid, p.privilege) END
"""
POLICIES = """
SELECT tablename AS table_name, cmd AS privilege,
       coalesce(qual, '') || coalesce(with_check, '') AS rule
FROM pg_policies
WHERE schemaname = 'pro' AND permissive = 'PERMISSIVE'
  AND roles && ARRAY['pro_clerk', 'public']::name[]
"""


async def test_the_tables_the_clerk_reads_and_writes_are_these(owner: asyncpg.Connection) -> None:
    granted = await owner.fetch(GRANTED)
    reads = {one["table_name"] for one in granted if one["privilege"] == "SELECT"}
    writes = {
        (one["table_name"], one["privilege"]) for one in granted if one["privilege"] != "SELECT"
    }
    assert reads == READS
    assert writes == WRITES
    assert {one["table_name"] for one in granted if not one["guarded"]} == NOBODYS_ROWS


async def test_every_guarded_table_has_a_policy_for_what_the_clerk_may_do(
    owner: asyncpg.Connection,
) -> None:
    policies = await owner.fetch(POLICIES)
    rules = {(one["table_name"], one["privilege"]): one["rule"] for one in policies}
    missing = [
        (one["table_name"], one["privilege"])
        for one in await owner.fetch(GRANTED)
        if one["guarded"] and (one["table_name"], one["privilege"]) not in rules
    ]
    assert set(missing) <= NO_ROWS
    loose = {
        (one["table_name"], one["privilege"], one["rule"])
        for one in policies
        if one["privilege"] != "SELECT" and not any(fence in one["rule"] for fence in FENCES)
    }
    assert loose == {FIRST_KEY, NEWCOMERS, *OF_A_SITE, *OF_A_STUDY}
