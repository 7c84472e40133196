-- A sitting in which all is answered is to be sent, whatever was begun after it. So facts hold the sittings
-- beside the last one, where one of them may be the record; and the desk learns how much is settled.

-- The other sittings at an assessment with what stands answered in them, and whether one is written down as
-- the record for the present closing.
CREATE FUNCTION pro.sittings_beside(study uuid, assessment uuid, sitting uuid, closing timestamptz)
    RETURNS TABLE (sittings json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object(
               'attempt', json_build_object('id', t.id, 'ordinal', t.ordinal, 'mode', t.mode,
                   'respondent', t.respondent, 'respondent_relation', t.respondent_relation,
                   'started_at', t.started_at, 'submitted_at', t.submitted_at,
                   'last_answer_at', (SELECT max(r.received_at)
                                      FROM pro.sitting_answers(t.study_id, t.id) AS r)),
               'answers', coalesce((SELECT json_agg(r ORDER BY r.item)
                                    FROM pro.sitting_answers(t.study_id, t.id) AS r), '[]'),
               'chosen', c.attempt_id IS NOT NULL) ORDER BY t.ordinal)
    FROM pro.attempts AS t
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = t.study_id AND c.assessment_id = t.assessment_id AND c.attempt_id = t.id
     AND c.closes_at = closing
    WHERE t.study_id = study AND t.assessment_id = assessment AND t.id <> sitting
$$;

-- As before, and with them.
CREATE OR REPLACE FUNCTION pro.asked_at_visit(study uuid, visit uuid, closing timestamptz, at timestamptz,
                                              wanted uuid[])
    RETURNS TABLE (assessments json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object('id', a.id, 'instrument', a.instrument, 'target', a.target,
               'submitted_at', a.submitted_at, 'declined_at', a.declined_at,
               'partial_scored_at', a.partial_scored_at, 'attempt', to_json(t),
               'answered_before', e.answered, 'passed_over', p.passed_over,
               'others', CASE WHEN a.submitted_at IS NULL AND t.ordinal > 1 OR p.passed_over
                   THEN coalesce((SELECT s.sittings
                                  FROM pro.sittings_beside(a.study_id, a.id, t.id, closing) AS s), '[]')
                   ELSE '[]' END,
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

-- Status without answers, as before, and with how many items are settled (answered, or left open on purpose)
-- in the sitting that stands, of what was not sent: which items, and which answers, is not said.
DROP FUNCTION pro.desk_progress(uuid, uuid[]);
CREATE FUNCTION pro.desk_progress(study uuid, wanted uuid[])
    RETURNS TABLE (assessment_id uuid, begun boolean, answered boolean, settled integer, scorable boolean,
                   sent_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id,
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
    LEFT JOIN LATERAL (
        SELECT h.answered, h.settled FROM pro.attempts AS t
        CROSS JOIN LATERAL (
            SELECT count(r.value)::integer AS answered, count(*)::integer AS settled
            FROM pro.sitting_answers(t.study_id, t.id) AS r) AS h
        WHERE t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at IS NULL
        ORDER BY (c.attempt_id = t.id) DESC NULLS LAST, h.answered DESC, h.settled DESC LIMIT 1
    ) AS held ON a.submitted_at IS NULL OR p.passed_over
    WHERE a.study_id = study AND a.participant_id = ANY (wanted)
      AND pro.desk_may_see(a.study_id, a.participant_id, a.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_progress(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_progress(uuid, uuid[]) TO pro_desk;
