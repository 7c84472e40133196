-- name: record_correction_wish(study_id, participant_id, revision, write)
-- A participant asked that an answer they sent be corrected, and somebody is asked to see to it. Their words are a note
-- kept in this transaction. `write` is one JSON document: wishes, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
wished AS (
    INSERT INTO pro.correction_wishes (study_id, id, participant_id, visit_id, said, actor)
    SELECT $1, w.id, $2, w.visit_id, w.said, w.actor
    FROM doc, jsonb_to_recordset(d -> 'wishes') AS w (id uuid, visit_id uuid, said text, actor text)
),
called AS (
    INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, closes_at, created_at, actor)
    SELECT $1, k.id, $2, k.visit_id, k.reason, k.closes_at, pro.now(), k.actor
    FROM doc, jsonb_to_recordset(d -> 'calls') AS k (id uuid, participant_id uuid, visit_id uuid, reason text,
        closes_at timestamptz, actor text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
