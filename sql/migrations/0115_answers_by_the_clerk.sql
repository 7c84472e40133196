-- Staff take the one value that a participant's own words hold as the answer to the question that was open:
-- by the statement that stores every answer, in the turn of a participant who is now at their site. Entry at
-- the desk asks for the same rights (0109): what is there already stays as it is.
GRANT SELECT ON pro.data_queries TO pro_clerk;
GRANT INSERT ON pro.attempts, pro.responses, pro.sitting_responses, pro.scores, pro.data_queries TO pro_clerk;
GRANT UPDATE (submitted_at) ON pro.attempts TO pro_clerk;
GRANT UPDATE (submitted_at, declined_at) ON pro.assessments TO pro_clerk;
GRANT UPDATE (response_id) ON pro.sitting_responses TO pro_clerk;
GRANT UPDATE (ended_at, end_reason) ON pro.reminders TO pro_clerk;
GRANT UPDATE (chosen_for) ON pro.visits TO pro_clerk;
GRANT EXECUTE ON FUNCTION pro.card_shown_here(uuid, uuid, bytea) TO pro_clerk;
DO $$
DECLARE
    wanted record;
    own CONSTANT text := 'pro.desk_may_write(study_id, participant_id)';
    of_sitting CONSTANT text := 'EXISTS (SELECT FROM pro.attempts AS t '
        'WHERE t.study_id = sitting_responses.study_id AND t.id = sitting_responses.attempt_id '
        'AND pro.desk_may_write(t.study_id, t.participant_id))';
BEGIN
    FOR wanted IN VALUES ('data_queries', 'clerk_reads', 'SELECT', 'USING (true)'),
        ('attempts', 'entered_at_desk', 'INSERT', format('WITH CHECK (%s)', own)),
        ('responses', 'entered_at_desk', 'INSERT', format('WITH CHECK (%s)', own)),
        ('scores', 'entered_at_desk', 'INSERT', format('WITH CHECK (%s)', own)),
        ('data_queries', 'entered_at_desk', 'INSERT', format('WITH CHECK (%s)', own)),
        -- A sitting that begins with this very answer is not seen by the rule, and checked by its own.
        ('sitting_responses', 'text_taken', 'INSERT', 'WITH CHECK (NOT EXISTS (SELECT FROM pro.attempts AS t '
            'WHERE t.study_id = sitting_responses.study_id AND t.id = sitting_responses.attempt_id '
            'AND NOT pro.desk_may_write(t.study_id, t.participant_id)))'),
        ('attempts', 'answered_at_desk', 'UPDATE', format('USING (%s)', own)),
        ('assessments', 'answered_at_desk', 'UPDATE', format('USING (%s)', own)),
        ('visits', 'answered_at_desk', 'UPDATE', format('USING (%s)', own)),
        ('sitting_responses', 'answered_at_desk', 'UPDATE', format('USING (%s)', of_sitting))
    LOOP
        IF NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'pro' AND tablename = wanted.column1
                                                 AND policyname = wanted.column2) THEN
            EXECUTE format('CREATE POLICY %I ON pro.%I FOR %s TO pro_clerk %s', wanted.column2, wanted.column1,
                           wanted.column3, wanted.column4);
        END IF;
    END LOOP;
END
$$;
