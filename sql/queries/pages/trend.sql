-- name: get_trend_shown(study_id)
-- From when participants see their own trend, by the analysis plan in force; null: never.
SELECT pro.trend_shown($1) AS shown;

-- name: list_own_scores(study_id, participant_id)
-- Every scale of what a participant sent in, of each assessment by the sitting that stands, in the order of sending.
SELECT o.instrument, o.target, o.scale, o.submitted_at, o.raw, o.normalised
FROM (
    SELECT DISTINCT ON (a.id, s.scale) a.instrument, a.target, s.scale, t.submitted_at, s.raw, s.normalised
    FROM pro.assessments AS a
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id AND v.superseded_at IS NULL
    JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at IS NOT NULL
    JOIN LATERAL (
        SELECT x.scale, x.raw, x.normalised FROM pro.standing_scores($1, pro.now()) AS x
        WHERE x.assessment_id = a.id AND x.attempt_id = t.id AND x.basis = 'complete' AND x.raw IS NOT NULL) AS s ON true
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.attempt_id = t.id
    WHERE a.study_id = $1 AND a.participant_id = $2
    ORDER BY a.id, s.scale, c.attempt_id IS NULL, t.submitted_at) AS o
ORDER BY o.submitted_at, o.instrument, o.target, o.scale;
