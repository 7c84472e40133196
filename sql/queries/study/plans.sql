-- name: find_plan(study_id, content_sha256)
-- The stored analysis plan with this content.
SELECT id FROM pro.analysis_plans WHERE study_id = $1 AND content_sha256 = $2;

-- name: insert_plan(study_id, id, content_sha256, label, source, document, actor, reason)
-- Store a version of a study's analysis plan under its content hash.
INSERT INTO pro.analysis_plans (study_id, id, content_sha256, label, source, document, actor, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: put_plan_in_force(study_id, id, plan_id, actor, reason)
-- From now on the whole study is analysed by this plan.
INSERT INTO pro.plans_in_force (study_id, id, plan_id, actor, reason) VALUES ($1, $2, $3, $4, $5);

-- name: get_plan_in_force(study_id, as_of)
-- The plan the study was analysed by at an instant.
SELECT a.id, a.label, a.content_sha256, a.source, a.document::text AS document, f.recorded_at AS since
FROM pro.plans_in_force AS f
JOIN pro.analysis_plans AS a ON a.study_id = f.study_id AND a.id = f.plan_id
WHERE f.study_id = $1 AND f.recorded_at <= $2
ORDER BY f.id DESC LIMIT 1;

-- name: list_plans(study_id)
-- Every time a plan of the study came into force, the latest last.
SELECT a.label, a.content_sha256, a.document::text AS document, f.recorded_at AS since, f.actor, f.reason
FROM pro.plans_in_force AS f
JOIN pro.analysis_plans AS a ON a.study_id = f.study_id AND a.id = f.plan_id
WHERE f.study_id = $1
ORDER BY f.id;
