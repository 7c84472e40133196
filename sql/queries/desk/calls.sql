-- name: find_call(study_id, participant_id, call_id)
-- A call to be made: why, until when it helps, how often it was tried and nobody was there; and who closed it with
-- what, if it is not open any more.
SELECT k.reason, k.visit_id, k.created_at, k.closes_at, k.closed_by, k.closed_at, k.outcome,
       pro.call_tries(k.study_id, k.participant_id, k.reason, k.visit_id, k.created_at)
           - pro.call_slips(k.study_id, k.participant_id, k.reason, k.visit_id, k.created_at) AS tried
FROM pro.call_tasks AS k
WHERE k.study_id = $1 AND k.participant_id = $2 AND k.id = $3;

-- name: close_call(study_id, participant_id, revision, write)
-- Close a call task with what came of it; one that was closed stays as it is. What is still to be done stays
-- as a task of its own (`again_id`), made as long ago, and wanted from a time on; what was heard may raise an alert.
-- `write` is one JSON document: call, reports.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
said AS (
    SELECT c.* FROM doc, jsonb_to_record(d -> 'call') AS c (call_id uuid, outcome text, actor text, again_id uuid,
        wanted_from timestamptz)
),
closed AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = s.actor, outcome = s.outcome FROM said AS s
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.id = s.call_id AND k.closed_at IS NULL
    RETURNING k.visit_id, k.reason, k.closes_at, k.created_at
),
again AS (
    INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, closes_at, created_at, actor,
        wanted_from)
    SELECT $1, s.again_id, $2, c.visit_id, c.reason, c.closes_at, c.created_at, s.actor, s.wanted_from
    FROM closed AS c, said AS s WHERE s.again_id IS NOT NULL
),
raised AS (
    INSERT INTO pro.alerts SELECT r.* FROM closed, doc, pro.report_rows($1, $2, d -> 'reports') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: decline_visit(study_id, participant_id, revision, write)
-- They said on the telephone "not this time": what a visit still asks is declined, and its nudges and calls end.
-- `write` is one JSON document: declined, visits_done.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
declined AS (
    UPDATE pro.assessments AS a SET declined_at = pro.now()
    FROM doc, jsonb_array_elements_text(d -> 'declined') AS s (id)
    WHERE a.study_id = $1 AND a.participant_id = $2 AND a.id = s.id::uuid AND a.submitted_at IS NULL
      AND a.declined_at IS NULL
),
nudges_ended AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = v.reason
    FROM doc, jsonb_to_recordset(d -> 'visits_done') AS v (visit_id uuid, reason text)
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.visit_id = v.visit_id AND r.ended_at IS NULL
),
calls_ended AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = 'service', outcome = v.reason
    FROM doc, jsonb_to_recordset(d -> 'visits_done') AS v (visit_id uuid, reason text)
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.visit_id = v.visit_id AND k.closed_at IS NULL
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: record_number_showing(study_id, id, participant_id, call_id, contacts, actor, reason)
-- Somebody at the desk is shown a participant's numbers; the call it was asked for is one of theirs, or none. The
-- reason is a note, of somebody restricted alone.
INSERT INTO pro.number_showings (study_id, id, participant_id, call_id, contacts, actor, reason)
SELECT $1, $2, $3, (SELECT k.id FROM pro.call_tasks AS k
                    WHERE k.study_id = $1 AND k.participant_id = $3 AND k.id = $4::uuid), $5, $6, $7;

-- name: list_numbers(study_id, participant_id)
-- The numbers of a participant's contacts, sealed, in the order they are tried.
SELECT id, address_sealed, address_key FROM pro.desk_numbers($1, $2);

-- name: list_rung(study_id, participant_id)
-- Whom one may ring, in the order they are tried; no number.
SELECT pro.desk_rung($1, $2) AS contacts;

-- name: get_calling_facts(study_id, participant_id, site_id)
-- The hour a participant chose for their reminders, and the country whose calendar says when the site works.
SELECT p.nudge_at, s.country
FROM pro.present_participants AS p
JOIN pro.sites AS s ON s.study_id = p.study_id AND s.id = $3
WHERE p.study_id = $1 AND p.id = $2;

-- name: list_calls_to_print(study_id, most)
-- Who is to be called now, and until when it helps: codes, never a number.
SELECT k.id, p.code, p.protocol_version_id, p.language, p.zone, p.nudge_at, h.site_id, k.reason, k.created_at,
       k.closes_at, k.wanted_from, v.definition, v.occurrence,
       coalesce((SELECT jsonb_agg(jsonb_build_object('instrument', a.instrument, 'target', a.target) ORDER BY a.id)
                 FROM pro.assessments AS a
                 WHERE a.study_id = k.study_id AND a.visit_id = k.visit_id
                   AND a.submitted_at IS NULL AND a.declined_at IS NULL), '[]') AS owed,
       -- A function is planned anew for each row that calls it, so few do.
       CASE WHEN EXISTS (SELECT FROM pro.call_tasks AS t
                         WHERE t.study_id = k.study_id AND t.participant_id = k.participant_id
                           AND t.outcome LIKE 'no_answer:%')
            THEN pro.call_tries(k.study_id, k.participant_id, k.reason, k.visit_id, k.created_at)
                 - pro.call_slips(k.study_id, k.participant_id, k.reason, k.visit_id, k.created_at)
            ELSE 0 END AS tried,
       CASE WHEN EXISTS (SELECT FROM pro.alerts AS a
                         WHERE a.study_id = k.study_id AND a.participant_id = k.participant_id
                           AND a.rule = 'death_reported')
            THEN pro.death_reported_at(k.study_id, k.participant_id) END AS death_reported_at
FROM pro.desk_first_calls($1, interval '12 hours', $2) AS f
JOIN pro.call_tasks AS k ON k.study_id = $1 AND k.id = f.id
JOIN pro.present_participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
LEFT JOIN pro.visits AS v ON v.study_id = k.study_id AND v.id = k.visit_id
JOIN LATERAL pro.site_seen(k.study_id, k.participant_id) AS h ON true
ORDER BY f.place;
