-- Where answers belong (rule R13): a sitting that was sent belongs to the other knee, or to another visit. Nothing of
-- it is changed: its visit is dated anew, what was given there is recorded anew where it belongs, and the old visit is
-- superseded with all that was recorded at it.
ALTER TABLE pro.attempts
    ADD COLUMN replaces uuid,
    ADD COLUMN moved_from uuid,
    ADD FOREIGN KEY (study_id, replaces) REFERENCES pro.attempts (study_id, id),
    ADD FOREIGN KEY (study_id, moved_from) REFERENCES pro.attempts (study_id, id);
COMMENT ON COLUMN pro.attempts.replaces IS
    'The sitting this is the record of anew, since its visit was dated anew. Empty: it was begun by whoever answers.';
COMMENT ON COLUMN pro.attempts.moved_from IS
    'The sitting as it was recorded where it did not belong. Empty: it stands where it was recorded.';
SELECT pro.list_audited('attempts', (
    SELECT l.columns || ARRAY['replaces', 'moved_from']
    FROM pro.audit_lists AS l WHERE l.table_name = 'attempts' ORDER BY l.version DESC LIMIT 1));

ALTER TABLE pro.corrections
    ALTER COLUMN response_id DROP NOT NULL,
    ALTER COLUMN item DROP NOT NULL,
    ALTER COLUMN value DROP NOT NULL,
    ADD COLUMN attempt_id uuid,
    ADD COLUMN to_assessment_id uuid,
    DROP CONSTRAINT corrections_kind_check,
    ADD CONSTRAINT corrections_kind_check CHECK (kind IN ('misread', 'meant', 'belongs')),
    ADD CONSTRAINT of_an_answer CHECK ((kind = 'belongs') = (response_id IS NULL AND item IS NULL AND value IS NULL)),
    ADD CONSTRAINT of_a_sitting CHECK ((kind = 'belongs') = (attempt_id IS NOT NULL AND to_assessment_id IS NOT NULL)),
    ADD FOREIGN KEY (study_id, attempt_id) REFERENCES pro.attempts (study_id, id),
    ADD FOREIGN KEY (study_id, to_assessment_id) REFERENCES pro.assessments (study_id, id);
COMMENT ON COLUMN pro.corrections.attempt_id IS 'The sitting that belongs elsewhere.';
COMMENT ON COLUMN pro.corrections.to_assessment_id IS 'Where it belongs.';
SELECT pro.list_audited('corrections', ARRAY['study_id', 'id', 'participant_id', 'assessment_id', 'response_id',
    'item', 'kind', 'value', 'said_at', 'source', 'recorded_at', 'actor', 'reason', 'attempt_id',
    'to_assessment_id']);

-- What was asked for and decided, as it is seen from the desk; where it was asked and where it belongs in the words
-- of the schedule, since a visit may have been dated anew. Values and what was typed only for whoever may read (R6).
DROP FUNCTION pro.desk_corrections(uuid, uuid);
CREATE FUNCTION pro.desk_corrections(study uuid, participant uuid)
    RETURNS TABLE (id uuid, instrument text, target text, definition text, occurrence integer, to_target text,
                   to_definition text, to_occurrence integer, item text, kind text, said_at timestamptz, source text,
                   recorded_at timestamptz, actor text, reason text, approved boolean, decided_at timestamptz,
                   decided_by text, decided_reason text, readable boolean, wished integer, before integer,
                   response_id uuid, raw_sealed bytea, raw_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.id, a.instrument, a.target, v.definition, v.occurrence, b.target, w.definition, w.occurrence, c.item,
           c.kind, c.said_at, c.source, c.recorded_at, c.actor, c.reason,
           d.approved, d.recorded_at, d.actor, d.reason, s.readable, CASE WHEN s.readable THEN c.value END,
           CASE WHEN s.readable THEN r.value END, r.id, CASE WHEN s.readable THEN r.raw_sealed END,
           CASE WHEN s.readable THEN r.raw_key END
    FROM pro.corrections AS c
    JOIN pro.assessments AS a ON a.study_id = c.study_id AND a.id = c.assessment_id
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    LEFT JOIN pro.assessments AS b ON b.study_id = c.study_id AND b.id = c.to_assessment_id
    LEFT JOIN pro.visits AS w ON w.study_id = b.study_id AND w.id = b.visit_id
    LEFT JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
    LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
    CROSS JOIN LATERAL (SELECT pro.desk_may_read_scores(study, participant, c.recorded_at) AS readable) AS s
    WHERE c.study_id = study AND c.participant_id = participant
      AND pro.desk_may_see(study, participant, c.recorded_at)
    ORDER BY c.id
$$;
REVOKE ALL ON FUNCTION pro.desk_corrections(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_corrections(uuid, uuid) TO pro_desk;
