-- name: list_scorable(study_id)
-- Assessments whose standing sitting was sent in and has every score; of several sent the one stands that
-- can be scored.
SELECT DISTINCT t.assessment_id AS id
FROM pro.counting_sittings($1) AS t
WHERE NOT EXISTS (
    SELECT FROM pro.standing_scores($1) AS s
    WHERE s.attempt_id = t.attempt_id AND s.basis = 'complete' AND s.raw IS NULL);

-- name: summarise_scores(study_id)
-- How many complete scores of sittings that count each visit has by instrument and scale, and their mean.
SELECT v.definition, s.instrument, s.scale, count(s.raw) AS scored, avg(s.raw) AS mean,
       avg(s.normalised) AS mean_0_100
FROM pro.standing_scores($1) AS s
JOIN pro.counting_sittings($1) AS t ON t.attempt_id = s.attempt_id
JOIN pro.assessments AS a ON a.study_id = s.study_id AND a.id = s.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE s.basis = 'complete'
GROUP BY v.definition, s.instrument, s.scale
ORDER BY v.definition, s.instrument, s.scale;
