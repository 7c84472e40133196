-- name: open_checklist(study_id, participant_id, revision, write)
-- A participant said that something is wrong: the safety checklist opens, and somebody is asked to ring.
-- `write` is one JSON document: visits, assessments, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
opened AS (SELECT pro.open_checklist($1, $2, d) AS made FROM doc)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh, (SELECT made FROM opened) AS made;
