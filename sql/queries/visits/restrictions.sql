-- name: is_restricted(study_id, participant_id)
-- Whether a participant is restricted now.
SELECT pro.is_restricted($1, $2) AS restricted;

-- name: record_restriction(study_id, participant_id, revision, write)
-- A participant is restricted from now on, or is so no longer. `write` is one JSON document: restrictions.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
said AS (
    INSERT INTO pro.restrictions (study_id, id, participant_id, restricted, actor, reason)
    SELECT $1, r.id, $2, r.restricted, r.actor, r.reason
    FROM doc, jsonb_to_recordset(d -> 'restrictions') AS r (id uuid, restricted boolean, actor text, reason text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
