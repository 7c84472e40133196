-- A number that turns out to be somebody else's rests at once, on the word of whoever has it now or of staff
-- who rang there, and staff are asked to find the right one. What a call came to is acted upon as it is closed.
GRANT UPDATE (wrong_at) ON pro.contact_points TO pro_provider;

GRANT SELECT ON pro.conversations, pro.invitations TO pro_clerk;
GRANT UPDATE (wrong_at, verified_at, verified_by) ON pro.contact_points TO pro_clerk;
GRANT UPDATE (revision, closed_at) ON pro.conversations TO pro_clerk;
GRANT UPDATE (focus_participant_id, focused_at) ON pro.lines TO pro_clerk;
GRANT UPDATE (ended_at, end_reason) ON pro.invitations TO pro_clerk;
GRANT UPDATE (state, state_reason) ON pro.messages TO pro_clerk;
GRANT INSERT ON pro.call_tasks, pro.alerts TO pro_clerk;
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['contact_points', 'messages'] LOOP
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR UPDATE TO pro_clerk '
            'USING (pro.desk_may_write(study_id, participant_id)) '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['call_tasks', 'alerts'] LOOP
        EXECUTE format('CREATE POLICY desk_may_make ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
