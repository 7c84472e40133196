-- A text to read leaves the list with what became of it: a reply, a call, an alert, the answer in it, or
-- nothing for a reason. Each text has one such word, kept for good; `read_at` and `read_by` of the text are
-- set with it, as the releases before do that only mark it as read.
CREATE TABLE pro.text_settlements (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    inbound_id uuid NOT NULL,
    line_id uuid NOT NULL,
    -- Whose text staff took it for; NULL: nobody's in particular.
    participant_id uuid,
    kind text NOT NULL CHECK (kind IN ('reply', 'call', 'alert', 'answer', 'nothing')),
    -- A word of the program, or `note:<id>`.
    reason text NOT NULL CHECK (reason <> ''),
    message_id uuid,
    settled_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, inbound_id) REFERENCES pro.inbounds (study_id, id),
    FOREIGN KEY (study_id, line_id) REFERENCES pro.lines (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    CHECK ((kind = 'reply') = (message_id IS NOT NULL)),
    CHECK (kind = 'nothing' OR participant_id IS NOT NULL)
);
-- Two people with one text: the second finds what the first did.
CREATE UNIQUE INDEX one_settlement_a_text ON pro.text_settlements (study_id, inbound_id);
CREATE INDEX settlements_of_participant ON pro.text_settlements (study_id, participant_id);

-- Which question a text found open that counted as asked, so that staff can take its words as the answer to
-- that one and no other. Empty: none, or the text came before this file.
ALTER TABLE pro.inbounds ADD COLUMN asked_assessment_id uuid, ADD COLUMN asked_items text[];
COMMENT ON COLUMN pro.inbounds.asked_items IS
    'The items of the question that was open and counted as asked when the text came.';

ALTER TABLE pro.text_settlements ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.text_settlements FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.text_settlements TO pro_owner, pro_operator, pro_worker USING (true) WITH CHECK (true);
-- Nobody's in particular: seen where the text is.
CREATE POLICY desk ON pro.text_settlements FOR SELECT TO pro_desk USING (
    CASE WHEN participant_id IS NULL
         THEN pro.desk_stranger_site(study_id, line_id) IS NOT NULL
              OR EXISTS (SELECT FROM pro.desk_line_users(study_id, line_id))
         ELSE pro.desk_may_see(study_id, participant_id, recorded_at) END);
CREATE POLICY desk_sets_aside ON pro.text_settlements FOR INSERT TO pro_desk WITH CHECK (
    participant_id IS NULL AND (pro.desk_stranger_site(study_id, line_id) IS NOT NULL
                                OR EXISTS (SELECT FROM pro.desk_line_users(study_id, line_id))));
CREATE POLICY clerk_reads ON pro.text_settlements FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_write ON pro.text_settlements FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.text_settlements TO pro_operator, pro_worker, pro_desk, pro_clerk;
GRANT INSERT ON pro.text_settlements TO pro_desk, pro_clerk;

-- A text that staff took for somebody's is seen by whoever sees that participant.
CREATE POLICY desk_settled ON pro.inbounds FOR SELECT TO pro_desk USING (
    participant_id IS NULL AND EXISTS (
        SELECT FROM pro.text_settlements AS s
        WHERE s.study_id = inbounds.study_id AND s.inbound_id = inbounds.id AND s.participant_id IS NOT NULL));

-- The clerk settles a text in the turn of whom it is about, and hands a reply to the queue.
GRANT EXECUTE ON FUNCTION pro.desk_line_users(uuid, uuid), pro.desk_stranger_site(uuid, uuid) TO pro_clerk;
GRANT SELECT ON pro.inbounds, pro.message_keys TO pro_clerk;
GRANT UPDATE (read_at, read_by) ON pro.inbounds TO pro_clerk;
GRANT INSERT ON pro.messages, pro.message_keys TO pro_clerk;
CREATE POLICY clerk_reads ON pro.inbounds FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_write ON pro.inbounds FOR UPDATE TO pro_clerk
    USING (CASE WHEN participant_id IS NULL
                THEN pro.desk_stranger_site(study_id, line_id) IS NOT NULL
                     OR EXISTS (SELECT FROM pro.desk_line_users(study_id, line_id))
                ELSE pro.desk_may_write(study_id, participant_id) END);
CREATE POLICY desk_may_make ON pro.messages FOR INSERT TO pro_clerk
    WITH CHECK (kind IN ('staff', 'reply') AND pro.desk_may_write(study_id, participant_id));

SELECT pro.list_audited('inbounds', ARRAY['study_id', 'id', 'line_id', 'participant_id', 'provider',
    'provider_id', 'body_sealed', 'body_key', 'media_count', 'disposition', 'command', 'reply_message_id',
    'received_at', 'read_at', 'read_by', 'recorded_at', 'actor', 'urgent', 'asked_assessment_id', 'asked_items']);
SELECT pro.audit_table('text_settlements', updatable => false, columns => ARRAY['study_id', 'id', 'inbound_id',
    'line_id', 'participant_id', 'kind', 'reason', 'message_id', 'settled_at', 'recorded_at', 'actor']);

-- Texts of staff that went out, or may have: one that waits in the queue is not on the line yet.
CREATE VIEW pro.sent_staff_texts WITH (security_invoker = true) AS
SELECT m.study_id, m.id, m.line_id, m.claimed_at FROM pro.messages AS m
WHERE m.kind = 'staff' AND m.state NOT IN ('queued', 'failed', 'suppressed', 'expired');
GRANT SELECT ON pro.sent_staff_texts TO pro_participant, pro_provider, pro_worker, pro_operator, pro_clerk;

-- Which questions texts answered, and who took a text for the answer: for whoever may see the participant,
-- answers or not. Never what was answered.
CREATE FUNCTION pro.desk_answers_in(study uuid, wanted uuid[])
    RETURNS TABLE (inbound_id uuid, instrument text, target text, item text, taken_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.inbound_id, a.instrument, a.target, r.item, r.entered_by
    FROM (SELECT DISTINCT coalesce(i.participant_id, s.participant_id) AS id
          FROM pro.inbounds AS i
          LEFT JOIN pro.text_settlements AS s ON s.study_id = i.study_id AND s.inbound_id = i.id
          WHERE i.study_id = study AND i.id = ANY (wanted)) AS p
    JOIN pro.responses AS r
      ON r.study_id = study AND r.inbound_id = ANY (wanted)
     AND r.attempt_id = ANY (ARRAY(SELECT t.id FROM pro.sittings_of(study, p.id) AS t))
    JOIN pro.assessments AS a ON a.study_id = r.study_id AND a.id = r.assessment_id
    WHERE pro.desk_may_see(study, r.participant_id, r.recorded_at)
    ORDER BY r.id
$$;
REVOKE ALL ON FUNCTION pro.desk_answers_in(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_answers_in(uuid, uuid[]) TO pro_desk;

-- A conversation is read by whose it is, or by the line where that is not known.
CREATE INDEX inbounds_of_participant ON pro.inbounds (study_id, participant_id, id);
CREATE INDEX inbounds_of_nobody ON pro.inbounds (study_id, line_id) WHERE participant_id IS NULL;
CREATE INDEX inbounds_to_read ON pro.inbounds (study_id, received_at)
    WHERE disposition = 'needs_reading' AND read_at IS NULL;
