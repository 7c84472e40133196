-- name: open_checklist(study_id, participant_id, revision, write)
-- A participant said that something is wrong: the safety checklist opens, and somebody is asked to ring.
-- `write` is one JSON document: visits (one at most), assessments, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
made AS (
    SELECT to_jsonb(v) AS visit
    FROM doc, jsonb_to_recordset(d -> 'visits') AS v (id uuid, occurrence integer, target_on date, actor text)
    LIMIT 1
),
asked AS (
    SELECT coalesce(jsonb_agg(to_jsonb(a)), '[]') AS rows
    FROM doc, jsonb_to_recordset(d -> 'assessments') AS a (id uuid, visit_id uuid, instrument text,
        target text, actor text)
),
called AS (
    SELECT coalesce(jsonb_agg(to_jsonb(k)), '[]') AS rows
    FROM doc, jsonb_to_recordset(d -> 'calls') AS k (id uuid, participant_id uuid, visit_id uuid, reason text,
        closes_at timestamptz, actor text)
),
-- The one function that may make a visit for whoever may not.
opened AS (
    SELECT pro.open_checklist($1, $2, (SELECT visit FROM made), asked.rows, called.rows) AS made
    FROM turn, asked, called
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh, (SELECT made FROM opened) AS made;
