-- A participant asks on the own page that an answer they sent be corrected (rule R13): which visit's, in their words,
-- sealed. Their dated request becomes a task for whoever rings, and the evidence of a correction; it never shows an
-- answer that was sent (R5).
CREATE TABLE pro.correction_wishes (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    said text NOT NULL CHECK (pro.note_of(said) IS NOT NULL),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
CREATE INDEX correction_wishes_of_participant ON pro.correction_wishes (study_id, participant_id);
ALTER TABLE pro.correction_wishes ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.correction_wishes FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.correction_wishes TO pro_owner, pro_operator, pro_participant
    USING (true) WITH CHECK (true);
CREATE POLICY clerk_reads ON pro.correction_wishes FOR SELECT TO pro_clerk USING (true);
GRANT SELECT ON pro.correction_wishes TO pro_operator, pro_clerk;
GRANT INSERT ON pro.correction_wishes TO pro_participant;
SELECT pro.audit_table('correction_wishes', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'visit_id', 'said', 'recorded_at', 'actor']);

-- The words of a participant are kept where those of staff are, sealed under the same key.
CREATE POLICY own_words ON pro.notes FOR INSERT TO pro_participant WITH CHECK (true);
GRANT INSERT ON pro.notes TO pro_participant;
GRANT INSERT ON pro.call_tasks TO pro_participant;

ALTER TABLE pro.corrections
    ADD COLUMN wish_id uuid,
    ADD FOREIGN KEY (study_id, wish_id) REFERENCES pro.correction_wishes (study_id, id);
COMMENT ON COLUMN pro.corrections.wish_id IS
    'The participant''s own request, from the own page, that this was asked on. Empty: they said it otherwise.';
SELECT pro.list_audited('corrections', ARRAY['study_id', 'id', 'participant_id', 'assessment_id', 'response_id',
    'item', 'kind', 'value', 'said_at', 'source', 'recorded_at', 'actor', 'reason', 'attempt_id',
    'to_assessment_id', 'wish_id']);

-- What a participant asked for on the own page, as it is seen from the desk, and whether a correction was asked on it.
CREATE FUNCTION pro.desk_correction_wishes(study uuid, participant uuid)
    RETURNS TABLE (id uuid, definition text, occurrence integer, said text, recorded_at timestamptz, taken boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.id, v.definition, v.occurrence, w.said, w.recorded_at,
           EXISTS (SELECT FROM pro.corrections AS c WHERE c.study_id = w.study_id AND c.wish_id = w.id)
    FROM pro.correction_wishes AS w
    JOIN pro.visits AS v ON v.study_id = w.study_id AND v.id = w.visit_id
    WHERE w.study_id = study AND w.participant_id = participant
      AND pro.desk_may_see(study, participant, w.recorded_at)
    ORDER BY w.id
$$;
REVOKE ALL ON FUNCTION pro.desk_correction_wishes(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_correction_wishes(uuid, uuid) TO pro_desk;
