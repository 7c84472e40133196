-- Answers told by telephone or on paper, typed in by staff. A sitting that is entered has a mode of its own
-- (telephone, paper). It began, and was sent, when the participant answered, as claimed: windows, recall and
-- which sitting stands are judged by that. When it was typed is recorded_at, by whom is actor.
ALTER TABLE pro.attempts
    ADD COLUMN interviewer text,
    ADD COLUMN original text CHECK (original ~ '^note:'),
    ADD COLUMN apart text,
    ADD COLUMN apart_reason text CHECK (apart_reason ~ '^note:'),
    ADD COLUMN sending_entered_at timestamptz;
ALTER TABLE pro.attempts ADD CONSTRAINT apart_with_reason CHECK ((apart IS NULL) = (apart_reason IS NULL));
COMMENT ON COLUMN pro.attempts.started_at IS
    'Study time the sitting began. Of one that was entered: when it was answered, as claimed.';
COMMENT ON COLUMN pro.attempts.interviewer IS 'Who asked by telephone. Empty: nobody did.';
COMMENT ON COLUMN pro.attempts.original IS 'Where the paper lies that was typed in, as a note.';
COMMENT ON COLUMN pro.attempts.apart IS
    'What of it the protocol does not name for analysis: mode, respondent or both. Empty: nothing.';
COMMENT ON COLUMN pro.attempts.apart_reason IS 'Why it was entered all the same, as a note.';
COMMENT ON COLUMN pro.attempts.sending_entered_at IS
    'When somebody entered that it is sent in, where submitted_at is as claimed. Empty: submitted_at is ours.';
SELECT pro.list_audited('attempts', (
    SELECT l.columns || ARRAY['interviewer', 'original', 'apart', 'apart_reason', 'sending_entered_at']
    FROM pro.audit_lists AS l WHERE l.table_name = 'attempts' ORDER BY l.version DESC LIMIT 1));

-- What an answer writes, written by staff for participants who are at a site of theirs now.
GRANT SELECT ON pro.data_queries TO pro_clerk;
GRANT INSERT ON pro.attempts, pro.responses, pro.sitting_responses, pro.scores, pro.data_queries TO pro_clerk;
GRANT UPDATE (submitted_at, sending_entered_at) ON pro.attempts TO pro_clerk;
GRANT UPDATE (sending_entered_at) ON pro.attempts TO pro_participant, pro_provider;
GRANT UPDATE (submitted_at, declined_at) ON pro.assessments TO pro_clerk;
GRANT UPDATE (response_id) ON pro.sitting_responses TO pro_clerk;
GRANT UPDATE (ended_at, end_reason) ON pro.reminders TO pro_clerk;
GRANT UPDATE (chosen_for) ON pro.visits TO pro_clerk;
GRANT EXECUTE ON FUNCTION pro.card_shown_here(uuid, uuid, bytea) TO pro_clerk;
DO $$
DECLARE
    guarded text;
BEGIN
    CREATE POLICY clerk_reads ON pro.data_queries FOR SELECT TO pro_clerk USING (true);
    FOREACH guarded IN ARRAY ARRAY['attempts', 'responses', 'scores', 'data_queries'] LOOP
        EXECUTE format('CREATE POLICY entered_at_desk ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['attempts', 'assessments', 'visits'] LOOP
        EXECUTE format('CREATE POLICY answered_at_desk ON pro.%I FOR UPDATE TO pro_clerk '
            'USING (pro.desk_may_write(study_id, participant_id)) '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
-- A sitting begun in this very statement is not seen yet; its own row is looked at where it is made. One that is
-- seen must be of a participant at the site.
CREATE POLICY entered_at_desk ON pro.sitting_responses FOR INSERT TO pro_clerk WITH CHECK (NOT EXISTS (
    SELECT FROM pro.attempts AS t
    WHERE t.study_id = sitting_responses.study_id AND t.id = sitting_responses.attempt_id
      AND NOT pro.desk_may_write(t.study_id, t.participant_id)));
CREATE POLICY answered_at_desk ON pro.sitting_responses FOR UPDATE TO pro_clerk USING (EXISTS (
    SELECT FROM pro.attempts AS t
    WHERE t.study_id = sitting_responses.study_id AND t.id = sitting_responses.attempt_id
      AND pro.desk_may_write(t.study_id, t.participant_id)));
