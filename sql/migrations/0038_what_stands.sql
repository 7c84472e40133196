-- What queries say alike of the sitting that stands, once, and what the desk sees of sittings: which there
-- were and which stands, never what was answered.

-- Whether what was sent in late was passed over: at closing a sitting that was never sent was chosen as
-- the record. `sent` is when the assessment was sent in, `closing` when its visit closes.
CREATE FUNCTION pro.passed_over(study uuid, assessment uuid, sent timestamptz, closing timestamptz)
    RETURNS TABLE (passed_over boolean)
    LANGUAGE sql STABLE AS $$
    -- One row at most; asked for its value, or the planner might read all choices there are.
    SELECT CASE WHEN sent >= closing THEN coalesce((
        SELECT t.submitted_at IS NULL FROM pro.standing_sittings AS c
        JOIN pro.attempts AS t ON t.study_id = c.study_id AND t.id = c.attempt_id
        WHERE c.study_id = study AND c.assessment_id = assessment AND c.closes_at = closing), false)
    ELSE false END
$$;

-- Whether a sitting before this one holds a value.
CREATE FUNCTION pro.answered_before(study uuid, assessment uuid, sitting integer)
    RETURNS TABLE (answered boolean)
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN sitting > 1 THEN EXISTS (
        SELECT FROM pro.attempts AS t
        CROSS JOIN LATERAL pro.sitting_answers(t.study_id, t.id) AS r
        WHERE t.study_id = study AND t.assessment_id = assessment AND t.ordinal < sitting
          AND r.value IS NOT NULL)
    ELSE false END
$$;

-- What a visit asks, each with its open sitting; of sittings before that one only whether they hold a value.
-- Answers are those of the open sitting, where it takes more, `back` may reach it, or it is wanted; null: not
-- read.
CREATE FUNCTION pro.asked_at_visit(study uuid, visit uuid, closing timestamptz, at timestamptz, wanted uuid[])
    RETURNS TABLE (assessments json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object('id', a.id, 'instrument', a.instrument, 'target', a.target,
               'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
               'partial_scored_at', a.partial_scored_at, 'attempt', to_json(t),
               'answered_before', e.answered, 'passed_over', p.passed_over,
               'answers', CASE WHEN a.submitted_at IS NULL OR a.submitted_at > at - interval '1 day'
                                 OR a.id = ANY (wanted)
                   THEN coalesce((SELECT json_agg(r ORDER BY r.item)
                                  FROM pro.sitting_answers(a.study_id, t.id) AS r), '[]') END) ORDER BY a.id)
    FROM pro.assessments AS a
    LEFT JOIN LATERAL pro.last_sitting(a.study_id, a.id) AS t ON true
    CROSS JOIN LATERAL pro.answered_before(a.study_id, a.id, t.ordinal) AS e
    CROSS JOIN LATERAL pro.passed_over(a.study_id, a.id, a.submitted_at, closing) AS p
    WHERE a.study_id = study AND a.visit_id = visit
$$;

-- Sittings that were sent and may be the record: the chosen one where one is chosen, else all of them, for
-- sent sittings come before others.
CREATE FUNCTION pro.counting_sittings(study uuid)
    RETURNS TABLE (assessment_id uuid, attempt_id uuid, submitted_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT a.id, t.id, t.submitted_at
    FROM pro.assessments AS a
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.closes_at = v.closes_at
    JOIN pro.attempts AS t
      ON t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at IS NOT NULL
     AND (c.attempt_id IS NULL OR c.attempt_id = t.id)
    WHERE a.study_id = study AND a.submitted_at IS NOT NULL
$$;

-- Status without answers. Of sittings that were sent the one stands that can be scored: one that can is
-- enough. `sent_at` is empty where what was sent was passed over.
DROP FUNCTION pro.desk_progress(uuid, uuid[]);
CREATE FUNCTION pro.desk_progress(study uuid, wanted uuid[])
    RETURNS TABLE (assessment_id uuid, begun boolean, answered boolean, scorable boolean,
                   sent_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id,
           EXISTS (SELECT FROM pro.attempts AS t WHERE t.study_id = a.study_id AND t.assessment_id = a.id),
           -- What was sent in is in no state that depends on its answers; what it was passed over for has some.
           CASE WHEN a.submitted_at IS NULL THEN EXISTS (
               SELECT FROM pro.attempts AS t
               CROSS JOIN LATERAL pro.sitting_answers(t.study_id, t.id) AS r
               WHERE t.study_id = a.study_id AND t.assessment_id = a.id AND r.value IS NOT NULL)
           ELSE p.passed_over END,
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
    WHERE a.study_id = study AND a.participant_id = ANY (wanted)
      AND pro.desk_may_see(a.study_id, a.participant_id, a.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_progress(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_progress(uuid, uuid[]) TO pro_desk;

-- Of assessments with several sittings, what the choice among them is made from: which items have a
-- value, never which value, and when the last was given.
CREATE FUNCTION pro.desk_sittings(study uuid, participant uuid)
    RETURNS TABLE (attempt_id uuid, answered text[], last_answer_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, ARRAY(SELECT k FROM jsonb_object_keys(jsonb_strip_nulls(h.answers)) AS k ORDER BY k),
           h.last_answer_at
    FROM pro.attempts AS t
    CROSS JOIN LATERAL pro.sitting_held(t.study_id, t.id) AS h
    WHERE t.study_id = study AND t.participant_id = participant
      AND EXISTS (SELECT FROM pro.attempts AS o
                  WHERE o.study_id = t.study_id AND o.assessment_id = t.assessment_id AND o.id <> t.id)
      AND pro.desk_may_see(t.study_id, t.participant_id, t.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_sittings(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_sittings(uuid, uuid) TO pro_desk;
