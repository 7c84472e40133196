-- A call is worked to its end: it may come back at a time, and whoever rings sees the number, which is recorded.

-- Study time from which the task is wanted again: nobody was there, or they will answer by themselves. A server of
-- the release before shows it at once.
ALTER TABLE pro.call_tasks ADD COLUMN wanted_from timestamptz;
COMMENT ON COLUMN pro.call_tasks.wanted_from IS
    'Study time from which the task is wanted, where it waits for a time. Empty: since it was made.';
SELECT pro.list_audited('call_tasks', (
    SELECT l.columns || ARRAY['wanted_from'] FROM pro.audit_lists AS l
    WHERE l.table_name = 'call_tasks' ORDER BY l.version DESC LIMIT 1));
CREATE OR REPLACE FUNCTION pro.call_task_rows(study uuid, participant uuid, list jsonb) RETURNS SETOF pro.call_tasks
    LANGUAGE sql STABLE AS $$
    SELECT study, k.id, coalesce(k.participant_id, participant), k.visit_id, k.reason, k.closes_at,
           pro.now(), NULL::timestamptz, NULL::text, NULL::text, pro.now(), k.actor, NULL::timestamptz
    FROM jsonb_to_recordset(list) AS k (id uuid, participant_id uuid, visit_id uuid, reason text,
        closes_at timestamptz, actor text)
$$;

-- Each time somebody at the desk was shown the numbers of a participant's contacts. Insert-only, study time.
CREATE TABLE pro.number_showings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    call_id uuid,
    contacts integer NOT NULL CHECK (contacts >= 0),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, call_id) REFERENCES pro.call_tasks (study_id, id)
);
COMMENT ON COLUMN pro.number_showings.call_id IS 'The call it was asked for. Empty: none.';
COMMENT ON COLUMN pro.number_showings.contacts IS 'How many numbers were shown.';
CREATE INDEX number_showings_of_participant ON pro.number_showings (study_id, participant_id, recorded_at);
SELECT pro.audit_table('number_showings', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'call_id', 'contacts', 'recorded_at', 'actor']);
ALTER TABLE pro.number_showings ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.number_showings FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.number_showings TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.number_showings FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_write ON pro.number_showings FOR INSERT TO pro_desk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.number_showings TO pro_operator, pro_desk;
GRANT INSERT ON pro.number_showings TO pro_desk;

-- The numbers themselves, sealed, of contacts that are present: for whoever may write about the participant, who
-- is at a site of theirs now. Nobody else at the desk gets as far as a sealed number.
CREATE FUNCTION pro.desk_numbers(study uuid, participant uuid)
    RETURNS TABLE (id uuid, address_sealed bytea, address_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.id, c.address_sealed, c.address_key FROM pro.contact_points AS c
    WHERE c.study_id = study AND c.participant_id = participant AND c.valid_to IS NULL AND c.kind = 'phone'
      AND pro.desk_may_write(study, participant)
    ORDER BY c.ordinal
$$;
REVOKE ALL ON FUNCTION pro.desk_numbers(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_numbers(uuid, uuid) TO pro_desk;

-- What comes of a call is written in its turn, by the statements of the commands: an opt-out, what is declined, a
-- withdrawal or a death with the schedule that follows from it.
GRANT SELECT ON pro.senders, pro.visit_closings, pro.participant_protocols TO pro_clerk;
GRANT INSERT ON pro.lines, pro.opt_outs, pro.events, pro.visits, pro.visit_closings, pro.assessments,
    pro.reminders, pro.participant_protocols TO pro_clerk;
GRANT UPDATE (declined_at) ON pro.assessments TO pro_clerk;
GRANT UPDATE (ended_at, end_reason) ON pro.reminders TO pro_clerk;
GRANT UPDATE (superseded_at, superseded_reason, closes_at) ON pro.visits TO pro_clerk;
-- The statement that records an event can move somebody to another protocol version as well: the right is asked
-- for by the statement, and no row is there for the clerk.
GRANT UPDATE (protocol_version_id) ON pro.participants TO pro_clerk;
ALTER TABLE pro.participant_protocols ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.participant_protocols FORCE ROW LEVEL SECURITY;
CREATE POLICY the_operator_alone ON pro.participant_protocols TO pro_owner, pro_operator
    USING (true) WITH CHECK (true);
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['events', 'visits', 'assessments', 'reminders'] LOOP
        EXECUTE format('CREATE POLICY said_on_the_telephone ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['visits', 'assessments'] LOOP
        EXECUTE format('CREATE POLICY changed_on_the_telephone ON pro.%I FOR UPDATE TO pro_clerk '
            'USING (pro.desk_may_write(study_id, participant_id)) '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
CREATE POLICY said_on_the_telephone ON pro.opt_outs FOR INSERT TO pro_clerk
    WITH CHECK (participant_id IS NOT NULL AND pro.desk_may_write(study_id, participant_id));
-- Which status comes from the desk is decided by the rules the command has; pages go on with pauses alone.
ALTER POLICY only_pauses ON pro.statuses TO pro_participant;
