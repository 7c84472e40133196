-- Staff write the record as participants do. The place is found under pro_desk, where row-level security
-- shows what is theirs; the write is a turn of the participant's, by a role with few rights: pro_clerk.
-- It reads whatever the rules need, for blinding hides nothing from the rules, and shows none of it.
-- It writes about participants who are now at a site set for the transaction, and about nobody else.

-- Whether a participant is now at a site of the member of staff.
CREATE FUNCTION pro.desk_may_write(study uuid, participant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pro.participant_sites AS ps
        WHERE ps.study_id = study AND ps.participant_id = participant AND ps.valid_to IS NULL
          AND ps.site_id = ANY (pro.visible_site_ids()))
$$;
REVOKE ALL ON FUNCTION pro.desk_may_write(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_may_write(uuid, uuid) TO pro_clerk, pro_desk;

-- The turn itself is guarded now: without it no guarded write does anything.
ALTER TABLE pro.participant_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.participant_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.participant_revisions TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.participant_revisions TO pro_desk
    USING (pro.desk_may_write(study_id, participant_id));

GRANT USAGE ON SCHEMA pro TO pro_clerk;
GRANT SELECT ON pro.studies, pro.protocol_versions, pro.sites, pro.participants, pro.participant_revisions,
    pro.participant_sites, pro.data_keys, pro.contact_points, pro.consents, pro.statuses, pro.events,
    pro.visits, pro.assessments, pro.attempts, pro.responses, pro.current_responses, pro.scores,
    pro.lines, pro.messages, pro.reminders, pro.opt_outs, pro.alerts, pro.call_tasks, pro.preferences,
    pro.web_writes TO pro_clerk;
-- Views through which facts are read; they run with the reader's rights.
DO $$
DECLARE
    seen text;
BEGIN
    FOREACH seen IN ARRAY ARRAY['present_participants', 'sent_reminder_texts', 'present_contacts'] LOOP
        IF to_regclass('pro.' || seen) IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON pro.%I TO pro_clerk', seen);
        END IF;
    END LOOP;
END
$$;
GRANT UPDATE (revision) ON pro.participant_revisions TO pro_clerk;
GRANT INSERT ON pro.preferences, pro.statuses, pro.web_writes TO pro_clerk;
GRANT UPDATE (due_at) ON pro.reminders TO pro_clerk;
GRANT UPDATE (closed_at, closed_by, outcome) ON pro.call_tasks TO pro_clerk;
GRANT UPDATE (seen_at, seen_by, acted_at, acted_by, action) ON pro.alerts TO pro_clerk;
-- These two are turns of the participant's now, and no longer the desk's own writes.
REVOKE UPDATE ON pro.call_tasks, pro.alerts FROM pro_desk;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['sites', 'participants', 'participant_revisions', 'participant_sites',
        'data_keys', 'contact_points', 'consents', 'statuses', 'events', 'visits', 'assessments',
        'attempts', 'responses', 'current_responses', 'scores', 'messages', 'reminders', 'opt_outs',
        'alerts', 'call_tasks', 'preferences'] LOOP
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['statuses', 'preferences'] LOOP
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['participant_revisions', 'reminders', 'call_tasks', 'alerts'] LOOP
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR UPDATE TO pro_clerk '
            'USING (pro.desk_may_write(study_id, participant_id)) '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
-- A pause and what follows it; no other status comes from the desk yet.
ALTER POLICY only_pauses ON pro.statuses TO pro_participant, pro_clerk;
