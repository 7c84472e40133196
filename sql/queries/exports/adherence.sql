-- name: list_scorable(study_id)
-- Submitted assessments none of whose standing scores is absent.
SELECT a.id
FROM pro.assessments AS a
WHERE a.study_id = $1 AND a.submitted_at IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM pro.standing_scores(a.study_id) AS s
      WHERE s.assessment_id = a.id AND s.basis = 'complete' AND s.raw IS NULL);

-- name: summarise_scores(study_id)
-- How many standing complete scores each visit has by instrument and scale, and their mean.
SELECT v.definition, s.instrument, s.scale, count(s.raw) AS scored, avg(s.raw) AS mean,
       avg(s.normalised) AS mean_0_100
FROM pro.standing_scores($1) AS s
JOIN pro.assessments AS a ON a.study_id = s.study_id AND a.id = s.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE s.basis = 'complete'
GROUP BY v.definition, s.instrument, s.scale
ORDER BY v.definition, s.instrument, s.scale;
