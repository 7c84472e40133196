-- name: keep_form_key(study_id, participant_id, idempotency_key)
-- Keep the key of a form in the transaction of what it writes: a second copy of the form is refused.
INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id) VALUES ($1, $3, $2);

-- name: find_form_said(study_id, idempotency_key)
-- What was kept beside the key of a form once it was done: the mark of what it held, and what was said.
SELECT substr(w.idempotency_key, length($2) + 2) AS said FROM pro.web_writes AS w
WHERE w.study_id = $1 AND w.idempotency_key BETWEEN $2 || ':' AND $2 || ':zzzz'
  AND starts_with(w.idempotency_key, $2 || ':')
LIMIT 1;

-- name: insert_remark(study_id, participant_id, revision, id, said, actor)
-- Keep that a note about a participant stands for itself.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
said AS (
    INSERT INTO pro.remarks (study_id, id, participant_id, said, actor)
    SELECT $1, $4, t.participant_id, $5, $6 FROM turn AS t
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
