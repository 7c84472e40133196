-- Who may do what, and which rows staff see. No role below may update or delete answers, scores,
-- consents, events or audit; nobody but the triggers writes audit.

-- Everybody who acts on a participant reads the same facts.
GRANT SELECT ON pro.studies, pro.protocol_versions, pro.sites, pro.site_protocols, pro.participants,
    pro.participant_revisions, pro.participant_sites, pro.data_keys, pro.contact_points, pro.consents,
    pro.statuses, pro.events, pro.visits, pro.assessments, pro.attempts, pro.responses,
    pro.current_responses, pro.scores, pro.data_queries, pro.invitations, pro.senders, pro.lines,
    pro.conversations, pro.messages, pro.reminders, pro.opt_outs, pro.alerts, pro.call_tasks
    TO pro_participant, pro_provider, pro_worker, pro_operator;
GRANT UPDATE (revision) ON pro.participant_revisions
    TO pro_participant, pro_provider, pro_worker, pro_operator;

-- Answering, by page or by text.
GRANT INSERT ON pro.attempts, pro.responses, pro.current_responses, pro.scores, pro.alerts,
    pro.data_queries TO pro_participant, pro_provider;
GRANT UPDATE (submitted_at) ON pro.attempts TO pro_participant, pro_provider;
GRANT UPDATE (attempt_id, response_id), DELETE ON pro.current_responses TO pro_participant, pro_provider;
GRANT UPDATE (submitted_at, declined_at) ON pro.assessments TO pro_participant, pro_provider;
GRANT UPDATE (ended_at, end_reason) ON pro.reminders TO pro_participant, pro_provider;
GRANT UPDATE (closed_at, closed_by, outcome) ON pro.call_tasks TO pro_participant, pro_provider;
GRANT UPDATE (ended_at, end_reason) ON pro.invitations TO pro_participant, pro_provider;
GRANT SELECT, INSERT ON pro.web_writes TO pro_participant, pro_provider;

-- Texts coming in.
GRANT SELECT, INSERT ON pro.inbounds, pro.provider_events, pro.delivery_receipts, pro.message_keys
    TO pro_provider;
GRANT INSERT ON pro.lines, pro.conversations, pro.messages, pro.opt_outs, pro.call_tasks, pro.data_keys,
    pro.invitations TO pro_provider;
GRANT UPDATE (dialogue, revision, closed_at) ON pro.conversations TO pro_provider;
GRANT UPDATE (focus_participant_id) ON pro.lines TO pro_provider;
GRANT UPDATE (ended_at) ON pro.opt_outs TO pro_provider;
GRANT UPDATE (state, state_reason, provider_id, error_code) ON pro.messages TO pro_provider;

-- Reminding, sending, closing.
GRANT INSERT ON pro.reminders, pro.messages, pro.message_keys, pro.lines, pro.conversations,
    pro.invitations, pro.call_tasks, pro.scores, pro.delivery_receipts, pro.opt_outs TO pro_worker;
GRANT SELECT ON pro.message_keys, pro.inbounds, pro.delivery_receipts TO pro_worker;
GRANT UPDATE (due_at, ended_at, end_reason, message_id) ON pro.reminders TO pro_worker;
GRANT UPDATE (state, state_reason, provider_id, error_code, claimed_at, lease_until, retry_at, tries)
    ON pro.messages TO pro_worker;
GRANT UPDATE (dialogue, revision, closed_at) ON pro.conversations TO pro_worker;
GRANT UPDATE (partial_scored_at) ON pro.assessments TO pro_worker;
GRANT UPDATE (ended_at, end_reason) ON pro.invitations TO pro_worker;
GRANT UPDATE (closed_at, closed_by, outcome) ON pro.call_tasks TO pro_worker;

-- The command line of the study's operators.
GRANT INSERT ON pro.studies, pro.protocol_versions, pro.sites, pro.site_protocols, pro.staff,
    pro.staff_assignments, pro.participants, pro.participant_revisions, pro.participant_sites,
    pro.participant_identifiers, pro.data_keys, pro.contact_points, pro.consents, pro.statuses,
    pro.events, pro.visits, pro.assessments, pro.reminders, pro.senders, pro.lines, pro.opt_outs
    TO pro_operator;
GRANT SELECT ON pro.staff, pro.staff_assignments, pro.participant_identifiers, pro.inbounds,
    pro.audit_entries, pro.audit_seals, pro.message_keys, pro.delivery_receipts, pro.web_writes
    TO pro_operator;
GRANT UPDATE (superseded_at, superseded_reason, closes_at, attended_on) ON pro.visits TO pro_operator;
GRANT UPDATE (due_at, ended_at, end_reason) ON pro.reminders TO pro_operator;
GRANT UPDATE (valid_to) ON pro.contact_points, pro.participant_sites, pro.staff_assignments TO pro_operator;
GRANT UPDATE (ended_at) ON pro.opt_outs TO pro_operator;
GRANT UPDATE (closed_at, closed_by, outcome) ON pro.call_tasks TO pro_operator;
GRANT UPDATE (ended_at, end_reason) ON pro.invitations TO pro_operator;
GRANT UPDATE (dialogue, revision, closed_at) ON pro.conversations TO pro_operator;

-- Staff pages. Which rows they see is decided below, row by row.
GRANT SELECT ON pro.studies, pro.protocol_versions, pro.sites, pro.participants, pro.participant_sites,
    pro.consents, pro.statuses, pro.events, pro.visits, pro.assessments, pro.attempts, pro.responses,
    pro.current_responses, pro.scores, pro.data_queries, pro.reminders, pro.messages, pro.inbounds,
    pro.opt_outs, pro.alerts, pro.call_tasks TO pro_desk;
GRANT UPDATE (seen_at, seen_by, acted_at, acted_by, action) ON pro.alerts TO pro_desk;
GRANT UPDATE (closed_at, closed_by, outcome) ON pro.call_tasks TO pro_desk;

-- The sites of the signed-in member of staff, set for the transaction; nothing set: none.
CREATE FUNCTION pro.visible_site_ids() RETURNS uuid[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(string_to_array(nullif(current_setting('pro.site_ids', true), ''), ',')::uuid[],
                          ARRAY[]::uuid[]) $$;

-- A site sees all of its present participants, and of former ones what was recorded while they were there.
CREATE FUNCTION pro.desk_may_see(study uuid, participant uuid, recorded timestamptz) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pro.participant_sites AS ps
        WHERE ps.study_id = study AND ps.participant_id = participant
          AND ps.site_id = ANY (pro.visible_site_ids())
          AND (ps.valid_to IS NULL OR recorded < ps.valid_to))
$$;

DO $$
DECLARE
    guarded text;
    by_participant CONSTANT text[] := ARRAY['participant_sites', 'participant_identifiers',
        'contact_points', 'consents', 'statuses', 'events', 'visits', 'assessments', 'attempts',
        'responses', 'scores', 'data_queries', 'reminders', 'messages', 'inbounds', 'opt_outs', 'alerts',
        'call_tasks'];
BEGIN
    FOREACH guarded IN ARRAY by_participant || ARRAY['participants', 'sites', 'current_responses'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_participant, pro_provider, '
            'pro_worker, pro_operator USING (true) WITH CHECK (true)', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY by_participant LOOP
        EXECUTE format('CREATE POLICY desk ON pro.%I TO pro_desk '
            'USING (pro.desk_may_see(study_id, participant_id, recorded_at))', guarded);
    END LOOP;
END
$$;
CREATE POLICY desk ON pro.participants TO pro_desk USING (pro.desk_may_see(study_id, id, recorded_at));
CREATE POLICY desk ON pro.sites TO pro_desk USING (id = ANY (pro.visible_site_ids()));
CREATE POLICY desk ON pro.current_responses TO pro_desk USING (EXISTS (
    SELECT FROM pro.responses AS r WHERE r.study_id = current_responses.study_id
                                     AND r.id = current_responses.response_id));
