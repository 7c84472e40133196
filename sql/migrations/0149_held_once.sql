-- Which of the sittings that were not sent tells how far one has come is said once, by `held_unsent` (0096): `progress_of`
-- (0099) said it again. The planner opens it up, so it costs the same.
CREATE OR REPLACE FUNCTION pro.progress_of(study uuid, wanted uuid[])
    RETURNS TABLE (participant_id uuid, visit_id uuid, recorded_at timestamptz, assessment_id uuid, instrument text,
                   declined_at timestamptz, begun boolean, answered boolean, settled integer, scorable boolean,
                   sent_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT a.participant_id, a.visit_id, a.recorded_at, a.id, a.instrument, a.declined_at,
           EXISTS (SELECT FROM pro.attempts AS t WHERE t.study_id = a.study_id AND t.assessment_id = a.id),
           coalesce(held.answered, 0) > 0,
           CASE WHEN held.answered > 0 THEN held.settled ELSE 0 END,
           a.submitted_at IS NOT NULL AND EXISTS (
               SELECT FROM pro.attempts AS t
               WHERE t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at IS NOT NULL
                 AND (c.attempt_id IS NULL OR c.attempt_id = t.id)
                 AND NOT EXISTS (
                     SELECT FROM pro.standing_scores(a.study_id) AS s
                     WHERE s.assessment_id = a.id AND s.attempt_id = t.id AND s.basis = 'complete'
                       AND s.raw IS NULL)),
           CASE WHEN NOT p.passed_over THEN a.submitted_at END
    FROM pro.assessments AS a
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.closes_at = v.closes_at
    CROSS JOIN LATERAL pro.passed_over(a.study_id, a.id, a.submitted_at, v.closes_at) AS p
    -- What was sent in is in no state that depends on its answers; what it was passed over for is. Of several
    -- the chosen one tells, else the one with most answered, as R3 has it.
    LEFT JOIN LATERAL pro.held_unsent(a.study_id, a.id, c.attempt_id) AS held ON a.submitted_at IS NULL OR p.passed_over
    WHERE a.study_id = study AND a.participant_id = ANY (wanted)
$$;
