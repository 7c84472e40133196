-- name: end_safety(study_id, participant_id, revision, write)
-- An investigator ends the safety follow-up of the injections there were: its calls leave the list with it.
-- `write` is one JSON document: ends, calls_ended.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
ended AS (
    INSERT INTO pro.safety_ends (study_id, id, participant_id, ended_at, actor, reason)
    SELECT $1, e.id, $2, pro.now(), e.actor, e.reason
    FROM doc, jsonb_to_recordset(d -> 'ends') AS e (id uuid, actor text, reason text)
    RETURNING actor, reason
),
-- One row at most: whoever ends it says so once.
calls AS (
    UPDATE pro.call_tasks AS k
    SET closed_at = pro.now(), closed_by = e.actor, outcome = 'safety_ended: ' || e.reason
    FROM doc, ended AS e
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.closed_at IS NULL
      AND d -> 'calls_ended' ? k.visit_id::text
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: is_investigator(study_id, site_id, login)
-- Whether somebody under this name is an investigator now, at the site or in the whole study.
SELECT EXISTS (
    SELECT FROM pro.present_staff AS s
    JOIN pro.staff_assignments AS a ON a.study_id = s.study_id AND a.staff_id = s.staff_id
    WHERE s.study_id = $1 AND s.login = $3 AND a.role = 'investigator'
      AND (a.site_id IS NULL OR a.site_id = $2)
      AND a.valid_from <= pro.now() AND (a.valid_to IS NULL OR a.valid_to > pro.now())) AS found;
