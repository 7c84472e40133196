"""Every query has the rights it needs, as each role that runs it.

Preparing a statement asks for no right; planning to run it does. EXPLAIN does that and no more.
"""

from __future__ import annotations

import asyncpg

from pro_service.store.pools import connect
from pro_service.store.sql_files import Query, all_queries

PAGES, HOOKS, WORKER = "pro_participant", "pro_provider", "pro_worker"
OPERATOR, DESK, CLERK, OWNER = "pro_operator", "pro_desk", "pro_clerk", "pro_owner"
EVERYBODY = (PAGES, HOOKS, WORKER, OPERATOR, CLERK)

ROLES_OF: dict[str, tuple[str, ...]] = {
    "account/own": (DESK,),
    "account/passkeys": (DESK,),
    "account/factors": (DESK,),
    "account/factors.end_factor": (OPERATOR, CLERK),
    "account/links": (DESK,),
    "account/links.insert_account_link": (OPERATOR, CLERK),
    "account/keeping": (CLERK,),
    "account/keeping.correct_site": (OPERATOR, CLERK),
    "api/keys": (OPERATOR,),
    "api/keys.use_api_key": (DESK,),
    "api/listed": (DESK,),
    "api/webhooks": (OPERATOR,),
    "api/webhooks.claim_webhooks": (WORKER,),
    "api/webhooks.feed_webhooks": (WORKER,),
    "api/webhooks.settle_webhook": (WORKER,),
    "exports/adherence": (OPERATOR,),
    "answering/answers": (PAGES,),
    "answering/checklist": (PAGES, HOOKS),
    "answering/answers.find_web_write": (PAGES, CLERK),
    "answering/answers.record_answers": (PAGES, HOOKS, CLERK),
    "answering/answers.record_closing": (WORKER,),
    "answering/answers.look_at_closings": (WORKER,),
    "answering/answers.list_visits_to_settle": (WORKER,),
    "answering/answers.list_closed_sittings": (WORKER,),
    "cards/cards": (OPERATOR, DESK),
    "cards/cards.list_codes_in_use": (OPERATOR, DESK, CLERK),
    "demo/demo": (OWNER,),
    "base/data_out": (OPERATOR, DESK),
    "desk/desk": (DESK,),
    "desk/conversation": (DESK,),
    "desk/texts": (DESK,),
    "desk/texts.get_text_to_settle": (CLERK,),
    "desk/texts.settle_text": (CLERK,),
    "desk/digest": (WORKER,),
    "desk/undoing": (CLERK,),
    "desk/frame": (DESK,),
    "live/news": (DESK,),
    "missing/visits": (DESK,),
    "desk/deaths": (DESK,),
    "desk/joining": (DESK,),
    "desk/people": (DESK,),
    "desk/people.list_protocol_versions": (DESK, OPERATOR),
    "desk/today": (DESK,),
    "desk/timeline": (DESK,),
    "desk/desk.enter_desk": (DESK, CLERK),
    "desk/desk.enter_desk_with_note": (CLERK,),
    "desk/alerts": (CLERK,),
    "desk/alerts.list_alerts_against_log": (DESK,),
    "desk/alerts.list_reports_without_alert": (DESK,),
    "desk/calls": (DESK,),
    "desk/calls.find_call": (CLERK,),
    "desk/calls.close_call": (CLERK,),
    "desk/calls.decline_visit": (CLERK,),
    "desk/clerk": (DESK,),
    "desk/person": (CLERK,),
    "desk/sittings": (CLERK,),
    "desk/entry": (CLERK,),
    "desk/second": (CLERK,),
    "desk/second.list_papers": (DESK,),
    "desk/second.list_differences": (DESK,),
    "desk/corrections": (CLERK,),
    "desk/corrections.count_corrections": (DESK,),
    "desk/corrections.list_correction_wishes": (DESK,),
    "desk/corrections.list_corrections_waiting": (DESK,),
    "desk/corrections.list_corrections_seen": (DESK,),
    "desk/corrections.may_read_answers": (DESK,),
    "desk/sessions.is_desk_open": (PAGES,),
    "pages/entrance": (PAGES,),
    "pages/handover": (PAGES,),
    "pages/trend": (PAGES,),
    "pages/handover.write_handover": (CLERK,),
    "pages/handover.list_handovers": (DESK, CLERK),
    "pages/handover.list_idle_tablets": (WORKER,),
    "pages/handover.end_idle_tablet": (WORKER,),
    "calling/escalation": (WORKER,),
    "calling/looks": (WORKER,),
    "calling/notices": (WORKER,),
    "calling/floor": (OPERATOR,),
    "calling/floor.end_safety": (OPERATOR, CLERK),
    "exports/export": (OPERATOR,),
    "exports/measures": (OPERATOR,),
    "measuring/reads": (OPERATOR, CLERK),
    "measuring/reads.list_readers": (CLERK,),
    "measuring/reads.list_lists_handed_out": (CLERK,),
    "measuring/reads.get_reads_lock": (OPERATOR, CLERK, DESK),
    "measuring/reads.list_own_items": (DESK,),
    "measuring/reads.list_own_lists": (DESK,),
    "exports/people": (OPERATOR,),
    "exports/work": (OPERATOR,),
    "exports/export.list_exported_assessments": (OPERATOR, CLERK),
    "exports/export.list_exported_answers": (OPERATOR, CLERK),
    "exports/export.list_exported_scores": (OPERATOR, CLERK),
    "receiving/inbounds": (HOOKS,),
    "receiving/inbounds.is_held_back": (HOOKS, OPERATOR),
    "receiving/inbounds.list_line_participants": (HOOKS, OPERATOR, WORKER, PAGES, CLERK),
    "texting/first_texts": (CLERK, WORKER),
    "texting/first_texts.read_proof_letters": (OPERATOR, CLERK),
    "texting/first_texts.queue_first_text": (OPERATOR, CLERK, WORKER),
    "texting/lines": (OPERATOR, WORKER, HOOKS, PAGES, CLERK),
    "texting/messages": (WORKER,),
    "texting/messages.list_messages": (WORKER, HOOKS),
    "texting/messages.find_sender_by_address": (HOOKS,),
    "texting/messages.find_line": (WORKER, HOOKS, OPERATOR, PAGES, CLERK),
    "texting/messages.get_carrier": (HOOKS,),
    "texting/reminders.ask_later": (HOOKS, CLERK),
    "texting/messages.find_message": (HOOKS,),
    "texting/messages.find_letter": (HOOKS,),
    "texting/messages.find_message_by_provider_id": (HOOKS,),
    "texting/messages.record_receipt": (HOOKS,),
    "texting/numbers": (OPERATOR,),
    "texting/numbers.end_opt_out": (OPERATOR, CLERK),
    "texting/numbers.list_lines_of_number": (OPERATOR, CLERK),
    "texting/numbers.silence_contact": (OPERATOR, CLERK),
    "texting/numbers.insert_contact": (OPERATOR, CLERK),
    "record/consents.record_consent": (OPERATOR, CLERK),
    "desk/timeline.list_consents_seen": (DESK, OPERATOR),
    "record/copies": (DESK,),
    "visits/erasures": (OPERATOR, CLERK),
    "visits/erasures.list_kept_words": (DESK,),
    "visits/erasures.count_others_who": (OPERATOR, CLERK, DESK),
    "visits/erasures.record_backup": (OPERATOR,),
    "visits/study_end": (OPERATOR,),
    "visits/restrictions": (OPERATOR, CLERK),
    "record/copies.list_staff_places": (OPERATOR,),
    "texting/numbers.order_contacts": (OPERATOR, CLERK),
    "texting/numbers.agree_for_contact": (OPERATOR, CLERK),
    "texting/numbers.give_reason": (OPERATOR, HOOKS, WORKER, CLERK),
    "texting/numbers.list_contacts_at": (HOOKS, CLERK),
    "texting/numbers.rest_number": (HOOKS, CLERK),
    "texting/numbers.is_known_wrong": (HOOKS,),
    "texting/numbers.confirm_contact": (OPERATOR, CLERK, HOOKS),
    "base/key_check": (PAGES, OPERATOR, OWNER),
    "texting/numbers.mark_bad_number": (WORKER, HOOKS),
    "base/notes": (OPERATOR, DESK),
    "base/notes.find_participant_key": (OPERATOR, DESK, CLERK),
    "base/notes.give_note": (OPERATOR, DESK, CLERK),
    "base/queues.take_places": (PAGES,),
    "base/queues.give_places_back": (PAGES, DESK),
    "base/operations": (OPERATOR,),
    "keeping/backups": (OWNER,),
    "keeping/drills": (OPERATOR,),
    "keeping/holds": (OPERATOR,),
    "keeping/holds.get_open_hold": (*EVERYBODY, DESK),
    "keeping/holds.get_last_hold_began": (HOOKS,),
    "keeping/holds.insert_hold": (OWNER,),
    "keeping/holds.get_left_timeline": (*EVERYBODY, DESK),
    "keeping/holds.accept_timeline": (WORKER, OPERATOR, OWNER),
    "keeping/holds.note_first_timeline": (WORKER,),
    "keeping/parting": (OWNER,),
    "keeping/replay": (WORKER,),
    "keeping/replay.is_line_known": (OPERATOR,),
    "keeping/replay.list_line_users": (OPERATOR,),
    "keeping/restores": (OWNER,),
    "keeping/watching": (OPERATOR,),
    "keeping/watching.get_figures": (WORKER, OPERATOR),
    "base/operations.get_last_written_at": (WORKER, OPERATOR),
    "base/operations.get_database_kind": (WORKER, OPERATOR, DESK, CLERK),
    "base/operations.get_study_time": (WORKER, OPERATOR, DESK, CLERK),
    "base/operations.check_database": (PAGES,),
    "pages/preferences": (PAGES,),
    "pages/wishes": (PAGES,),
    "pages/preferences.record_choice": (PAGES, CLERK, HOOKS),
    "base/participants": (OPERATOR,),
    "base/participants.get_participant_facts": EVERYBODY,
    "base/participants.get_lean_facts": EVERYBODY,
    "base/participants.get_facts_of_many": (WORKER,),
    "base/participants.get_lean_facts_of_many": (WORKER,),
    "base/participants.list_participants": (WORKER, OPERATOR),
    "base/participants.find_participant": (WORKER, OPERATOR),
    "base/participants.list_sent_sittings": (PAGES, HOOKS, CLERK),
    "demo/phone": (WORKER,),
    "demo/phone.find_next_event": (WORKER, OPERATOR),
    "exports/cuts": (OPERATOR,),
    "exports/cuts.list_cuts": (OPERATOR, DESK),
    "exports/history": (OPERATOR,),
    "answering/history": (OPERATOR,),
    "answering/history.list_history_seen": (DESK,),
    "exports/jobs": (WORKER,),
    "exports/jobs.insert_export_job": (DESK,),
    "exports/jobs.insert_export_making": (DESK,),
    "exports/jobs.list_own_exports": (DESK,),
    "exports/jobs.find_own_file": (DESK,),
    "exports/jobs.get_export_part": (DESK,),
    "measuring/correlations": (OPERATOR, DESK),
    "measuring/correlations.list_people_beside": (OPERATOR,),
    "measuring/correlations.list_people_beside_seen": (DESK,),
    "measuring/correlations.list_scores_beside": (OPERATOR,),
    "measuring/correlations.list_scores_beside_seen": (DESK,),
    "measuring/correlations.insert_run": (OPERATOR, CLERK),
    "record/locks": (OPERATOR, CLERK),
    "record/locks.list_locks": (OPERATOR, DESK),
    "record/locks.list_locked_visits": (DESK, CLERK),
    "record/locks.list_arrived": (DESK,),
    "record/signatures": (OPERATOR, CLERK),
    "record/signatures.record_signature": (CLERK,),
    "record/signatures.list_signatures": (OPERATOR, CLERK, DESK),
    "record/signatures.count_visits_to_sign": (DESK,),
    "record/signatures.list_people_to_sign": (DESK,),
    "record/signatures.count_open_queries": (DESK,),
    "record/signatures.list_void_signatures": (DESK,),
    "record/words": (OWNER,),
    "record/words.list_moved_entries": (OWNER, OPERATOR),
    "record/words.list_notes": (OWNER, OPERATOR, DESK),
    "record/words.rebuild_hash": (OWNER, OPERATOR),
    "texting/reminders": (WORKER,),
    "texting/tails": (WORKER,),
    "visits/outlooks": (WORKER,),
    "texting/reminders.next_due": (OPERATOR,),
    "texting/reminders.close_calls_over": (WORKER,),
    "texting/reminders.list_invitations": (WORKER, HOOKS),
    "texting/reminders.find_invitation": (PAGES,),
    "record/allocations": (CLERK,),
    "record/allocations.insert_allocations": (OPERATOR,),
    "record/allocations.is_holder": (OPERATOR,),
    "record/allocations.list_codes_to_allocate": (OPERATOR,),
    "record/allocations.list_latest_unblindings": (DESK,),
    "record/allocations.list_unblindings": (DESK,),
    "record/data_queries": (DESK,),
    "record/data_queries.list_data_queries": (OPERATOR, CLERK),
    "record/data_queries.list_queries_of_study": (OPERATOR,),
    "record/data_queries.record_data_query": (OPERATOR, CLERK),
    "record/reading": (DESK,),
    "record/reading.find_audit_page": (OPERATOR,),
    "record/reading.list_audit_told": (OPERATOR,),
    "record/reading.list_sign_ins": (OPERATOR,),
    "record/proof": (OPERATOR,),
    "record/seals": (OPERATOR,),
    "record/seals.get_next_seal": (WORKER,),
    "record/seals.record_seal": (WORKER,),
    "answering/rescoring": (OPERATOR,),
    "visits/own_events": (CLERK,),
    "charting/groups": (DESK,),
    "measuring/keeping": (CLERK, OPERATOR),
    "measuring/locked": (DESK, OPERATOR),
    "measuring/keeping.list_measured_people": (DESK, OPERATOR),
    "measuring/measurements": (DESK, CLERK, OPERATOR),
    "visits/schedule": (OPERATOR,),
    "visits/placing": (OPERATOR, CLERK),
    "visits/schedule.insert_visit_move": (OPERATOR, CLERK),
    "visits/schedule.list_visit_moves": (OPERATOR, CLERK),
    "visits/schedule.write_schedule": (OPERATOR, CLERK),
    "visits/schedule.list_last_revisions": (OPERATOR, CLERK),
    "visits/schedule.insert_participants": (OPERATOR, CLERK),
    "base/participants.list_codes": (OPERATOR, CLERK, DESK),
    "study/studies.list_sites": (OPERATOR, CLERK),
    "study/studies.find_site_protocol": (OPERATOR, CLERK),
    "texting/numbers.list_users_of_numbers": (OPERATOR, CLERK),
    "receiving/pushes": (HOOKS,),
    "receiving/pushes.list_pushes_to_look_at": (OPERATOR,),
    "receiving/pushes.get_push": (OPERATOR,),
    "receiving/pushes.close_push": (OPERATOR,),
    "texting/aliases.find_sender_by_route": (HOOKS,),
    "texting/aliases.insert_sender_alias": (OPERATOR,),
    "texting/sending": (WORKER,),
    "texting/sending.insert_call": (WORKER, HOOKS, OPERATOR, CLERK),
    "texting/sending.list_inbound_sweeps": (HOOKS,),
    "texting/sending.mark_inbound_swept": (HOOKS,),
    "texting/sending.list_senders": (OPERATOR, CLERK),
    "texting/sending.move_sender": (OPERATOR,),
    "texting/sending.set_pace": (OPERATOR,),
    "texting/sending.count_waiting_elsewhere": (PAGES,),
    "texting/registered.list_registered": (WORKER, OPERATOR),
    "texting/registered.record_gap": (WORKER, OPERATOR),
    "texting/registered.list_gaps": (PAGES, OPERATOR),
    "texting/registered.list_templates": (OPERATOR,),
    "texting/registered.insert_templates": (OPERATOR,),
    "desk/sessions": (DESK,),
    "demo/simulator": (WORKER,),
    "study/plans": (OPERATOR,),
    "study/rota": (OPERATOR, CLERK),
    "study/rota.list_rotas": (OPERATOR, WORKER, DESK, CLERK),
    "study/studies": (OPERATOR,),
    "study/studies.get_protocol_document": EVERYBODY,
    "study/studies.get_study_key": (WORKER, HOOKS, OPERATOR, PAGES, CLERK),
    "study/studies.get_data_key": (HOOKS, OPERATOR),
    "study/studies.insert_study_key": (HOOKS, OPERATOR, CLERK),
    "study/people": (OPERATOR,),
    "study/people.list_people_named": (OPERATOR, CLERK),
    "study/people.insert_person": (OPERATOR, CLERK),
    "study/people.find_membership": (OPERATOR, CLERK),
    "study/people.insert_membership": (OPERATOR, CLERK),
    "study/people.reopen_membership": (OPERATOR, CLERK),
    "study/people.end_membership": (OPERATOR, CLERK),
    "study/people.end_role": (OPERATOR, CLERK),
    "study/people.record_staff_address": (OPERATOR, CLERK),
    "study/people.give_reason": (OPERATOR, CLERK),
    "study/studies.insert_assignment": (OPERATOR, CLERK),
    "study/people.list_staff_told_at": (OPERATOR, WORKER),
    "study/wording": (OPERATOR,),
    "study/wording.list_wording_packs": (OPERATOR, WORKER),
}
"""By stem, or by stem and name where one query of a file differs from the rest."""


def roles_of(query: Query) -> tuple[str, ...]:
    """The roles that run a query; none if the table above does not say."""
    return ROLES_OF.get(f"{query.place}.{query.name}", ROLES_OF.get(query.place, ()))


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
    assert [f"{one.place}.{one.name}" for one in queries if not roles_of(one)] == []
    known = {one.place for one in queries} | {f"{one.place}.{one.name}" for one in queries}
    assert sorted(set(ROLES_OF) - known) == []


async def test_every_query_may_be_run_by_the_role_that_runs_it(database_url: str) -> None:
    refused: dict[tuple[str, str], str] = {}
    for role in (*EVERYBODY, DESK, OWNER):
        connection = await connect(database_url, role=role, actor="test:role")
        try:
            # A plan made for these very values could leave out what must be asked for.
            await connection.execute("SET plan_cache_mode = force_generic_plan")
            for query in all_queries():
                if role in roles_of(query):
                    try:
                        await explain(connection, query)
                    except asyncpg.PostgresError as error:
                        refused[role, f"{query.place}.{query.name}"] = str(error)
        finally:
            await connection.close()
    assert refused == {}


async def test_a_query_of_another_role_is_refused(database_url: str) -> None:
    run = []
    for role, name in (
        (WORKER, "record_answers"),
        (PAGES, "record_inbound"),
        (HOOKS, "write_schedule"),
        (HOOKS, "move_clock"),
        (DESK, "get_participant_facts"),
        (CLERK, "record_closing"),
        (PAGES, "write_schedule"),
        (DESK, "record_answers"),
        (DESK, "settle_text"),
        (DESK, "close_call"),
    ):
        query = next(one for one in all_queries() if one.name == name)
        connection = await connect(database_url, role=role, actor="test:role")
        try:
            await explain(connection, query)
        except asyncpg.InsufficientPrivilegeError:
            continue
        finally:
            await connection.close()
        run.append((role, name))
    assert run == []
