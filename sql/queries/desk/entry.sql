-- name: get_entry(study_id, participant_id, attempt_id)
-- A sitting that staff typed in, and whether it was sent; never what was answered.
SELECT t.id, t.assessment_id, t.mode, t.respondent, t.respondent_relation, t.language, t.started_at AS told_at, t.actor,
       t.submitted_at IS NOT NULL AS sent, t.apart
FROM pro.attempts AS t
WHERE t.study_id = $1 AND t.participant_id = $2 AND t.id = $3 AND t.mode IN ('telephone', 'paper');

-- name: list_open_entries(study_id, participant_id, actor)
-- The sittings somebody typed in that are not sent, at what is still asked; the newest first.
SELECT t.id, t.assessment_id, t.mode, t.respondent, t.respondent_relation, t.language, t.started_at AS told_at, t.actor,
       false AS sent, t.apart
FROM pro.attempts AS t
JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE t.study_id = $1 AND t.participant_id = $2 AND t.actor = $3 AND t.mode IN ('telephone', 'paper')
  AND t.submitted_at IS NULL AND a.submitted_at IS NULL AND a.declined_at IS NULL AND v.superseded_at IS NULL
ORDER BY t.id DESC;

-- name: list_duties(study_id, staff_id)
-- What keeps somebody from entering answers: each duty of which the last word says that they hold it.
SELECT d.duty
FROM (SELECT DISTINCT ON (e.duty) e.duty, e.held FROM pro.staff_duties AS e
      WHERE e.study_id = $1 AND e.staff_id = $2
      ORDER BY e.duty, e.id DESC) AS d
WHERE d.held;
