-- name: record_own_event(study_id, participant_id, revision, write)
-- Keep an event of the protocol's own, or a further revision of one; what it tells of harm opens the step of an
-- alert, once. `write` is one JSON document: own_events, reports.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
entered AS (
    INSERT INTO pro.own_events (study_id, id, participant_id, event_id, revision, kind, target, began_on, ended_on,
        dose, dose_unit, struck, actor)
    SELECT $1, e.id, $2, e.event_id, e.revision, e.kind, e.target, e.began_on, e.ended_on, e.dose, e.dose_unit,
           e.struck, e.actor
    FROM doc, jsonb_to_recordset(d -> 'own_events') AS e (id uuid, event_id uuid, revision integer, kind text,
        target text, began_on date, ended_on date, dose numeric, dose_unit text, struck boolean, actor text)
),
reported AS (
    INSERT INTO pro.alerts SELECT r.* FROM doc, pro.report_rows($1, $2, d -> 'reports') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: get_own_event(study_id, participant_id, event_id)
-- An event of the protocol's own as it stands.
SELECT kind, target, began_on, ended_on, dose, event_id, revision, dose_unit, struck
FROM pro.own_events
WHERE study_id = $1 AND participant_id = $2 AND event_id = $3 ORDER BY revision DESC LIMIT 1;
