-- Answers with decimals, where an instrument's step is one (7.5): a value is a number and no longer a whole one
-- alone. A whole value reads as before, in JSON too, so no digest of a row and no hash moves. Each number has one
-- form, without trailing zeros: 7.50 would be another text of the same answer.
ALTER TABLE pro.responses
    ALTER COLUMN value TYPE numeric,
    ADD CONSTRAINT value_is_plain CHECK (scale(value) = min_scale(value));
ALTER TABLE pro.corrections
    ALTER COLUMN value TYPE numeric,
    ADD CONSTRAINT value_is_plain CHECK (scale(value) = min_scale(value));
ALTER TABLE pro.second_answers
    ALTER COLUMN value TYPE numeric,
    ADD CONSTRAINT value_is_plain CHECK (scale(value) = min_scale(value));
ALTER TABLE pro.entry_settlements
    ALTER COLUMN value TYPE numeric,
    ADD CONSTRAINT value_is_plain CHECK (scale(value) = min_scale(value));

-- The functions that give values out, as they were, with numbers.
DROP FUNCTION pro.sitting_answers(uuid, uuid);
CREATE FUNCTION pro.sitting_answers(study uuid, sitting uuid)
    RETURNS TABLE (item text, value numeric, gap text, response_id uuid, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT c.item, r.value, r.gap, r.id, r.received_at
    FROM pro.sitting_responses AS c
    JOIN pro.responses AS r
      ON r.study_id = c.study_id AND r.attempt_id = c.attempt_id AND r.item = c.item AND r.id = c.response_id
    WHERE c.study_id = study AND c.attempt_id = sitting
$$;

DROP FUNCTION pro.desk_corrections(uuid, uuid);
CREATE FUNCTION pro.desk_corrections(study uuid, participant uuid)
    RETURNS TABLE (id uuid, instrument text, target text, definition text, occurrence integer, to_target text,
                   to_definition text, to_occurrence integer, item text, kind text, said_at timestamptz, source text,
                   recorded_at timestamptz, actor text, reason text, approved boolean, decided_at timestamptz,
                   decided_by text, decided_reason text, readable boolean, wished numeric, before numeric,
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

DROP FUNCTION pro.desk_entry_differences(uuid, uuid);
CREATE FUNCTION pro.desk_entry_differences(study uuid, participant uuid)
    RETURNS TABLE (id uuid, attempt_id uuid, assessment_id uuid, item text, first_actor text, second_actor text,
                   recorded_at timestamptz, readable boolean, first_value numeric, first_gap text,
                   second_value numeric, second_gap text, settled_at timestamptz, settled_by text, reason text,
                   settled_value numeric, settled_gap text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, e.attempt_id, t.assessment_id, s.item, t.actor, s.actor, s.recorded_at, b.readable,
           CASE WHEN b.readable THEN r.value END, CASE WHEN b.readable THEN r.gap END,
           CASE WHEN b.readable THEN s.value END, CASE WHEN b.readable THEN s.gap END,
           x.recorded_at, x.actor, x.reason,
           CASE WHEN b.readable THEN x.value END, CASE WHEN b.readable THEN x.gap END
    FROM pro.second_answers AS s
    JOIN pro.second_entries AS e ON e.study_id = s.study_id AND e.id = s.second_entry_id
    JOIN pro.attempts AS t ON t.study_id = e.study_id AND t.id = e.attempt_id
    JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id AND v.superseded_at IS NULL
    JOIN pro.responses AS r ON r.study_id = s.study_id AND r.id = s.response_id
    LEFT JOIN pro.entry_settlements AS x ON x.study_id = s.study_id AND x.second_answer_id = s.id
    CROSS JOIN LATERAL (SELECT pro.desk_may_read_scores(study, participant, s.recorded_at) AS readable) AS b
    WHERE s.study_id = study AND s.participant_id = participant AND s.differs
      AND pro.desk_may_see(study, participant, s.recorded_at)
    ORDER BY s.id
$$;
REVOKE ALL ON FUNCTION pro.desk_entry_differences(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_entry_differences(uuid, uuid) TO pro_desk;

-- What the release before reads of the open sitting.
DROP FUNCTION pro.standing_answers(uuid, uuid);
CREATE FUNCTION pro.standing_answers(study uuid, assessment uuid)
    RETURNS TABLE (item text, value numeric, gap text, response_id uuid, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT r.item, r.value, r.gap, r.response_id, r.received_at
    FROM pro.last_sitting(study, assessment) AS t
    CROSS JOIN LATERAL pro.sitting_answers(study, t.id) AS r
$$;
