-- name: insert_cut(study_id, id, name, cut_at, reason, actor)
-- Give an instant a name, once: the row's id, or none where the name is given already.
INSERT INTO pro.data_cuts (study_id, id, name, cut_at, reason, actor) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (study_id, name) DO NOTHING RETURNING id;

-- name: list_cuts(study_id)
-- The data cuts of a study, the latest instant last.
SELECT c.name, c.cut_at, c.reason, c.recorded_at, c.actor
FROM pro.data_cuts AS c WHERE c.study_id = $1 ORDER BY c.cut_at, c.id;
