-- name: record_consent(study_id, participant_id, revision, write)
-- A version of the consent form that was signed, or one part of it given or taken back; it holds from now on. `write`
-- is one JSON document: consents, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
agreed AS (
    INSERT INTO pro.consents SELECT r.* FROM doc, pro.consent_rows($1, $2, d -> 'consents') AS r
),
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM doc, pro.call_task_rows($1, $2, d -> 'calls') AS r
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
